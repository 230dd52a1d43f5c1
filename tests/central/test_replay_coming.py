"""A file on its way, in words: how much is here, how fast it comes, since when nothing does, when the box was heard."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.orders.asked import GONE, PATIENCE_US, Asked
from central.web.localtime import LocalTime
from central.web.replay.coming import (
    KNOWN_US,
    LATE_US,
    MOST_FILES,
    STOPPED_US,
    BoxNow,
    Come,
    Paces,
    how_it_comes,
)
from evidence.times import HOUR, MINUTE, SECOND, utc_us

SHA, SIZE = "ab" * 32, 3_000_000
NOW = utc_us("2026-03-04T02:00:00.000000Z")
EN = LocalTime(480, "en")


def box(come: Come | None = None, heard_us: int | None = NOW - MINUTE, quiet: bool = False,
        one: Asked | None = None) -> BoxNow:
    return BoxNow("c", {SHA: one} if one else {}, heard_us, quiet, {SHA: come} if come else {})


def said(now: BoxNow, asked: Asked, lang: str = "en") -> tuple[str, str]:
    return how_it_comes(SHA, SIZE, asked, now, NOW, LocalTime(480, lang))


JUST, TAKEN = Asked(NOW - SECOND, False), Asked(NOW - SECOND, True)


@pytest.mark.parametrize(("now", "asked", "kind", "words"), [
    (box(), JUST, "asked", "asked of the box; it has not answered yet"),
    (box(), TAKEN, "asked", "the box has taken the order and sends it next"),
    (box(), Asked(NOW - LATE_US, False), "asked",
     "asked of the box; it has not answered yet; the box was last heard Mar 4, 2026 09:59:00"),
    (box(), Asked(NOW - LATE_US, True), "asked",
     "the box has taken the order and sends it next; the box was last heard Mar 4, 2026 09:59:00"),
    (box(heard_us=None), Asked(NOW - LATE_US, False), "asked", "asked of the box; it has not answered yet"),
    (box(heard_us=NOW - HOUR, quiet=True), TAKEN, "asked",
     "asked of the box, which was last heard Mar 4, 2026 09:00:00: it comes when the box is back"),
    (box(Come(750_000, 0)), TAKEN, "coming", "the box sends it: 25% is here"),
    (box(Come(750_000, 0, 500_000.0)), TAKEN, "coming", "the box sends it: 25% is here"),
    (box(Come(2_999_999, STOPPED_US - 1)), TAKEN, "coming", "the box sends it: 99% is here"),
    (box(Come(1_280_000, 0, 40_000.0)), TAKEN, "coming",
     "the box sends it: 42% is here (1.2 of 3.0 MB). The line is slow: some 50 s more"),
    (box(Come(1_280_000, 0, 10_000.0)), TAKEN, "coming",
     "the box sends it: 42% is here (1.2 of 3.0 MB). The line is slow: some 3 min more"),
    (box(Come(1_280_000, STOPPED_US, 10_000.0), heard_us=None), TAKEN, "asked",
     "42% is here (1.2 of 3.0 MB), and nothing has come since 09:59:50: it goes on by itself as soon as the box reaches"
     " the centre"),
    (box(Come(1_280_000, STOPPED_US)), TAKEN, "asked",
     "42% is here (1.2 of 3.0 MB), and nothing has come since 09:59:50: it goes on by itself as soon as the box reaches"
     " the centre; the box was last heard Mar 4, 2026 09:59:00"),
])
def test_how_it_stands(now: BoxNow, asked: Asked, kind: str, words: str) -> None:
    assert said(now, asked) == (kind, words)


def test_in_chinese() -> None:
    assert said(box(Come(1_280_000, STOPPED_US)), TAKEN, "zh")[1] == (
        "已到 42%（1.2 / 3.0 MB），自 09:59:50 起没有新的数据；终端盒重新连上中心后自动继续；最后一次收到终端盒消息："
        "2026年3月4日 09:59:00")
    assert said(box(Come(1_280_000, 0, 10_000.0)), TAKEN, "zh")[1] == (
        "终端盒正在发送：已到 42%（1.2 / 3.0 MB）。线路较慢，大约还需 3 分钟")


def test_a_box_that_is_away_does_not_use_up_the_time_of_its_order() -> None:
    old = Asked(NOW - PATIENCE_US - MINUTE, True)
    assert box(quiet=True, one=old).awaited(SHA, NOW) == old and box(one=old).awaited(SHA, NOW) is None
    assert box(Come(1, SECOND), one=old).awaited(SHA, NOW) == old, "it moves"
    assert box(one=Asked(old.at_us, False)).awaited(SHA, NOW) is not None, "not taken yet"
    for over in (Asked(NOW, True, GONE), Asked(NOW, False, "no_road"), Asked(NOW, True, came=True)):
        assert box(quiet=True, one=over).awaited(SHA, NOW) is None
    assert box().awaited(SHA, NOW) is None


def test_the_pace_is_that_of_late() -> None:
    paces = Paces()
    told = [paces.look("a", 1000 * second, NOW + second * SECOND) for second in range(30)]
    assert told[:3] == [0.0] * 3 and set(told[3:]) == {1000.0}
    told = [paces.look("a", 30_000 + 10 * second, NOW + (30 + second) * SECOND) for second in range(30)]
    assert told[-1] == 10.0 and told[3] > 100, "what was fast before is forgotten"
    assert paces.look("a", 5, NOW + 61 * SECOND) == 0.0, "it began anew"
    assert paces.look("a", 5_000_005, NOW + 66 * SECOND) == 1_000_000.0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 10**9), st.integers(-100, 100)), max_size=80))
def test_whatever_is_looked_at_the_pace_is_no_less_than_nothing(looks: list[tuple[str, int, int]]) -> None:
    paces, now_us = Paces(), NOW
    for name, here, later_s in looks:
        now_us += later_s * SECOND
        assert paces.look(name, here, now_us) >= 0
    assert all(len(each) <= 60 for each in paces._looks.values())


def test_only_so_many_files_are_remembered() -> None:
    paces = Paces()
    for number in range(MOST_FILES + 5):
        paces.look(str(number), 0, NOW)
    assert len(paces._looks) == MOST_FILES
    assert paces.look("0", 99, NOW + KNOWN_US) == 0.0
