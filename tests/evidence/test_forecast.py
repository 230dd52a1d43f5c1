"""Room on the volume: a range that holds what really comes, nothing claimed without history, warnings said once."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evidence.forecast import HORIZON, MARGIN, THRESHOLDS, Day, Forecast, forecast, warning

HOUR_US = 3_600_000_000
GB = 10**9
TODAY = 20_000


def weeks(count: int, per_hour: int = GB) -> list[Day]:
    """So many weeks of four class-hours on each of five days, up to yesterday."""
    return [Day(TODAY - 7 * week - back, 4 * per_hour, 4 * HOUR_US) for week in range(count) for back in range(1, 6)]


def test_without_a_finished_day_of_class_nobody_can_tell() -> None:
    assert forecast([], {TODAY + 1: HOUR_US}, TODAY, 10 * GB) == Forecast(0, None, None)
    told = forecast([Day(TODAY, GB, HOUR_US)], {}, TODAY, 10 * GB)
    assert not told.known and told.earliest is None


def test_no_room_is_no_room_whatever_was_seen() -> None:
    assert forecast([], {}, TODAY, 0) == Forecast(0, 0, 0) and forecast([], {}, TODAY, -5).known


def test_planned_class_hours_take_what_class_hours_took() -> None:
    ahead = {TODAY + day: 4 * HOUR_US for day in range(1, 15)}
    told = forecast(weeks(4), ahead, TODAY, 40 * GB)
    # Twenty equal days: 4 GB a day, give or take a twentieth. The tenth planned day takes the last room.
    assert (told.seen, told.earliest, told.latest) == (20, 10, 11)
    assert forecast(weeks(4), {TODAY: HOUR_US // 2, **ahead}, TODAY, 40 * GB).earliest == 10


def test_a_single_day_says_little() -> None:
    ahead = {TODAY + day: 4 * HOUR_US for day in range(1, 60)}
    told = forecast(weeks(1)[:1], ahead, TODAY, 40 * GB)
    assert (told.seen, told.earliest, told.latest) == (1, 6, 21)


def test_after_the_plans_the_box_is_used_as_it_was() -> None:
    told = forecast(weeks(4), {}, TODAY, 200 * GB)
    # 80 GB in 26 days (the fifth day back in the fourth week is the first).
    assert told.earliest is not None and told.latest is not None and told.earliest < 200 * 26 / 80 < told.latest + 1
    assert forecast(weeks(4), {}, TODAY, 10**15) == Forecast(20, None, None)


def test_a_holiday_does_not_forget_what_classes_took() -> None:
    before = [Day(day.number - 90, day.bytes, day.planned_us) for day in weeks(4)]
    ahead = {TODAY + day: 4 * HOUR_US for day in range(1, 15)}
    assert forecast(before, ahead, TODAY, 40 * GB).earliest == 10


A_DAY = st.builds(Day, st.integers(TODAY - 60, TODAY + 2), st.integers(0, 50 * GB), st.integers(0, 8 * HOUR_US))
DAYS = st.lists(A_DAY, max_size=20)
AHEAD = st.dictionaries(st.integers(TODAY, TODAY + 90), st.integers(1, 8 * HOUR_US), max_size=20)


@given(DAYS, AHEAD, st.integers(-GB, 500 * GB), st.integers(0, 100 * GB))
def test_a_range_is_a_range_and_more_room_is_never_fewer_days(
    history: list[Day], ahead: dict[int, int], free: int, more: int,
) -> None:
    told, roomier = forecast(history, ahead, TODAY, free), forecast(history, ahead, TODAY, free + more)
    for one in (told, roomier):
        assert one.earliest is None or 0 <= one.earliest < HORIZON
        assert one.latest is None or (one.earliest is not None and one.earliest <= one.latest)
    if told.known and roomier.known:
        beyond = HORIZON
        assert (told.earliest or 0) <= (beyond if roomier.earliest is None else roomier.earliest)
    assert told == forecast(list(reversed(history)), ahead, TODAY, free)


@given(st.lists(st.integers(1, 4 * GB), min_size=3, max_size=28), st.data())
def test_days_like_those_seen_fill_the_volume_within_the_range(sizes: list[int], data: st.DataObject) -> None:
    history = [Day(TODAY - back, size, HOUR_US) for back, size in enumerate(sizes, 1)]
    ahead = {TODAY + day: HOUR_US for day in range(1, 200)}
    free = data.draw(st.integers(1, 100 * max(sizes)))
    used, real = 0, None
    for day in range(1, 200):
        used += data.draw(st.sampled_from(sizes)) if day < 40 else max(sizes)
        if used > free:
            real = day
            break
    told = forecast(history, ahead, TODAY, free)
    assert real is None or (told.earliest is not None and told.earliest <= real)
    assert real is None or real >= 40 or told.latest is None or real <= told.latest


def told(days: int | None, seen: int = 5) -> Forecast:
    return Forecast(seen, days, days)


def test_each_threshold_is_crossed_once_and_cleared_when_there_is_room() -> None:
    levels, level = [], None
    for days in (40, 31, 30, 31, 32, 29, 14, 15, 7, 3, 0, 9, 10, 17, 33, 60, None, 30):
        level = warning(level, told(days))
        levels.append(level)
    assert levels == [None, None, 30, 30, 30, 30, 14, 14, 7, 7, 7, 7, 14, 30, None, None, None, 30]


def test_what_cannot_be_told_neither_warns_nor_clears() -> None:
    assert warning(None, told(None, 0)) is None and warning(14, told(None, 0)) == 14
    assert warning(None, Forecast(0, 0, 0)) == 7


@given(st.lists(st.one_of(st.none(), st.integers(0, 60)), max_size=60))
def test_a_swaying_forecast_repeats_nothing(days: list[int | None]) -> None:
    level: int | None = None
    for number, one in enumerate(days):
        fresh = warning(level, told(one))
        value = HORIZON if one is None else one
        assert fresh is None or value <= fresh + MARGIN
        assert all(threshold < value for threshold in THRESHOLDS if fresh is None or threshold < fresh)
        assert warning(fresh, told(one)) == fresh, number
        level = fresh
