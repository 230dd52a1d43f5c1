"""Where things stand on the timeline of a class: one row a day, all days on the same hours of the clock. Pure geometry.

Positions and widths are percent of the row, so that the picture stretches while its texts keep their size.
"""
from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from central.web.gaps import gaps_of, uncertain_of
from central.web.localtime import LocalTime
from central.web.signs import answer_kind, answer_words
from common.texts import N_, translate
from evidence.attendance import Sign
from evidence.story import HourStory, PictureFact, Span, Story
from evidence.times import MINUTE

PAD_MIN = 20
EARLY_US = 120 * MINUTE
"""Check-ins before a class-hour that still belong into the picture."""
KINDS = {"theory": N_("theory"), "practical": N_("practice"), "online": N_("online")}
HOUR = N_("{kind}, planned {start}–{end}")
STRETCH = N_("recorded {start}–{end} (camera {camera})")
GAP = N_("not recorded {start}–{end}: {why}")
AWAITED = N_("{start}–{end}: {why}")
UNCERTAIN = N_("recorded {start}–{end}, but its time is uncertain: it does not count")
PICTURES = {
    "black": N_("picture: black"),
    "covered": N_("picture: covered"),
    "frozen": N_("picture: frozen"),
    "looped": N_("picture: recorded earlier"),
    "reused": N_("picture: recorded elsewhere before"),
    "shared": N_("picture: also recorded elsewhere"),
    "looped_like": N_("picture: resembles an earlier recording"),
    "glare": N_("picture: dazzled"),
    "smoke": N_("picture: hazy"),
    "defocus": N_("picture: out of focus"),
}
NOT_COUNTED = N_("{what} {start}–{end} (camera {camera}); it does not count")
MARKED = N_("{what} {start}–{end} (camera {camera}); only marked")
UNDECIDED = N_("{what} {start}–{end} (camera {camera}); whether it counts is undecided")
SESSION = N_("session {start}–{end}")
UNPRESSED = N_("session {start}–{end}: began as planned, nobody pressed start")
CHECKIN = N_("{time} {name}: {answer}")


@dataclasses.dataclass(frozen=True)
class Bar:
    """A stretch of time. `kind` becomes its class; `title` what is said of it; `label` what stands in it."""

    x: float
    width: float
    kind: str
    title: str
    label: str = ""


@dataclasses.dataclass(frozen=True)
class Dot:
    """A moment."""

    x: float
    kind: str
    title: str


@dataclasses.dataclass(frozen=True)
class Row:
    """One day."""

    date: str
    weekday: str
    hours: tuple[Bar, ...]
    stretches: tuple[Bar, ...]
    gaps: tuple[Bar, ...]
    pictures: tuple[Bar, ...]
    sessions: tuple[Bar, ...]
    checkins: tuple[Dot, ...]


@dataclasses.dataclass(frozen=True)
class Timeline:
    """`ticks`: (percent, hour of the clock, whether it stays on a narrow screen)."""

    ticks: tuple[tuple[float, str, bool], ...]
    rows: tuple[Row, ...]

    @property
    def pictures(self) -> bool:
        """Whether any picture does not count, or is marked."""
        return any(row.pictures for row in self.rows)

    @property
    def uncertain(self) -> bool:
        """Whether the time of any video is uncertain."""
        return any(bar.kind == "uncertain" for row in self.rows for bar in row.gaps)


def timeline(story: Story, local: LocalTime, names: Mapping[str, str], as_of_us: int) -> Timeline:
    """The picture of a whole class, as of a moment."""
    days: dict[str, list[HourStory]] = {}
    for hour in story.hours:
        days.setdefault(local.day(hour.span.start_us), []).append(hour)
    scale = _scale(story, local)
    signs = story.signs
    rows = tuple(_row(story, signs, hours, scale, local, names, as_of_us) for hours in days.values())
    return Timeline(scale.ticks(), rows)


@dataclasses.dataclass(frozen=True)
class _Scale:
    first_min: int
    last_min: int

    def x(self, minute: float) -> float:
        return round(100 * (minute - self.first_min) / (self.last_min - self.first_min), 3)

    def ticks(self) -> tuple[tuple[float, str, bool], ...]:
        hours = range(-(-self.first_min // 60), self.last_min // 60 + 1)
        wide = len(hours) <= 6
        return tuple((self.x(60 * hour), f"{hour % 24:02d}:00", wide or hour % 2 == 0) for hour in hours)


def _scale(story: Story, local: LocalTime) -> _Scale:
    """From the first class-hour, or the check-ins before one, to the last class-hour."""
    starts = [local.minute(hour.span.start_us) for hour in story.hours]
    ends = [start + hour.span.length_us // MINUTE for start, hour in zip(starts, story.hours, strict=True)]
    begins = sorted(hour.span.start_us for hour in story.hours)
    early = [local.minute(fact.at_us) for fact in story.signs if _is_early(begins, fact.at_us)]
    return _Scale(min(starts + early, default=480) - PAD_MIN, max(ends, default=1080) + PAD_MIN)


def _is_early(begins: Sequence[int], at_us: int) -> bool:
    """Whether a class-hour begins within EARLY_US after that moment."""
    following = bisect.bisect_right(begins, at_us)
    return following < len(begins) and begins[following] - at_us <= EARLY_US


def _row(
    story: Story, signs: Sequence[Sign], hours: Sequence[HourStory], scale: _Scale, local: LocalTime,
    names: Mapping[str, str], as_of_us: int,
) -> Row:
    midnight_us = hours[0].span.start_us - local.minute(hours[0].span.start_us) * MINUTE
    place = _Place(scale, midnight_us)
    day = Span(place.at(scale.first_min), place.at(scale.last_min))
    return Row(
        date=local.short_date(hours[0].span.start_us),
        weekday=local.weekday(hours[0].span.start_us),
        hours=tuple(_hour(hour, place, local) for hour in hours),
        stretches=tuple(_stretches(hours, place, local)),
        gaps=tuple(_gaps(story, hours, place, local, as_of_us)),
        pictures=tuple(_pictures(hours, place, local)),
        sessions=tuple(_sessions(story, day, place, local)),
        checkins=tuple(_checkins(signs, day, place, local, names)),
    )


@dataclasses.dataclass(frozen=True)
class _Place:
    """Turns instants of one day into positions."""

    scale: _Scale
    midnight_us: int

    def at(self, minute: int) -> int:
        return self.midnight_us + minute * MINUTE

    def x(self, us: int) -> float:
        return min(100.0, max(0.0, self.scale.x((us - self.midnight_us) / MINUTE)))

    def bar(self, span: Span, kind: str, title: str, label: str = "") -> Bar:
        x = self.x(span.start_us)
        return Bar(x, max(0.15, round(self.x(span.end_us) - x, 3)), kind, title, label)


def _hour(hour: HourStory, place: _Place, local: LocalTime) -> Bar:
    kind = translate(KINDS[hour.hour.kind], local.lang)
    start, end = local.clock(hour.span.start_us), local.clock(hour.span.end_us)
    title = translate(HOUR, local.lang, kind=kind, start=start, end=end)
    return place.bar(hour.span, hour.hour.kind, title, kind)


def _stretches(hours: Sequence[HourStory], place: _Place, local: LocalTime) -> Iterable[Bar]:
    for hour in hours:
        for stretch in hour.stretches:
            title = translate(
                STRETCH, local.lang, camera=stretch.camera,
                start=local.seconds(stretch.start_us), end=local.seconds(stretch.end_us),
            )
            yield place.bar(stretch, "stretch", title)


def _gaps(
    story: Story, hours: Sequence[HourStory], place: _Place, local: LocalTime, as_of_us: int
) -> Iterable[Bar]:
    for hour in hours:
        for gap in gaps_of(story, hour, as_of_us):
            start, end = local.seconds(gap.span.start_us), local.seconds(gap.span.end_us)
            title = translate(AWAITED if gap.late else GAP, local.lang, start=start, end=end,
                              why=translate(gap.why, local.lang))
            yield place.bar(gap.span, "late" if gap.late else "gap", title)
        for part in uncertain_of(hour, as_of_us):
            yield place.bar(part, "uncertain", uncertain_words(part, local))


def uncertain_words(part: Span, local: LocalTime) -> str:
    """What video of uncertain time covers, in one line."""
    return translate(UNCERTAIN, local.lang, start=local.seconds(part.start_us), end=local.seconds(part.end_us))


def _pictures(hours: Sequence[HourStory], place: _Place, local: LocalTime) -> Iterable[Bar]:
    """What does not count, or is marked, clipped to the class-hours."""
    for hour in hours:
        for fact in hour.pictures:
            span = _within(fact, hour)
            yield place.bar(span, "unseen" if fact.breaks else "marked", picture_words(fact, hour, local))


def picture_words(fact: PictureFact, hour: HourStory, local: LocalTime) -> str:
    """What does not count, or is marked, of a class-hour, in one line."""
    span = _within(fact, hour)
    said = NOT_COUNTED if fact.breaks else UNDECIDED if fact.doubted else MARKED
    return translate(
        said, local.lang, what=translate(PICTURES[fact.what], local.lang),
        camera=fact.camera, start=local.seconds(span.start_us), end=local.seconds(span.end_us),
    )


def _within(fact: PictureFact, hour: HourStory) -> Span:
    return Span(max(fact.start_us, hour.span.start_us), min(fact.end_us, hour.span.end_us))


def _sessions(story: Story, day: Span, place: _Place, local: LocalTime) -> Iterable[Bar]:
    for session in story.sessions:
        end_us = session.end_us or max(session.start_us, story.last_us)
        if session.start_us < day.end_us and end_us > day.start_us:
            start, end = local.seconds(session.start_us), local.seconds(end_us)
            said = SESSION if session.pressed_us is not None else UNPRESSED
            title = translate(said, local.lang, start=start, end=end)
            yield place.bar(Span(session.start_us, end_us), "session", title)


def _checkins(
    signs: Sequence[Sign], day: Span, place: _Place, local: LocalTime, names: Mapping[str, str]
) -> Iterable[Dot]:
    """`signs`: in order of time."""
    first, end = (bisect.bisect_left(signs, us, key=lambda one: one.at_us) for us in (day.start_us, day.end_us))
    for fact in signs[first:end]:
        who = names.get(fact.person or "", fact.person or "—")
        answer = answer_words(fact, names, local.lang)
        title = translate(CHECKIN, local.lang, name=who, time=local.seconds(fact.at_us), answer=answer)
        yield Dot(place.x(fact.at_us), answer_kind(fact), title)
