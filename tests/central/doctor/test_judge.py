"""What is said of each thing of a centre, and that whatever is wrong comes with what to do."""
from __future__ import annotations

from collections.abc import Iterable

import pytest

from central.doctor import judge
from central.doctor.judge import Backup, Box, Lifetime, Tree
from common.health import Check, lines
from common.texts import LANGS
from evidence.records import ClockState
from evidence.times import MINUTE, SECOND

NOW = 1_772_413_860 * SECOND
NOW_S, DAY = NOW // SECOND, 86_400 * SECOND
SET, UNSET = ClockState(True, 3000, "kernel", 1), ClockState(False, 3000, "kernel", 1)
WELL = Box(NOW)
AWAY = Box(NOW - 4 * MINUTE)


def tree(**changes: object) -> Tree:
    return Tree(**{"leaves": 9, "size": 9, "issued_s": NOW_S, "witnesses": 1, "witnessed_s": NOW_S, **changes})  # type: ignore[arg-type]


def backup(days: int, rotten: int = 0, checked: int | None = 0) -> Backup:
    return Backup(NOW - days * DAY, rotten, None if checked is None else NOW - checked * DAY)


@pytest.mark.parametrize(("found", "wanted"), [
    (judge.processes({"collector": True, "console": True}), ["good"]),
    (judge.processes({"collector": False, "console": True}), ["bad"]),
    (judge.reached({"broker c:8883": None, "devices c:8471": "refused"}), ["good", "bad"]),
    (judge.collector({}), ["good"]),
    (judge.collector({"a": Box(NOW, 0, 600), "b": Box(NOW, 0, 400)}), ["good"]),
    (judge.collector({"a": Box(NOW, 0, 600), "b": Box(NOW, 0, 401)}), ["look"]),
    (judge.boxes({"a": WELL}, NOW), ["good"]),
    (judge.boxes({f"b{number}": AWAY for number in range(9)}, NOW), ["look"]),
    (judge.boxes({"a": Box(NOW - MINUTE, gone_us=NOW - MINUTE)}, NOW), ["look"]),
    (judge.boxes({"a": Box(NOW, gone_us=NOW - MINUTE)}, NOW), ["good"]),
    (judge.boxes({"a": Box(NOW, synced=False)}, NOW), ["good", "look"]),
    (judge.boxes({"a": Box(NOW - 4 * MINUTE, synced=False)}, NOW), ["look"]),
    (judge.clock(SET, None), ["good"]), (judge.clock(UNSET, None), ["bad"]),
    (judge.clock(SET, {"zh": "原因", "en": "cause"}), ["bad"]),
    (judge.disk({"/a": (10, 100), "/b": (9, 100), "/c": (2, 100), "/d": (0, 0)}), ["good", "look", "bad", "bad"]),
    (judge.database(5, 1000), ["good"]), (judge.database(5, 1001), ["look"]),
    (judge.certificates({"of the site": Lifetime(90, "2027-01-01", 90, 14, "mend what it says")}), ["good"]),
    (judge.certificates({"of the site": Lifetime(89, "2027-01-01", 90, 14, "mend what it says")}), ["look"]),
    (judge.certificates({"of the site": Lifetime(13, "2027-01-01", 90, 14, "mend what it says")}), ["bad"]),
    (judge.backup(None, NOW), ["look"]), (judge.backup(backup(2), NOW), ["good", "good"]),
    (judge.backup(backup(3, checked=None), NOW), ["look", "look"]),
    (judge.backup(backup(8, rotten=1, checked=41), NOW), ["bad", "bad", "look"]),
    (judge.tree(tree(), NOW_S, 60), ["good", "good"]),
    (judge.tree(tree(issued_s=None, witnesses=0), NOW_S, 60), ["look", "look"]),
    (judge.tree(tree(issued_s=NOW_S - 27 * 3600), NOW_S, 60), ["bad", "good"]),
    (judge.tree(tree(leaves=10, issued_s=NOW_S - 660), NOW_S, 60), ["good", "good"]),
    (judge.tree(tree(leaves=10, issued_s=NOW_S - 661), NOW_S, 60), ["bad", "good"]),
    (judge.tree(tree(witnessed_s=None), NOW_S, 60), ["good", "look"]),
    (judge.tree(tree(witnessed_s=NOW_S - 3 * 86_400), NOW_S, 60), ["good", "look"]),
    (judge.overview(1000), ["good"]), (judge.overview(1001), ["look"]),
    (judge.video(0), ["good"]), (judge.video(1), ["look"]), (judge.aside([]), ["good"]), (judge.aside([1]), ["look"]),
])
def test_each_thing(found: Iterable[Check], wanted: list[str]) -> None:
    checks = list(found)
    assert [one.state for one in checks] == wanted
    for check in checks:
        assert bool(check.todo) == (check.state != "good")
        zh, en = ("\n".join(lines(check, lang)) for lang in LANGS)
        assert zh != en and "{" not in zh + en
