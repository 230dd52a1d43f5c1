"""Looks at once, each bounded: what hangs is told, once, and nothing else waits for it."""
from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.examining import Examiner, Look, Seen
from common.health import Check, Shown, State, by_need, lines, marked, shown
from evidence.errors import BadInput


class Refused(BadInput):
    text = "it does not answer"


@pytest.fixture
def hangs() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def look(about: str, find: object) -> Look[None]:
    return Look(about, find, lambda value: [Check(about, "good", "well")], lambda value: [value])  # type: ignore[arg-type]


def fails(error: Exception) -> Look[None]:
    def find(_: None) -> tuple[int]:
        raise error

    return look("fails", find)


def test_all_looks_are_made_at_once_and_each_is_told() -> None:
    gate = threading.Barrier(3)

    def meet(_: None) -> tuple[int]:
        return (gate.wait(5),)

    seen = Examiner(None, [look(name, meet) for name in "abc"], lambda: 7).examine()
    assert [one.about for one in seen.checks] == ["a", "b", "c"] and seen.unlooked == () and seen.at_us == 7
    assert sorted(value for some in seen.measured.values() for value in some) == [0, 1, 2]


@pytest.mark.parametrize(("error", "why"), [
    (Refused(), {"zh": "它没有应答", "en": "it does not answer"}),
    (OSError(5, "Input/output error", "/v"), {"zh": "/v: Input/output error", "en": "/v: Input/output error"}),
    (KeyError("x"), {"zh": "'x'", "en": "'x'"}),
    (ZeroDivisionError(), {"zh": "ZeroDivisionError", "en": "ZeroDivisionError"})])
def test_what_cannot_be_looked_at_is_told_and_costs_nothing_else(error: Exception, why: dict[str, str]) -> None:
    seen = Examiner(None, [fails(error), look("b", lambda _: (1,))], lambda: 0).examine()
    first, second = seen.checks
    assert (first.state, first.params["why"]) == ("bad", why) and second.state == "good"
    assert seen.unlooked == ("fails",) and dict(seen.measured) == {"b": (1,)}


def test_one_that_hangs_is_told_in_time_and_not_begun_again(hangs: threading.Event) -> None:
    begun: list[int] = []

    def hang(_: None) -> tuple[int]:
        begun.append(1)
        hangs.wait(60)
        return (1,)

    examiner = Examiner(None, [look("disk", hang), look("b", lambda _: (1,))], lambda: 0, within_s=0.3)
    for _ in range(3):
        before = time.monotonic()
        seen = examiner.examine()
        assert time.monotonic() - before < 3 and seen.unlooked == ("disk",) and seen.checks[1].state == "good"
    assert len(begun) == 1
    hangs.set()
    until = time.monotonic() + 5
    while examiner.examine().unlooked and time.monotonic() < until:
        time.sleep(0.01)
    assert len(begun) == 2 and examiner.examine().unlooked == ()


def test_what_is_not_there_is_nothing_to_tell() -> None:
    seen = Examiner(None, [Look("x", lambda _: None, lambda: [Check("x", "bad", "x")])], lambda: 0).examine()
    assert seen.checks == () and seen.unlooked == ()


def test_what_was_seen_is_shown_again_until_it_is_no_longer_fresh(hangs: threading.Event) -> None:
    now, count = [0.0], [0]

    def find(_: None) -> tuple[int]:
        count[0] += 1
        return (count[0],)

    examiner = Examiner(None, [look("a", find)], lambda: 0, fresh_s=30, monotonic=lambda: now[0])
    assert value(examiner.lately(5)) == 1
    now[0] = 29.9
    assert value(examiner.lately(5)) == 1 and count == [1]
    now[0] = 30.0
    assert value(examiner.lately(5)) == 2


def test_nobody_waits_who_does_not_want_to_and_only_one_looks(hangs: threading.Event) -> None:
    begun: list[int] = []

    def hang(_: None) -> tuple[int]:
        begun.append(1)
        hangs.wait(60)
        return (1,)

    examiner = Examiner(None, [look("a", hang)], lambda: 0)
    before = time.monotonic()
    assert [examiner.lately() for _ in range(50)] == [None] * 50 and examiner.looking
    assert time.monotonic() - before < 3
    hangs.set()
    assert value(examiner.lately(5)) == 1 and len(begun) == 1 and not examiner.looking


def value(seen: Seen | None) -> int:
    assert seen is not None
    return int(seen.measured["a"][0])


def test_a_check_is_told_in_one_language() -> None:
    check = Check("disk", "bad", "it cannot be looked at: {why}", {"why": "it does not answer"}, "mend what it says")
    assert shown(check, "zh") == Shown("bad", "须处理", "磁盘", "无法检查：它没有应答", "请按其说明处理")
    assert lines(check, "en") == [
        "[mend it] disk: it cannot be looked at: it does not answer", "    → mend what it says"]
    some: list[State] = ["good", "untold", "look", "bad"]
    states = [one.state for one in by_need([Check("x", one, "x") for one in some])]
    assert states == ["bad", "look", "untold", "good"]


@given(st.lists(st.sampled_from(["`", "*", "a", "`b`", "*c*", " ", "<i>"])))
def test_a_sentence_that_is_cut_loses_nothing_but_its_marks(some: list[str]) -> None:
    text = "".join(some)
    wrap = {"plain": "{}", "code": "`{}`", "name": "*{}*"}
    assert "".join(wrap[kind].format(part) for kind, part in marked(text)) == text


def test_commands_and_names_of_other_things_are_told_apart() -> None:
    assert marked("see *clock*: `ip route`, 5 * 3") == [
        ("plain", "see "), ("name", "clock"), ("plain", ": "), ("code", "ip route"), ("plain", ", 5 * 3")]
