"""The figures of the terminal's memory: what is told of a list of looks; and a real process is fed and looked at."""
from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bench.figures import terminal

HEAP = 64 << 20
FLAT, GROWS = [80.0, 100.0, *[110.0] * 22], [80.0, *(100.0 + 2 * hour for hour in range(24))]


def test_what_grows_is_told_from_what_does_not() -> None:
    assert terminal.slope_mb(FLAT) == 0 and terminal.ratio(FLAT) == 1
    assert terminal.slope_mb(GROWS) == pytest.approx(2) and terminal.ratio(GROWS) == pytest.approx(139 / 107)
    assert terminal.table(GROWS)[1:] == [
        "after   1. on:  100.0  102.0  104.0  106.0  108.0  110.0  112.0  114.0",
        "after   9. on:  116.0  118.0  120.0  122.0  124.0  126.0  128.0  130.0",
        "after  17. on:  132.0  134.0  136.0  138.0  140.0  142.0  144.0  146.0",
        "last two thirds: +2.00 MB a class-hour; last third to first: 1.299"]


def more_heaps(pid: int) -> int:
    """Of glibc, beside the first: 64 MB each from a multiple of it on, the beginning in use."""
    maps = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    spans = [(*(int(end, 16) for end in line[0].split("-")), line[1]) for line in maps]
    return sum(used == "rw-p" and rest == "---p" and first % HEAP == 0 and end == then and last == first + HEAP
               for (first, end, used), (then, last, rest) in itertools.pairwise(spans))


@pytest.mark.long
def test_a_real_process_is_fed_and_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOURS": 2, "MINUTES": 2, "STEP": 1, "REST_S": 0.2}.items():
        monkeypatch.setattr(terminal, name, value)
    heaps: list[int] = []
    look = terminal.pss_mb
    monkeypatch.setattr(terminal, "pss_mb", lambda pid: heaps.append(more_heaps(pid)) or look(pid))
    lines, said = terminal.measure(tmp_path)
    assert len(said["pss_mb"]) == 3 and min(said["pss_mb"]) > 20 and "2 min" in lines[0]
    assert max(heaps) == 0
