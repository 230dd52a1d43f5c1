"""The page of a class as it was worked out last: where nothing but the time is another one, it is shown again."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from central.classes.kept import Kept
from central.classes.stories import Told
from central.papers import Papers
from central.web.case.summary import Summary, refreshed, summary
from central.web.decisions import decided_view
from central.web.findings import finding_view
from central.web.localtime import LocalTime
from central.web.view import ClassView, class_view
from evidence.rules import Finding
from evidence.rules.edges import running
from evidence.times import SECOND

MOST_BYTES = 48 << 20
"""Of the envelopes behind the views."""
RUNNING_US = 15 * SECOND
"""While a class-hour runs, what is recorded of it grows: so long a page stands, and says as of when it is."""
MOVING = ("R5", "R7")
"""What else moves without a record of the class: looks of supervisors, and which files are here."""


@dataclasses.dataclass(frozen=True)
class _Made:
    told: Told
    names: Mapping[str, str]
    view: ClassView
    more: Summary


class KeptViews:
    """Pages by class and language."""

    def __init__(self) -> None:
        self._kept: Kept[_Made] = Kept(MOST_BYTES)

    def of(
        self, told: Told, names: Mapping[str, str], lang: str, has: Callable[[str], bool], papers: Papers,
    ) -> tuple[ClassView, Summary]:
        """What `class_view` and `summary` give; but while a class-hour runs, as of a moment up to RUNNING_US ago.
        Which files and papers are here is asked anew each time: they come without a record."""
        key, local = (told.order.class_id, lang), LocalTime(told.order.utc_offset_min, lang)
        made = self._kept.get(key)
        if made is None or not _stands(made, told, names):
            made = _Made(told, names, class_view(told, names, lang, has), summary(told, names, local, papers))
            self._kept.put(key, made, told.size)
            return made.view, made.more
        moving = {one.rule: finding_view(told, one, names, lang, has) for one in told.findings if one.rule in MOVING}
        as_of = made.view.as_of if running(told.story, told.as_of.us) else local.full(told.as_of.us)
        view = dataclasses.replace(made.view, as_of=as_of, waiting=told.waiting,
                                   decided=decided_view(told, local, names),
                                   findings=tuple(moving.get(one.rule, one) for one in made.view.findings))
        return view, refreshed(made.more, told, names, local, papers)


def _stands(made: _Made, told: Told, names: Mapping[str, str]) -> bool:
    """Whether it is of the same story but for looks, and no edge has passed."""
    before = made.told
    if before.inputs != told.inputs or before.until_us != told.until_us or made.names != names:
        return False
    if before.findings is not told.findings and _still(before) != _still(told):
        return False
    passed_us = told.as_of.us - before.as_of.us
    return passed_us == 0 or (passed_us > 0 and (passed_us <= RUNNING_US or not running(told.story, told.as_of.us)))


def _still(told: Told) -> list[Finding]:
    return [one for one in told.findings if one.rule not in MOVING]
