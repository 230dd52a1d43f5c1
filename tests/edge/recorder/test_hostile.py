"""Journals that somebody else wrote, or a disk garbled: right checksums, anything in them. Recovery survives them."""
from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.recorder import journal as journal_module
from edge.recorder.journal import newest_mark, read_journal
from edge.recorder.recover import recover
from edge.storage.volume import Volume

from .conftest import Bench

RUN = {"do": "run", "class_id": None, "session": None, "camera": "room", "run": "r-1", "codec": "h264", "width": 64,
       "height": 48, "gap_floor_us": 1, "began": "start"}
OPEN = {"do": "open", "index": 0, "file": "r-1/000000.mp4"}
MARK = {"do": "mark", "index": 0, "file": "r-1/000000.mp4", "size": 3, "sha256": "0" * 64, "tally": {
    "packets": 1, "keyframes": 1, "first_pts_us": 0, "end_pts_us": 1, "first_mono_us": 0, "last_mono_us": 0,
    "gaps": []}}


def line(text: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(text), text)


def lines(*values: object) -> bytes:
    return b"".join(line(json.dumps(value).encode()) for value in values)


def journal(volume: Volume, data: bytes) -> Path:
    path = volume.journal / "r-1.jsonl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000, b'{"do":"open","index":' + b"9" * 5000 + b"}", b"3",
                                  b'{"do":[]}', b'{"do":"open","index":0,"file":"\\ud800"}'])
def test_a_line_that_checks_and_tells_nothing_ends_the_journal(bench: Bench, text: bytes) -> None:
    path = journal(bench.volume, lines(RUN) + line(text) + lines(OPEN))
    told = read_journal(path)
    assert told is not None and (told.files, told.marks) == ({}, {})
    path.write_bytes(line(text))
    assert read_journal(path) is None and newest_mark(path) is None
    path.write_bytes(lines(RUN) + line(text))
    assert newest_mark(path) is None
    assert recover(bench.volume, ()).segments == ()


def test_a_mark_of_a_file_that_was_never_opened_is_no_mark(bench: Bench) -> None:
    told = read_journal(journal(bench.volume, lines(RUN, MARK)))
    assert told is not None and told.marks == {}
    found = recover(bench.volume, ())
    assert (found.segments, found.alarms) == ((), ())


@pytest.mark.parametrize("change", [{"file": "r-2/000000.mp4"}, {"file": "r-1/000001.mp4"}, {"do": "run"},
                                    {"do": "erase"}, {"index": 1}])
def test_a_journal_speaks_of_the_files_of_its_run_alone(bench: Bench, change: dict[str, object]) -> None:
    theirs = bench.volume.segments / "r-2" / "000000.mp4"
    theirs.parent.mkdir()
    theirs.write_bytes(b"recorded long ago")
    for data in (lines(RUN, OPEN | change, MARK | change), lines(RUN, OPEN, MARK | change)):
        path = journal(bench.volume, data)
        told = read_journal(path)
        assert told is not None and told.marks == {} and newest_mark(path) is None
        recover(bench.volume, ("r-2/000000.mp4",))
        assert theirs.read_bytes() == b"recorded long ago"
    assert read_journal(journal(bench.volume, lines(RUN | {"run": "r-2"}))) is None, "another run's journal"


def test_a_wrong_mark_cuts_nothing_away(bench: Bench) -> None:
    folder = bench.volume.segments / "r-1"
    folder.mkdir()
    (folder / "000000.mp4").write_bytes(b"more than three")
    journal(bench.volume, lines(RUN, OPEN, MARK))
    assert [alarm.code for alarm in recover(bench.volume, ()).alarms] == ["segment.damaged"]
    assert [path.read_bytes() for path in bench.volume.quarantine.iterdir()] == [b"more than three"]


def test_what_is_recorded_stays_whatever_a_journal_says(bench: Bench) -> None:
    folder = bench.volume.segments / "r-1"
    folder.mkdir()
    (folder / "000000.mp4").write_bytes(b"recorded")
    journal(bench.volume, lines(RUN, OPEN, MARK))
    found = recover(bench.volume, ("r-1/000000.mp4",))
    assert (found.segments, found.alarms) == ((), ()) and (folder / "000000.mp4").read_bytes() == b"recorded"


def test_a_journal_is_read_to_a_bound(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = journal(bench.volume, lines(RUN, OPEN, MARK) + b"x" * 5_000_000)
    told = read_journal(path)
    assert told is not None and set(told.marks) == {0} and newest_mark(path) is None
    monkeypatch.setattr(journal_module, "LONGEST", len(lines(RUN, OPEN)))
    told = read_journal(path)
    assert told is not None and (set(told.files), told.marks) == ({0}, {})


def test_what_cannot_be_a_journal_or_has_no_readable_name_stops_nothing(bench: Bench) -> None:
    (bench.volume.journal / "r-1.jsonl").mkdir()
    (bench.volume.segments / "r-9").mkdir()
    (bench.volume.segments / "r-9" / "\udcff.mp4").write_bytes(b"whose?")
    found = recover(bench.volume, ())
    assert [alarm.params for alarm in found.alarms] == [{"file": "r-9/\\xff.mp4"}] and found.journals == ()


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                    max_leaves=5)
NEARLY = st.builds(lambda base, key, value: {**base, key: value}, st.sampled_from([RUN, OPEN, MARK]),
                   st.sampled_from(sorted({*RUN, *OPEN, *MARK})), JSON | st.sampled_from(["mark", "done", "open", 1]))
TEXTS = st.binary(max_size=40) | (JSON | NEARLY | st.sampled_from([RUN, OPEN, MARK])).map(
    lambda value: json.dumps(value).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=6), st.booleans())
def test_whatever_a_journal_holds_only_what_it_tells_comes_out(bench: Bench, texts: list[bytes], begins: bool) -> None:
    path = journal(bench.volume, (lines(RUN) if begins else b"") + b"".join(map(line, texts)))
    told = read_journal(path)
    assert told is None or set(told.marks) <= set(told.files)
    newest_mark(path)
    recover(bench.volume, ())
