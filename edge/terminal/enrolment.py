"""The enrolment pages: who may open them, what they show, what they press. The steps are `edge.enrol.guide`'s.

Only an instructor's PIN or the maintenance code opens them, never a face that was here a moment ago: whoever stands at
the screen could be anybody. What was opened is held by one page, by a key that dies with it; every press needs it.
"""
from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from typing import Any

from common.logs import Log
from common.texts import translate, words
from edge.enrol.erase import held
from edge.enrol.errors import NotConfirmed, NotNow
from edge.enrol.gates import ADVICE
from edge.enrol.guided import GuideView, Lang
from edge.store import Store
from edge.terminal.errors import EnrolmentLocked, NotAnAction
from edge.terminal.maintenance import Maintenance
from edge.terminal.memory import Memory
from edge.terminal.people import People
from edge.terminal.words import OTHER_CLASS, OTHER_NAME, POSES, STOPPED


@dataclasses.dataclass(frozen=True)
class Press:
    """What a page sends; texts that it has not stay empty."""

    do: str
    person: str = ""
    pin: str = dataclasses.field(default="", repr=False)
    old: str = dataclasses.field(default="", repr=False)
    instructor: str = ""
    instructor_pin: str = dataclasses.field(default="", repr=False)
    inspector: str = ""
    code: str = dataclasses.field(default="", repr=False)
    text: str = ""
    """SHA-256 of the text of consent that the page showed."""


class EnrolPage:
    """`picture`: whether the camera sends one. Methods may raise StoreBusy."""

    def __init__(
        self, store: Store, memory: Memory, people: People, device: str, maintenance: Maintenance,
        picture: Callable[[], bool],
    ) -> None:
        self._store, self._memory, self._people, self._device = store, memory, people, device
        self._maintenance, self._picture = maintenance, picture
        self._lock, self._log = threading.Lock(), Log("terminal.enrolment")
        self._key: str | None = None
        self._told: str | None = None
        """Who stands at a stop of which an instructor was told whose face it is."""
        self._unproven = False
        """Whether the name of an enrolled person was chosen and nobody has seen who stands here."""
        guide = people.guide
        self._actions: dict[str, Callable[[Press, Lang], None]] = {
            "choose": lambda press, lang: self._choose(press),
            "confirm": lambda press, lang: guide.confirm(press.instructor or None, press.instructor_pin or None),
            "agree": lambda press, lang: guide.agree(lang, press.text),
            "refuse": lambda press, lang: guide.refuse(lang),
            "cannot": lambda press, lang: self._by_pin(),
            "card": lambda press, lang: guide.read_card(),
            "vouch": lambda press, lang: guide.vouch(press.inspector),
            "unanchored": lambda press, lang: guide.unanchored(),
            "decide": lambda press, lang: self._decide(press),
            "overrule": lambda press, lang: guide.overrule(
                press.person, press.instructor or None, press.instructor_pin or None),
            "pin": lambda press, lang: self._choose_pin(press),
            "withdraw": lambda press, lang: guide.withdraw(
                press.person, press.instructor or None, press.instructor_pin or None),
            "next": lambda press, lang: guide.next(),
            "again": lambda press, lang: self._again(),
        }

    def classes(self) -> dict[str, Any]:
        """The classes of this box, those with the newest plan first, and their instructors; whether a code exists."""
        orders = [order for order in self._memory.look().orders.values()
                  if self._device in {place.device for place in order.boxes}]
        return {"code": self._maintenance.there, "classes": [
            {"class": order.class_id, "title": order.title, "instructors": self._instructors(order.class_id)}
            for order in sorted(orders, key=lambda order: (order.title, order.class_id))]}

    def unlock(self, class_id: str, instructor: str, pin: str, code: str) -> str:
        """Open the enrolment of a class. The key. Raises EnrolmentLocked, WrongCode, NoSuchClass, and what
        the PIN raises."""
        with self._lock:
            if code:
                self._maintenance.check(code)
            elif instructor and pin:
                self._people.confirm(class_id, instructor, pin)
            else:
                raise EnrolmentLocked()
            guide = self._people.guide
            if guide.active:
                guide.close()
            guide.open(class_id)
            self._key = secrets.token_urlsafe(24)
            self._log.info("enrolment.opened", by="code" if code else instructor, class_id=class_id)
            return self._key

    def view(self, key: str, lang: Lang) -> dict[str, Any]:
        """What the page shows. Raises EnrolmentLocked once it is closed."""
        self._check(key)
        shown = self._people.guide.view(lang)
        if shown.class_id is None:
            raise EnrolmentLocked()
        return self._json(shown, shown.class_id, lang)

    def press(self, key: str, press: Press, lang: Lang) -> None:
        """One press, and no other meanwhile. Raises EnrolmentLocked, NotAnAction, and what the guide raises."""
        with self._lock:
            self._check(key)
            action = self._actions.get(press.do)
            if action is None:
                raise NotAnAction()
            action(press, lang)

    def close(self, key: str) -> None:
        """Back to the check-in. Raises EnrolmentLocked."""
        self._check(key)
        self._key = None
        self._people.guide.close()

    def _choose(self, press: Press) -> None:
        self._people.guide.choose(press.person)
        self._unproven = False

    def _by_pin(self) -> None:
        enrolled = self._people.guide.view().state == "again"
        self._people.guide.cannot()
        self._unproven = enrolled

    def _again(self) -> None:
        """Back to the choice of the name, from anywhere; nothing of the person is kept."""
        guide, class_id = self._people.guide, self._people.guide.view().class_id
        guide.close()
        if class_id is None:
            raise EnrolmentLocked()
        guide.open(class_id)

    def _decide(self, press: Press) -> None:
        """Another instructor decides at a stop: only who gives the own PIN is told whose face was found."""
        shown = self._people.guide.view()
        if shown.state != "stopped" or shown.class_id is None or press.person != shown.person:
            raise NotNow()
        if self._people.confirm(shown.class_id, press.instructor or None, press.instructor_pin or None) == press.person:
            raise NotConfirmed()
        self._told = shown.person

    def _choose_pin(self, press: Press) -> None:
        """The code counts for this one PIN: whoever opened the page may have left it to somebody else."""
        if press.code:
            self._maintenance.check(press.code)
        if self._unproven and not (press.code or press.instructor):
            self._needs_old_pin()
        self._people.guide.choose_pin(
            press.pin, press.old or None, press.instructor or None, press.instructor_pin or None, bool(press.code))

    def _needs_old_pin(self) -> None:
        """An instructor's own PIN is guarded anyhow; of others the old one, or somebody else, says who stands here."""
        shown = self._people.guide.view()
        if shown.class_id is None or shown.person is None:
            raise NotNow()
        if shown.person not in self._people.instructors(shown.class_id) and not self._people.pins.has(
                shown.class_id, shown.person):
            raise NotConfirmed()

    def _check(self, key: str) -> None:
        self._people.guide.close_if_idle()
        if self._key is None or not self._people.guide.active or not hmac.compare_digest(
                key.encode(), self._key.encode()):
            raise EnrolmentLocked()

    def _instructors(self, class_id: str) -> list[dict[str, Any]]:
        names, pins = self._store.names(class_id), self._store.pins(class_id)
        return [{"person": person, "name": names.get(person, person), "pin": person in pins}
                for person in sorted(self._people.instructors(class_id))]

    def _json(self, shown: GuideView, class_id: str, lang: Lang) -> dict[str, Any]:
        people = [dataclasses.asdict(one) for one in shown.people]
        return {
            "state": shown.state, "title": shown.title, "people": people, "person": shown.person, "name": shown.name,
            "said": shown.said,
            "text": shown.text.split("\n") if shown.text else [],
            "text_sha256": hashlib.sha256(shown.text.encode()).hexdigest(),
            "told": "" if shown.told is None else words(shown.told, lang, self._store.names(class_id)),
            "pose": shown.pose, "pose_text": translate(POSES[shown.pose], lang) if shown.pose else "",
            "advice": shown.advice, "advice_text": self._advice(shown, lang),
            "taken": shown.shots_taken, "of": shown.shots_of,
            "found": self._found(shown, class_id, lang),
            "decides": shown.person is not None and self._told == shown.person,
            "anchor": shown.anchor, "card": shown.card, "inspector": shown.inspector,
            "instructors": self._instructors(class_id),
            "code": self._maintenance.there,
            "erasing": any((one.class_id, one.person) == (class_id, shown.person) for one in self._store.erasures()),
            "held": any((one.class_id, one.person) == (class_id, shown.person) for one in held(self._store)),
        }

    def _found(self, shown: GuideView, class_id: str, lang: Lang) -> str | None:
        """Why it stopped; the other name only once an instructor decides."""
        found = shown.found
        if found is None or shown.state != "stopped":
            self._told = None
            return None
        if found.why != "same_face" or self._told != shown.person:
            return translate(STOPPED[found.why], lang)
        name = self._store.names(found.class_id).get(found.person, found.person)
        if found.class_id == class_id:
            return translate(OTHER_NAME, lang, name=name)
        order = self._memory.look().orders.get(found.class_id)
        return translate(OTHER_CLASS, lang, name=name, title=found.class_id if order is None else order.title)

    def _advice(self, shown: GuideView, lang: Lang) -> str:
        if shown.state != "shots":
            return ""
        if shown.advice is None:
            word, missing = ADVICE["nobody"], POSES["silent"]
            return translate(word if self._picture() else missing, lang)
        return translate(ADVICE[shown.advice], lang)
