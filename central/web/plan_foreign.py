"""Classes of others in what speaks against a plan: that there is one is told, never which."""
from __future__ import annotations

from collections.abc import Callable

from central.accounts.people import Actor
from central.accounts.scope import sees_class
from central.plans.errors import BoxTaken, PersonElsewhere, TeacherElsewhere
from central.plans.overlaps import Earlier
from central.wiring import Centre
from common.reasons import date_words, minute_words
from common.texts import N_, translate, words
from evidence.errors import BadInput

Sees = Callable[[str], bool]
"""Whether whoever asks may know of a class, by its id."""
HIDDEN: dict[type[BadInput], str] = {
    BoxTaken: N_("box {device} records a class of another institution at the time of {hour}, {moment}"),
    PersonElsewhere: N_("{person} is due in a class of another institution at the time of {hour}, {moment}"),
    TeacherElsewhere: N_("{person} teaches a class of another institution at the time of {hour}, {moment}"),
}
EARLIER = N_("In class {class_id} ({title}), which is not assessed yet: {people}")
EARLIER_ON = N_("In class {class_id} ({title}), assessed on {date}, which is too short a time ago: {people}")
HIDDEN_EARLIER = N_("In a class of another institution, which is not assessed yet: {people}")
HIDDEN_EARLIER_ON = N_("In a class of another institution, assessed on {date}, which is too short a time ago: {people}")


def sight(centre: Centre, actor: Actor) -> Sees:
    """What this person may know of."""
    def sees(class_id: str) -> bool:
        with centre.store.read() as tx:
            return sees_class(tx, actor, class_id)

    return sees


def refusal_words(error: BadInput, lang: str, sees: Sees) -> str:
    """Why a plan is refused."""
    said = {key: minute_words(str(value), lang) if key == "moment" else value for key, value in error.params.items()}
    text = HIDDEN.get(type(error))
    if text is None or sees(str(error.params["other"])):
        return words(type(error)(**said), lang)
    return translate(text, lang, **said)


def earlier_words(one: Earlier, people: str, lang: str, sees: Sees) -> str:
    """Who was in another training shortly before (O8)."""
    date = "" if one.over is None else date_words(one.over, lang)
    texts = (EARLIER, EARLIER_ON) if sees(one.class_id) else (HIDDEN_EARLIER, HIDDEN_EARLIER_ON)
    return translate(texts[one.over is not None], lang, class_id=one.class_id, title=one.title, date=date,
                     people=people)
