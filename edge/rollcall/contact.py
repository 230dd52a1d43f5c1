"""The contact sheet in words: what stands beside every face, at the top, and at the foot of each page."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from common.reasons import (
    NOT_ALL,
    NOT_JUDGED,
    answer_words,
    block_words,
    length_words,
    moment_words,
    reason_words,
    zone_words,
)
from common.texts import N_, translate
from edge.rollcall.sheet import Row, Sheet, Sight
from evidence.blocks import local
from evidence.rules import Reason
from evidence.story import Presence
from evidence.times import SECOND

TITLE = N_("Contact sheet: {block}")
STATES = {
    "complete": N_("everyone shown"),
    "missing": N_("not everyone shown"),
    "open": N_("undecided"),
    "pending": N_("not over yet"),
}
VERDICT = N_("By the rule (R3, policy {policy}): {state}")
COUNTS = N_("Due: {due} · shown: {shown} · most people in view at once: {headcount}")
WITH = N_("Roll call by: {packs} · sure from {thresholds} on")
NO_CALL = N_("No roll call of this recording is here yet")
NO_VIDEO = N_("No video of this recording is here")
UNCERTAIN = N_("{length} of video are here whose time is uncertain, as by a clock that was not set: nobody is judged by"
               " it, and no face of it is here")
MADE = N_("Made {when} ({zone}) for {by}, by box {device}, from what this box holds")
RESTS_ON = N_("Records: SHA-256 {hash}")
SIMULATED = N_("Made with a simulated clock: this is no real recording")
AGREED = N_("For the centre: pictures of those alone who agreed to that")
FOOT = N_("Made for review. It contains faces: show it to nobody else, and delete it after use.")
PAGE = N_("{number} / {count}")
SHOWN, MISSED = N_("Shown: {count}"), N_("Not shown: {count}")
OTHERS, UNNAMED = N_("Known people who are not due: {count}"), N_("Faces without a name: {count}")
PARTLY_UNNAMED = N_("Faces without a name: {count}; here: {here}")
OMITTED = N_("not here: seen more briefly, or without a picture")
CONTINUED = N_("{heading} (continued)")
PAIR = N_("left: photograph of the enrolment; right: best sight in the recording")
NO_PHOTO, NO_PICTURE, NOT_AGREED = N_("no photo"), N_("no picture"), N_("did not agree to pictures")
POINTED = N_("pointed out by a person")
AT_EDGE = N_("only at the beginning or the end")
LEAVE, CHECKED_IN, NOT_CHECKED_IN = N_("approved leave"), N_("checked in"), N_("did not check in")
NONE_SURE = N_("no check-in at a time that is certain")
NEAREST = N_("nearest {score} of {threshold}, {time}")
VOID, VOID_FACE = N_("does not count: named {time} ({score})"), N_("does not count")
VOID_PAIR = N_("right, framed in red: a face that was named so and does not count")
NOT_SEEN, NOT_CALLED = N_("not seen so far"), N_("not looked at yet")
NO_FACE, NOT_ENROLLED = N_("no face resembles this person"), N_("no face enrolled on this box")
LIKE = N_("like {person} {score}")
SMALL = N_("too small to compare")


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """One person or face: BGR uint8 pictures (None: a blank, with the word for it), a headline and lines below. `mark`:
    why the last picture does not count; in red, as is the frame of the picture."""

    pictures: tuple[np.ndarray | None, ...]
    blanks: tuple[str, ...]
    head: str
    lines: tuple[str, ...]
    mark: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Section:
    """Cells of one kind under a heading, a note beside it; `columns` of them in a row. `again`: the heading where it
    goes on on another page."""

    heading: str
    again: str
    note: str
    cells: tuple[Cell, ...]
    columns: int


@dataclasses.dataclass(frozen=True, eq=False)
class Page:
    """A whole sheet in words. `page`: of its number, with {number} and {count}."""

    title: str
    subtitle: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    foot: str
    page: str


def told(sheet: Sheet, device: str, by: str, lang: str) -> Page:
    """The sheet in the words of `lang`, made for `by` by the box `device`."""
    say = _Words(sheet, lang)
    return Page(
        title=say(TITLE, block=block_words(sheet.block.id, lang)),
        subtitle=f"{sheet.order.title} ({sheet.order.class_id})",
        lines=tuple(say.header(device, by)),
        sections=tuple(section for section in say.sections() if section.cells or section.note),
        foot=say(FOOT), page=translate(PAGE, lang),
    )


class _Words:
    """Says things of one sheet in one language."""

    def __init__(self, sheet: Sheet, lang: str) -> None:
        self._sheet, self._lang = sheet, lang

    def __call__(self, text: str, **params: object) -> str:
        return translate(text, self._lang, **params)

    def header(self, device: str, by: str) -> list[str]:
        sheet, offset_min = self._sheet, self._sheet.order.utc_offset_min
        rule = self(VERDICT, policy=f"{sheet.policy.id} {sheet.policy.sha256[:8]}", state=self(STATES[sheet.state]))
        thresholds = ", ".join(_share(ppm) for ppm in sheet.thresholds_ppm)
        when = moment_words(sheet.made_us, offset_min, self._lang)
        span = sheet.block.span
        return [
            f"{moment_words(span.start_us, offset_min, self._lang)} – {local(span.end_us, offset_min):%H:%M:%S}",
            rule, *(self.reason(one) for one in sheet.reasons),
            self(COUNTS, due=len(sheet.block.roster), shown=len(sheet.shown), headcount=sheet.block.headcount_max),
            *self.video(thresholds),
            self(MADE, when=when, zone=zone_words(offset_min), by=by, device=device),
            self(RESTS_ON, hash=sheet.rests_on),
            *([self(AGREED)] if sheet.for_centre else []),
            *([self(SIMULATED)] if sheet.simulated else []),
        ]

    def video(self, thresholds: str) -> list[str]:
        """By what the video was looked at; or that it was not, or is not here, or proves nothing."""
        sheet, block = self._sheet, self._sheet.block
        told = [self(WITH, packs=", ".join(sheet.packs), thresholds=thresholds)] if sheet.packs else []
        if block.doubtful_us:
            told.append(self(UNCERTAIN, length=length_words(block.doubtful_us // SECOND, self._lang)))
        return told or [self(NO_CALL if block.films else NO_VIDEO)]

    def reason(self, one: Reason) -> str:
        return reason_words(one, self._lang, self._sheet.names)

    def sections(self) -> list[Section]:
        sheet = self._sheet
        pair = self(PAIR) if sheet.shown else ""
        void = self(VOID_PAIR) if any(row.sight and row.sight.void for row in sheet.missed) else ""
        return [
            self.section(self(SHOWN, count=len(sheet.shown)), pair, tuple(map(self.shown, sheet.shown)), 4),
            self.section(self(MISSED, count=len(sheet.missed)), void, tuple(map(self.missed, sheet.missed)), 4),
            self.section(self(OTHERS, count=len(sheet.others)), "", tuple(map(self.shown, sheet.others)), 4),
            self.section(*self.nameless(), tuple(map(self.unnamed, sheet.unnamed)), 7),
        ]

    def section(self, heading: str, note: str, cells: tuple[Cell, ...], columns: int) -> Section:
        return Section(heading, self(CONTINUED, heading=heading), note, cells, columns)

    def nameless(self) -> tuple[str, str]:
        """The heading and the note of the faces without a name: all of them are counted, also those not drawn."""
        here, omitted = len(self._sheet.unnamed), self._sheet.omitted
        if not omitted:
            return self(UNNAMED, count=here), ""
        return self(PARTLY_UNNAMED, count=here + omitted, here=here), self(OMITTED)

    def shown(self, row: Row) -> Cell:
        sight, lines = row.sight, []
        if sight is not None:
            lines.append(f"{self.time(sight)} · {_share(sight.score_ppm)} · {sight.face_px} px")
        if row.presence is not None:
            pointed = any(one.pointed for one in row.presence.sightings)
            lines += [self(POINTED)] if pointed else []
            lines += [self(AT_EDGE)] if row.presence.left_early else []
        return self.pair(row, None if sight is None else sight.picture,
                         self(NO_PICTURE if row.agreed else NOT_AGREED), lines)

    def missed(self, row: Row) -> Cell:
        presence, sight = row.presence, row.sight
        assert presence is not None
        answer = self.answer(presence)
        if sight is not None and sight.void:
            mark = self(VOID, score=_share(sight.score_ppm), time=self.time(sight))
            lines = [answer] if sight.picture is not None else []
            return self.pair(row, sight.picture, answer, [*lines, self.came(presence)], mark)
        return self.pair(row, None, answer, [self.came(presence), *self.near(row)])

    def near(self, row: Row) -> list[str]:
        """The face that came nearest; nothing where nobody was looked for."""
        if row.sight is not None:
            return [self(NEAREST, score=_share(row.sight.score_ppm), threshold=_share(row.sight.threshold_ppm),
                         time=self.time(row.sight))]
        if not row.enrolled:
            return [self(NOT_ENROLLED)]
        return [self(NO_FACE)] if self._sheet.block.calls else []

    def answer(self, presence: Presence) -> str:
        """The answer of the roll call. Absent is nobody before it is over and nearly all of it was recorded and looked
        through, nor where a time is uncertain, unless somebody reviewed it."""
        block = self._sheet.block
        if presence.answer == "absent" and self._sheet.state != "missing":
            if not block.tells_absent and not block.time_certain:
                return self(NOT_JUDGED)
            if self._sheet.state == "pending":
                return self(NOT_SEEN)
            if block.looked_through and not block.tells_absent:
                return self(NOT_ALL)
            if not block.tells_absent:
                return self(NOT_CALLED if block.films else NO_VIDEO)
        return answer_words(presence.answer, presence.why, self._lang)

    def came(self, presence: Presence) -> str:
        if presence.on_leave:
            return self(LEAVE)
        if presence.checked_in:
            return self(CHECKED_IN)
        return self(NOT_CHECKED_IN if self._sheet.block.time_certain else NONE_SURE)

    def pair(
        self, row: Row, picture: np.ndarray | None, blank: str, lines: Sequence[str], mark: str = "",
    ) -> Cell:
        known = row.person in self._sheet.names
        below = ([row.person] if known else []) + list(lines)
        blanks = (self(NO_PHOTO if row.agreed else NOT_AGREED), blank)
        return Cell((row.photo, picture), blanks, self.who(row.person), tuple(below), mark)

    def unnamed(self, sight: Sight) -> Cell:
        like = self(SMALL) if sight.person is None else self(
            LIKE, person=self.who(sight.person), score=_share(sight.score_ppm))
        return Cell((sight.picture,), (self(NO_PICTURE),), self.time(sight), (like, f"{sight.face_px} px"),
                    self(VOID_FACE) if sight.void else "")

    def who(self, person: str) -> str:
        return self._sheet.names.get(person, person)

    def time(self, sight: Sight) -> str:
        return f"{local(sight.at_us, self._sheet.order.utc_offset_min):%H:%M:%S}"


def _share(ppm: int) -> str:
    return f"{ppm / 1e6:.3f}"
