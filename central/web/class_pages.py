"""The page of a class as it was worked out last, its long sections as HTML: where nothing but the time is another one,
it is shown again, in this process or, out of files, in the next. Where records of boxes came since, it is made anew; if
that takes longer than somebody should wait, the one of before is shown meanwhile, and says so."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from markupsafe import Markup

from central.classes.kept import Kept
from central.classes.stories import Stories, Told
from central.store.inputs import count
from central.web.case.summary import Summary, refreshed, summary
from central.web.decisions import decided_view
from central.web.findings import FindingView, finding_view
from central.web.localtime import LocalTime
from central.web.making import Making
from central.web.render import Say, environment
from central.web.view import ClassHead, class_view, head_of
from central.wiring import Centre
from common.texts import LANGS
from evidence.canonical import sha256_hex
from evidence.rules.edges import running
from evidence.story import Occasion, Story
from evidence.times import SECOND

U = TypeVar("U", bound=Occasion)
MOST_BYTES = 96 << 20
"""Of HTML that is kept in memory."""
RUNNING_US = 15 * SECOND
"""While a class-hour runs, what is recorded of it grows: so long a page stands, and says as of when it is."""
WAIT_S = 0.05
"""So long somebody waits for the page that is made now, while one of before could be shown: this takes the rest of the
time that a page may take, as both are worked at together."""
FEW = 1000
"""Records of boxes: so many are read while somebody waits."""
MOVING = ("R5", "R7")
"""What moves without a record of the class: looks of supervisors, and which files are here."""


@dataclasses.dataclass(frozen=True)
class ClassPage:
    """What class.html shows. `course`: from the figures to the charts; `recordings`: with players, `unplayed`: for whom
    nothing is played; `attendance`: its rates; `findings`: each; `checkins`: with the alarms. `later`: so many
    records of its boxes came since, and are being read; None: it is the page of now."""

    c: ClassHead
    more: Summary
    course: Markup
    recordings: Markup
    unplayed: Markup
    attendance: Markup
    findings: tuple[Markup, ...]
    checkins: Markup
    later: int | None = None


@dataclasses.dataclass(frozen=True)
class _Made:
    """`told`: without what only the sections show. `named`: of the names that stand in it."""

    told: Told
    named: str
    page: ClassPage

    @property
    def weight(self) -> int:
        page = self.page
        return 2 * sum(map(len, (
            page.course, page.recordings, page.unplayed, page.attendance, page.checkins, *page.findings)))


class ClassPages:
    """Pages by class and language."""

    def __init__(self, centre: Centre, stories: Stories) -> None:
        self._centre, self._stories = centre, stories
        self._kept: Kept[_Made] = Kept(MOST_BYTES)
        self._making: Making[_Made] = Making()

    def of(self, class_id: str, lang: str) -> ClassPage:
        """The page now; but while a class-hour runs, as of a moment up to RUNNING_US ago. Where that takes long, maybe
        one of before, with `later`. Raises as `Stories.tell`."""
        names, named = self._names(class_id)
        before = []
        for made in self._before(class_id, lang, named):
            if (told := self._current(made)) is not None:
                return self._now(self._remembered(made, lang), told, names, lang)
            before.append(made)

        def make() -> _Made:
            return self._remembered(self._made(self._stories.tell(class_id), names, named, lang), lang)

        newest = max(before, key=lambda one: one.told.leaves, default=None)
        if newest is None or not self._may_be_of_before(newest.told):
            return make().page
        new = self._making.within((class_id, lang), make, WAIT_S)
        if new is not None and self._current(new) is not None:
            return new.page
        newest = new or newest
        return dataclasses.replace(newest.page, later=self._stories.later(newest.told) or 0)

    def keep(self, told: Told) -> None:
        """Put the story and the pages of it into files, for whoever asks next."""
        class_id = told.order.class_id
        names, named = self._names(class_id)
        self._stories.keep(told)
        for lang in LANGS if told.story.hours else ():
            self._centre.kept_files.put(class_id, lang, named, self._made(told, names, named, lang))

    def _before(self, class_id: str, lang: str, named: str) -> Iterator[_Made]:
        """What was made before with these names: here, then by whoever works ahead."""
        here = self._kept.get((class_id, lang))
        if here is not None and here.named == named:
            yield here
        ahead: _Made | None = self._centre.kept_files.get(class_id, lang, named)
        if ahead is not None:
            yield ahead

    def _remembered(self, made: _Made, lang: str) -> _Made:
        """The same, kept in memory. A class without class-hours is told anew each time: it is small."""
        key = (made.told.order.class_id, lang)
        if made.told.story.hours and self._kept.get(key) is not made:
            self._kept.put(key, made, made.weight)
        return made

    def _current(self, made: _Made) -> Told | None:
        """What it is made of, now; None where the page would be another one."""
        told = self._stories.still(made.told)
        return told if told is not None and _stands(made, told) else None

    def _may_be_of_before(self, told: Told) -> bool:
        """Whether it may be shown while the page of now is made: that is many records to read, and nobody has said
        anything newer, be it a person or the overview."""
        if count(told.inputs) <= FEW or self._stories.later(told) is None:
            return False
        with self._centre.store.read() as tx:
            row = tx.summary(told.order.class_id)
        return row is None or row.judged_leaf <= told.leaves

    def _names(self, class_id: str) -> tuple[Mapping[str, str], str]:
        """By pseudonym; and the hash of them as they are sealed: of a name that was erased nobody can tell it again, so
        that no file opens any more that holds it."""
        with self._centre.store.read() as tx:
            sealed = tx.sealed_names(class_id)
        named = self._centre.names.open_all(class_id, sealed)
        return {person: one.name for person, one in named.items()}, sha256_hex(repr(sorted(sealed.items())).encode())

    def _made(self, told: Told, names: Mapping[str, str], named: str, lang: str) -> _Made:
        local, has = LocalTime(told.order.utc_offset_min, lang), self._centre.has_video
        view, more = class_view(told, names, lang, has), summary(told, names, local, self._centre.papers())
        say = self._say(lang)
        page = ClassPage(
            head_of(view), more, _section("class_course.html", lang, say, c=view),
            _section("class_recordings.html", lang, say, c=view, plays=True),
            _section("class_recordings.html", lang, say, c=view, plays=False),
            _section("class_attendance.html", lang, say, more=more),
            tuple(_finding(one, say) for one in view.findings), _section("class_checkins.html", lang, say, c=view))
        return _Made(dataclasses.replace(told, story=_slim(told.story)), named, page)

    def _now(self, made: _Made, told: Told, names: Mapping[str, str], lang: str) -> ClassPage:
        """The same page with what moves: which files and papers are here comes without a record."""
        local, has = LocalTime(told.order.utc_offset_min, lang), self._centre.has_video
        moving = {one.rule: finding_view(told, one, names, lang, has) for one in told.findings if one.rule in MOVING}
        page, head = made.page, made.page.c
        head = dataclasses.replace(
            head, decided=decided_view(told, local, names),
            as_of=head.as_of if running(told.story, told.as_of.us) else local.full(told.as_of.us),
            findings=tuple(moving[one.rule].short if one.rule in moving else one for one in head.findings))
        said = tuple(_finding(moving[one.rule], self._say(lang)) if one.rule in moving else before
                     for one, before in zip(told.findings, page.findings, strict=True))
        more = refreshed(page.more, told, names, local, self._centre.papers())
        return dataclasses.replace(page, c=head, more=more, findings=said)

    def _say(self, lang: str) -> Say:
        return Say(lang, self._centre.store.device)


def _stands(made: _Made, told: Told) -> bool:
    """Whether what the sections say of the recordings is what they would say now."""
    return told.as_of.us - made.told.as_of.us <= RUNNING_US or not running(told.story, told.as_of.us)


def _slim(story: Story) -> Story:
    """Without what only the sections show: some 5 % of it. For what moves nothing else is asked
    (tests/central/overview/test_pages.py compares both)."""
    return dataclasses.replace(
        story, rollcalls=(), checkins=(), pins=(), enrolments=(), sessions=(), codes=(), alarms=(),
        hours=tuple(map(_slim_unit, story.hours)), blocks=tuple(map(_slim_unit, story.blocks)))


def _slim_unit(unit: U) -> U:
    return dataclasses.replace(unit, presences=(), attendance=(), refs=(), films=(), calls=(), counting=())


def _section(template: str, lang: str, say: Say, **content: Any) -> Markup:
    return Markup(environment().get_template(template).render(_=say, lang=lang, **content))


def _finding(view: FindingView, say: Say) -> Markup:
    said: Any = environment().get_template("parts.html").module
    return Markup(said.finding(view, say))
