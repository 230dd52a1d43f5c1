"""Files that are not where they were: moved ones are found, removed ones forgotten, a disk that is away waited for."""
from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from edge.errors import VolumeAway
from edge.sync import uploader as uploading
from edge.sync.alarms import Alarms
from edge.sync.uploader import Uploader
from edge.wiring import Box
from evidence.bodies import Segment, SegmentRemoved

SHA = "ab" * 32


def recorded(box: Box) -> int:
    body = Segment("c-1", "s-1", "room", "r-1", 0, "r-1/000000.mp4", 4, SHA, "h264", 64, 48, 1, 1, 0, 1, 0, 1, 100, (),
                   False, "start", boot_id="ab")
    return box.store.append("segment", body).record.seq


def codes(box: Box) -> list[object]:
    return [one.record.body["code"] for one in box.store.records_of("alarm")]


def test_a_file_is_sent_from_where_it_lies_and_waited_for_while_that_is_away(
    make_box: Callable[..., Box], tmp_path: Path, monkeypatch,
) -> None:
    box, now, sent = make_box(), [0.0], []
    seq = recorded(box)
    path: list[Path | None] = [None]

    def find(file: str) -> Path:
        if path[0] is None:
            raise VolumeAway(folder="nas", why="")
        return path[0]

    monkeypatch.setattr(uploading, "put", lambda client, centre, job, path: sent.append((job.file, path)) or 201)
    uploader = Uploader(box.store, Alarms(box.store), find, "http://127.0.0.1:9", lambda: now[0])
    uploader.start()
    uploader.tick(seq)
    uploader.tick(seq)
    assert uploader.waiting == 1 and codes(box) == []
    path[0], now[0] = tmp_path / "there", 1000.0
    deadline = time.monotonic() + 10
    while not box.store.uploaded(SHA) and time.monotonic() < deadline:
        uploader.tick(seq)
        time.sleep(0.01)
    uploader.stop()
    assert sent == [("r-1/000000.mp4", tmp_path / "there")] and uploader.waiting == 0


def test_a_lost_file_is_an_alarm(make_box: Callable[..., Box]) -> None:
    box = make_box()
    seq = recorded(box)
    uploader = Uploader(box.store, Alarms(box.store), lambda _: None, "", lambda: 0.0)
    uploader.tick(seq)
    assert codes(box) == ["segment.lost"] and uploader.waiting == 0


def test_a_removed_file_is_none(make_box: Callable[..., Box]) -> None:
    box = make_box()
    seq = recorded(box)
    box.store.append("segment.removed", SegmentRemoved(SHA, "R7", "box"))
    uploader = Uploader(box.store, Alarms(box.store), lambda _: None, "", lambda: 0.0)
    uploader.tick(seq)
    assert codes(box) == [] and uploader.waiting == 0
