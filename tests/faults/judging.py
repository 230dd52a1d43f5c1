"""What must hold of a recorder's folder after any fault: nothing false in it, nothing twice, nothing that never was."""
from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import av

from evidence.bodies import Alarm, Segment, body_of
from evidence.seal import read_sealed
from verify.cli import verify
from verify.database import read_rows
from verify.report import sentences

Runs = dict[str, list[Segment]]


def bodies(folder: Path) -> list[object]:
    """What the records of a box's folder say, in their order; read as an auditor reads them."""
    found = []
    for row in read_rows(folder / "zaitang.db").records:
        assert row.envelope is not None
        found.append(body_of(read_sealed(row.envelope).record))
    return found


def alarms(folder: Path) -> list[str]:
    return [body.code for body in bodies(folder) if isinstance(body, Alarm)]


def runs_of(found: Iterable[object]) -> Runs:
    """Run → its segments, in order of their index."""
    runs: Runs = defaultdict(list)
    for body in found:
        if isinstance(body, Segment):
            runs[body.run].append(body)
    return {run: sorted(segments, key=lambda one: one.index) for run, segments in runs.items()}


def media_us(segments: list[Segment]) -> int:
    return sum(one.end_pts_us - one.first_pts_us for one in segments)


def assert_whole(folder: Path) -> None:
    """`zaitang-verify` finds nothing wrong."""
    result = verify(folder, None, "en")
    assert result.ok, list(sentences(result, "en"))


def assert_true(folder: Path, film: Path) -> Runs:
    """The folder is whole and holds `film` as it was: every run a part of it without a hole, none twice at a time.

    Returns the runs.
    """
    assert_whole(folder)
    runs = runs_of(bodies(folder))
    everything = [one for segments in runs.values() for one in segments]
    assert len({one.file for one in everything}) == len(everything), "a file was recorded twice"
    assert len({one.sha256 for one in everything}) == len(everything), "the same bytes were recorded twice"
    played = packets_of(film)
    for segments in runs.values():
        _assert_a_part_of_the_film(folder, segments, played)
    spans = sorted((one[0].first_mono_us, one[0].first_mono_us + media_us(one)) for one in runs.values())
    for (_, end_us), (start_us, _) in itertools.pairwise(spans):
        assert end_us <= start_us, f"two runs of one camera at one time: {spans}"
    return runs


def _assert_a_part_of_the_film(folder: Path, segments: list[Segment], played: tuple[bytes, ...]) -> None:
    assert [one.index for one in segments] == list(range(len(segments))), "a segment is missing within a run"
    assert {one.cut for one in segments[:-1]} <= {None}, "a run goes on after its end"
    written: list[bytes] = []
    for before, after in itertools.pairwise(segments):
        assert after.first_pts_us == before.end_pts_us, "the run has a hole or an overlap"
    for one in segments:
        packets = packets_of(folder / "video" / "segments" / one.file)
        assert len(packets) == one.packets
        written += packets
    first = played.index(written[0])
    assert tuple(written) == played[first : first + len(written)], "not the pictures that the camera sent"


@functools.lru_cache(maxsize=64)
def packets_of(film: Path) -> tuple[bytes, ...]:
    """The encoded pictures of a file, in order."""
    with av.open(str(film)) as container:
        return tuple(bytes(packet) for packet in container.demux(video=0) if packet.size)
