"""What the recorder leaves on the disk while it works is, at every moment, what the auditor calls unfinished."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.cameras.file import open_file
from edge.clock import AutojumpClock
from edge.keys import make_box_keys, self_certified
from tests.edge.recorder.conftest import START_US, Bench, make_bench, make_film
from verify.folder import Folder
from verify.journals import read_journals, unfinished

SEGMENTS, JOURNALS = "video/segments", "video/journal"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    keys = make_box_keys(tmp_path / "keys", self_certified("box-1", START_US))
    (tmp_path / "box").mkdir()
    return make_bench(tmp_path / "box", keys, AutojumpClock(START_US, 1000 * 1_000_000, "ab"))


def test_a_recording_in_progress_raises_no_false_alarm(bench: Bench, tmp_path: Path) -> None:
    source = open_file(f"file:{make_film(tmp_path / 'film.mp4', 20)}", bench.clock)
    recorder = bench.recorder(source)
    most = 0
    for step in range(400):
        recorder.step(0)
        if step % 10:
            continue
        recorded = bench.segments()
        found = Folder(bench.folder, "video")
        new = set(found.under(f"{SEGMENTS}/")) - {f"{SEGMENTS}/{segment.file}" for segment in recorded}
        journals = read_journals(found, JOURNALS)
        assert unfinished(found, SEGMENTS, journals, recorded) == new
        if journals:
            assert unfinished(found, SEGMENTS, journals, []) == set(found.under(f"{SEGMENTS}/")), "the store is busy"
        most = max(most, len(recorded))
        if source.ended:
            break
    assert source.ended and most == 3, "segments were recorded, and the newest was still being written"
    recorder.close("end")
    assert len(bench.segments()) == 4
    bench.sealer.close()
