"""What lies on disk: fragment edges, the journal's checksums, marks that are never ahead of the disk."""
from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.recorder.boxes import Scanner
from edge.recorder.journal import Journal, Mark, Run, Told, read_journal
from edge.recorder.segment_file import FLAGS
from edge.recorder.tally import Tally
from edge.storage.files import AppendFile, replace, write_new
from evidence.bodies import Gap
from evidence.times import SECOND, utc_text

from .conftest import START_US, Bench, make_film

RUN = Run("c-1", "s-1", "room", "r-1", "h264", 64, 48, 100, "start")


def mark(index: int, size: int) -> Mark:
    return Mark(index, f"r-1/{index:06d}.mp4", size, "ab" * 32, Tally(1, 1, 0, 1, 2, 3, (Gap(1, 2),)))


def test_segments_are_fragmented_files_cut_at_keyframes(bench: Bench, film: Path) -> None:
    bench.record(film)
    segments = bench.segments()
    assert [segment.index for segment in segments] == [0, 1, 2, 3] and len({one.run for one in segments}) == 1
    assert [segment.first_pts_us for segment in segments] == [0, 5_000_000, 10_000_000, 15_000_000]
    assert [segment.cut for segment in segments] == [None, None, None, "end"]
    assert all((one.packets, one.keyframes, one.gaps, one.recovered) == (50, 5, (), False) for one in segments)
    for segment in segments:
        data = (bench.volume.segments / segment.file).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (segment.size, segment.sha256)
        with av.open(str(bench.volume.segments / segment.file)) as container:
            start = utc_text(START_US + segment.first_mono_us - 1000 * SECOND)
            told = f"zaitang box=box-1 run={segment.run} segment={segment.index} start={start}"
            assert container.metadata["comment"] == told
            assert next(frame.pts for frame in container.decode(video=0)) == 0
    assert list(bench.volume.journal.iterdir()) == []


def test_what_was_copied_is_the_cameras_own_pictures(bench: Bench, film: Path) -> None:
    bench.record(film)
    with av.open(str(film)) as container:
        wanted = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    have = []
    for segment in bench.segments():
        with av.open(str(bench.volume.segments / segment.file)) as container:
            have += [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert have == wanted


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_fragment_edges_are_found_however_the_bytes_come(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int],
) -> None:
    path = _recorded(tmp_path_factory)
    data, scanner, at, edges, samples = path.read_bytes(), Scanner(), 0, [], 0
    while data:
        size = cuts[len(edges) % len(cuts)]
        for piece, count in scanner.feed(data[:size]):
            at += len(piece)
            if count is not None:
                edges.append(at)
                samples += count
        data = data[size:]
    assert samples == 60 and edges[-1] == path.stat().st_size and len(edges) == 6


_CACHE: list[Path] = []


def _recorded(factory: pytest.TempPathFactory) -> Path:
    if not _CACHE:
        folder = factory.mktemp("fragmented")
        source = make_film(folder / "in.mp4", 6)
        out, options = str(folder / "out.mp4"), {"movflags": FLAGS}
        with av.open(str(source)) as reader, av.open(out, "w", options=options) as writer:
            stream = writer.add_stream_from_template(reader.streams.video[0], opaque=True)
            for packet in reader.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    writer.mux(packet)
        _CACHE.append(folder / "out.mp4")
    return _CACHE[0]


def test_a_journal_reads_as_far_as_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "r-1.jsonl"
    journal = Journal(path, RUN, AppendFile)
    journal.open(0, "r-1/000000.mp4")
    journal.mark(mark(0, 10))
    journal.mark(mark(0, 20))
    journal.done(mark(0, 30))
    journal.open(1, "r-1/000001.mp4")
    journal.close()
    whole = path.read_bytes()
    told = read_journal(path)
    assert told == Told(RUN, {0: "r-1/000000.mp4", 1: "r-1/000001.mp4"}, {0: mark(0, 30)}, {0})
    sizes = set()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        part = read_journal(path)
        sizes.add(part.marks[0].size if part and part.marks else 0)
        assert part is None or part.run == RUN
    assert sizes == {0, 10, 20, 30}


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_in_a_journal_is_never_believed(
    tmp_path_factory: pytest.TempPathFactory, at: int, change: int,
) -> None:
    path = tmp_path_factory.mktemp("journal") / "r-1.jsonl"
    journal = Journal(path, RUN, AppendFile)
    journal.open(0, "r-1/000000.mp4")
    journal.mark(mark(0, 10))
    journal.close()
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= change
    path.write_bytes(data)
    part = read_journal(path)
    assert part is None or part == Told(RUN, {}, {}, set()) or part.marks in ({}, {0: mark(0, 10)})


def test_a_full_disk_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    replace(tmp_path / "a", b"one")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            replace(tmp_path / "a", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"one")]


def test_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    write_new(tmp_path / "a", b"one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"two")
    replace(tmp_path / "a", b"three")
    assert (tmp_path / "a").read_bytes() == b"three" and [path.name for path in tmp_path.iterdir()] == ["a"]
    file = AppendFile(tmp_path / "b")
    file.write(b"x" * 10)
    assert file.size == 10
    with pytest.raises(FileExistsError):
        AppendFile(tmp_path / "b")
