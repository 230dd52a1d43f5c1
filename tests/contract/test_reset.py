"""A box is emptied by its centre's word alone: two real ends, what is refused and why, and a kill at each file."""
from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from central.classes.holds import lift_hold, place_hold
from central.classes.statements import statement_messages
from central.cli import main as central
from central.ingest.collector import Message
from central.orders.boxes import head_of, lacking
from central.store.accounts import Kept
from central.store.spoilt import Spoilt
from edge.child import only_one
from edge.cli import main as edge
from edge.errors import BadBox, WrongVolume
from edge.firstboot.ground import find_ground
from edge.reset import wipe
from edge.reset.judge import Facts, refusals
from edge.storage.volume import IDENTITY, open_volume
from edge.sync.process import make_inbox
from edge.wiring import Box, open_box
from evidence.bodies import Alarm, Segment, SegmentRemoved, SessionEnd, SessionStart, body_of
from evidence.box_orders import BoxOrder, WantedRelease, release_refusal
from evidence.records import Sealed
from tests.central.helpers import put
from tests.contract.test_erasure import Ends

WORD = WantedRelease("ab" * 16, 7, "c" * 64, "wang")
FILE = b"\0" * 1000


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    found = Ends(tmp_path)
    with found.centre.store.write() as tx:
        tx.put_account(Kept("wang", "administrator", None))
    return found


def word(ends: Ends, box: Box, by: str = "wang") -> int:
    return central(["--lang", "en", "order", "release", box.config.device, "--by", by, "--centre",
                    str(ends.centre.folder)])


def released(ends: Ends, box: Box) -> None:
    """The word is said, and comes to the box."""
    assert word(ends, box) == 0
    ends.carry(box)


def said_by_hand(ends: Ends) -> None:
    """The word of a centre that asks nothing."""
    with ends.centre.store.write() as tx:
        head = head_of(tx, "box-1")
        ends.centre.store.append(tx, BoxOrder("box-1", 1, "2099-01-01T00:00:00.000000Z", "release",
                                              release=WantedRelease(head.chain, head.up_to, head.head_hash, "wang")))


def reset(box: Box, *more: str) -> int:
    box.store.close()
    return edge(["--lang", "en", "reset", "--box", str(box.folder), *more])


def record(box: Box, number: int = 0, class_id: str | None = None) -> str:
    """A file, as the recorder leaves it; its hash."""
    open_volume(box.video, box.config.device, box.store, 0).check()
    path = box.segments / f"r-{number}" / "0.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(FILE + bytes([number]))
    digest = sha256(path.read_bytes()).hexdigest()
    box.store.append("segment", Segment(
        class_id, None, "room", f"r-{number}", 0, f"r-{number}/0.mp4", len(FILE) + 1, digest, "h264", 64, 48, 10, 5, 0,
        5_000_000, 1, 2, 500_000, (), False, "start", "end"))
    return digest


def come(ends: Ends, *hashes: str) -> None:
    """The files are at the centre, too."""
    made = {sha256(data).hexdigest(): data for data in (FILE + bytes([number]) for number in range(9))}
    for one in hashes:
        put(ends.centre, made[one])
    with ends.centre.store.write() as tx:
        for one in hashes:
            tx.mark_stored(one, 1)


def take(ends: Ends, *sealed: Sealed) -> None:
    """Records come to the centre late, and no receipt of them to the box."""
    ends.centre.collector().take([Message(one.record.device, one.envelope) for one in sealed])


def hear(ends: Ends, box: Box) -> None:
    """What the centre states of classes comes to the box."""
    with ends.centre.store.read() as tx:
        told = statement_messages(tx, ends.centre.keys.certificate, set())
    for (device, *_), message in told.items():
        if device == box.config.device:
            make_inbox(box, "centre").stated(message.payload)
    ends.send()


def test_nothing_goes_without_the_word(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    assert reset(box, "--confirm", "box-1") == 2
    assert "the centre has not said that this box may be emptied" in capsys.readouterr().err
    assert open_box(box.folder).store.templates("welder-1", "builtin")


def test_with_the_word_nothing_is_left(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    digest = record(box)
    ends.send()
    come(ends, digest)
    released(ends, box)
    assert reset(box, "--confirm", "box-1") == 0
    assert "the box is empty" in capsys.readouterr().out and list(box.folder.iterdir()) == []
    with ends.centre.store.read() as tx:
        assert tx.answers_of("box-1")[-1].record.body["result"] == "accepted"


def test_the_centre_says_no_word_while_a_file_lies_at_the_box_alone(
    ends: Ends, capsys: pytest.CaptureFixture[str],
) -> None:
    box = ends.boxes[0]
    record(box)
    ends.send()
    assert word(ends, box) == 2
    assert "1 files of box-1 are not here" in capsys.readouterr().err
    with ends.centre.store.read() as tx:
        assert not tx.orders_to("box-1")


def test_what_was_here_only_for_a_while_stays_from_then_on(ends: Ends) -> None:
    from central.store.cached import CachedFile
    box = ends.boxes[0]
    digest = record(box)
    ends.send()
    come(ends, digest)
    with ends.centre.store.write() as tx:
        tx.put_cached(CachedFile(digest, "file", 1001, 1))
    released(ends, box)
    with ends.centre.store.read() as tx:
        assert tx.cached() == []


def test_a_recording_after_the_word_voids_it(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    released(ends, box)
    box.store.append("session.start", SessionStart("welder-1", "s-1", "page"))
    ends.send()
    assert reset(box, "--confirm", "box-1") == 2
    assert "1 records were made since the word of the centre (session.start)" in capsys.readouterr().err


def test_a_record_without_a_receipt_stays(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    released(ends, box)
    box.store.append("alarm", Alarm("camera.broken", {"camera": "room"}))
    assert reset(box, "--confirm", "box-1") == 2
    assert "1 records have no receipt" in capsys.readouterr().err


def test_another_box_is_not_meant(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    released(ends, box)
    assert reset(box, "--confirm", "box-2") == 2 and "this box is box-1" in capsys.readouterr().err
    assert reset(box) == 2


def test_a_box_that_runs_is_not_emptied(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    released(ends, box)
    with only_one(box.run_folder / "recorder.lock", "recorder"):
        assert reset(box, "--confirm", "box-1") == 2
    assert (box.folder / "keys").is_dir() and not wipe.begun(box.folder)


def test_a_word_that_another_boxs_chain_deserves_is_refused(ends: Ends) -> None:
    """Said by the centre of a chain that this box had before its database was set back."""
    first, second = ends.boxes
    with ends.centre.store.write() as tx:
        head = head_of(tx, "box-1")
        ends.centre.store.append(tx, BoxOrder("box-2", 1, "2099-01-01T00:00:00.000000Z", "release",
                                              release=WantedRelease(head.chain, head.up_to, head.head_hash, "wang")))
    ends.carry(second)
    (answer,) = second.store.records_of("order.answered")
    assert (answer.record.body["result"], answer.record.body["why"]) == ("refused", "other_chain")
    assert first.store.records_of("order.answered") == []


def test_a_chain_of_before_that_is_at_the_box_alone_keeps_it(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    alone = box.store.append("alarm", Alarm("camera.broken", {"camera": "room"}))
    box.store.begin_chain("set back")
    ends.send()
    assert word(ends, box) == 2 and "had 1 chains of records before that are not here" in capsys.readouterr().err
    take(ends, alone)
    released(ends, box)
    assert reset(box, "--confirm", "box-1") == 2
    assert "1 records of before its chain began anew have no receipt" in capsys.readouterr().err


def test_a_box_whose_chain_of_before_is_here_is_emptied(ends: Ends) -> None:
    box = ends.boxes[0]
    box.store.begin_chain("set back")
    ends.send()
    released(ends, box)
    assert reset(box, "--confirm", "box-1") == 0


def test_a_file_that_rotted_here_is_lacking(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    digest = record(box)
    ends.send()
    come(ends, digest)
    with ends.centre.store.write() as tx:
        tx.put_spoilt(Spoilt(digest, "rotten", 1, 1))
    assert word(ends, box) == 2 and "1 files of box-1 are not here" in capsys.readouterr().err
    with ends.centre.store.write() as tx:
        tx.forget_spoilt(digest)
    assert word(ends, box) == 0


def test_an_alarm_about_evidence_voids_the_word(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    released(ends, box)
    box.store.append("alarm", Alarm("centre.lost", {"seq": 1, "device": "box-1"}))
    ends.send()
    assert reset(box, "--confirm", "box-1") == 2
    assert "1 records were made since the word of the centre (alarm centre.lost)" in capsys.readouterr().err


def test_video_without_a_record_keeps_a_box(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    digest = record(box)
    ends.send()
    come(ends, digest)
    released(ends, box)
    left = [box.video / "journal" / "r-1.jsonl", box.video / "quarantine" / "r-2-0.mp4", box.segments / "r-3" / "0.mp4"]
    left[2].parent.mkdir()
    for path in left:
        path.write_bytes(b"video")
    assert reset(box, "--confirm", "box-1") == 2
    said = capsys.readouterr().err
    assert all(one in said for one in (
        "1 recordings were not finished", "1 files that no record names were put aside", "1 files among the video"))
    for path in left:
        path.unlink()
    assert reset(open_box(box.folder), "--confirm", "box-1") == 0


def test_a_video_disk_that_is_not_there_keeps_a_box(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """What lies on it unfinished is known to nobody."""
    box = ends.boxes[0]
    open_volume(box.video, "box-1", box.store, 0)
    ends.send()
    released(ends, box)
    (box.video / IDENTITY).unlink()
    assert reset(box, "--confirm", "box-1") != 0 and "is the disk mounted" in capsys.readouterr().err
    assert (box.folder / "keys").is_dir() and not wipe.begun(box.folder)


def test_no_word_while_a_class_is_open(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    for said in (SessionStart("welder-1", "s-1", "page"), SessionStart("welder-2", "s-2", "page")):
        box.store.append("session.start", said)
    ends.send()
    assert word(ends, box) == 2 and "a class is open at box-1" in capsys.readouterr().err
    box.store.append("session.end", SessionEnd("welder-2", "s-2", "page"))
    ends.send()
    assert word(ends, box) == 0, "another class's beginning ended the first"


def test_a_class_that_is_open_keeps_a_box(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """The centre's word came of a version that did not ask."""
    box = ends.boxes[0]
    box.store.append("session.start", SessionStart("welder-1", "s-1", "page"))
    ends.send()
    said_by_hand(ends)
    ends.carry(box)
    assert reset(box, "--confirm", "box-1") == 2 and "a class is open" in capsys.readouterr().err


def test_a_file_that_was_to_go_and_is_held_is_lacking(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    box = ends.boxes[0]
    digest = record(box, class_id="welder-1")
    (segment,) = map(body_of, (one.record for one in box.store.records_of("segment")))
    assert isinstance(segment, Segment)
    box.store.remove(segment, SegmentRemoved(digest, "R7: 2020-01-01", "storage"))
    ends.send()
    assert word(ends, box) == 0, "its time was over"
    place_hold(ends.centre.store, "welder-1", "court")
    with ends.centre.store.read() as tx:
        assert [len(files) for files in lacking(tx, "box-1", None).values()] == [1]
    hear(ends, box)
    said_by_hand(ends)
    ends.carry(box)
    assert reset(box, "--confirm", "box-1") == 2
    assert "a dispute or a hold keeps 1 video files" in capsys.readouterr().err


def test_faces_of_a_class_that_is_held_keep_a_box(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """They lie at the box alone, and so do the pictures behind its roll calls."""
    box = ends.boxes[0]
    released(ends, box)
    place_hold(ends.centre.store, "welder-1", "court")
    assert word(ends, box) == 2 and "a dispute or a hold stands (welder-1)" in capsys.readouterr().err
    hear(ends, box)
    assert reset(box, "--confirm", "box-1") == 2
    assert "a dispute or a hold of 1 classes keeps their faces" in capsys.readouterr().err
    lift_hold(ends.centre.store, "welder-1", "over", None)
    box = open_box(box.folder)
    ends.boxes[0] = box
    hear(ends, box)
    assert reset(box, "--confirm", "box-1") == 0


def test_a_file_that_is_on_record_and_not_there_is_lacking(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """A disk of the centre is away, or its files were set back: nobody read them since."""
    box = ends.boxes[0]
    some = [record(box, 0), record(box, 1), record(box, 2)]
    ends.send()
    come(ends, *some)
    ends.centre.objects.path(some[0]).unlink()
    ends.centre.objects.path(some[1]).write_bytes(FILE)
    assert word(ends, box) == 2 and "2 files of box-1 are not here" in capsys.readouterr().err
    with ends.centre.store.read() as tx:
        assert {one.sha256: one.what for one in tx.spoilt()} == {some[0]: "lost", some[1]: "rotten"}


def test_what_is_held_and_gone_for_good_is_not_lacking(ends: Ends) -> None:
    """The box says so when it is asked for the file."""
    toml = ends.boxes[0].folder / "box.toml"
    toml.write_text(toml.read_text() + 'segments = "http://127.0.0.1:9"\n')
    ends.boxes[0] = box = open_box(toml.parent)
    digest = record(box, class_id="welder-1")
    (segment,) = map(body_of, (one.record for one in box.store.records_of("segment")))
    assert isinstance(segment, Segment)
    box.store.remove(segment, SegmentRemoved(digest, "R7: 2020-01-01", "storage"))
    box.store.drop_garbage("first", segment.file)
    (box.segments / segment.file).unlink()
    ends.send()
    place_hold(ends.centre.store, "welder-1", "court")
    hear(ends, box)
    assert central(["order", "upload", "box-1", "--centre", str(ends.centre.folder)]) == 0
    ends.carry(box)
    with ends.centre.store.read() as tx:
        assert lacking(tx, "box-1", None) == {}


@pytest.mark.parametrize("kept", [None, Kept("li", "supervisor", "411202"), Kept("li", "administrator", None, True)])
def test_the_word_is_an_administrators(ends: Ends, kept: Kept | None, capsys: pytest.CaptureFixture[str]) -> None:
    with ends.centre.store.write() as tx:
        if kept is not None:
            tx.put_account(kept)
    assert word(ends, ends.boxes[0], "li") == 2
    assert "li is no account of an administrator" in capsys.readouterr().err


def test_a_power_cut_at_any_file_leaves_no_key_and_is_gone_on_with(
    ends: Ends, monkeypatch: pytest.MonkeyPatch,
) -> None:
    box = ends.boxes[0]
    ends.send()
    released(ends, box)
    removed: list[Path] = []
    whole = wipe._remove

    def cut(path: Path) -> None:
        if len(removed) == stop:
            raise KeyboardInterrupt
        removed.append(path)
        whole(path)

    monkeypatch.setattr(wipe, "_remove", cut)
    for stop in range(12):
        removed.clear()
        code = reset(box, "--confirm", "box-1")
        if code == 0:
            break
        assert code == 130 and wipe.begun(box.folder)
        assert stop == 0 or not (box.folder / "keys").exists()
    assert code == 0 and list(box.folder.iterdir()) == []


def test_a_box_that_is_being_emptied_records_nothing_more(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """The power failed behind the mark, and all else is there still: what a class recorded since would go with the next
    `reset`, which asks nothing."""
    box = ends.boxes[0]
    box.store.close()
    wipe.begin(box.folder, [])
    for words in (["process", "recorder"], ["process", "terminal"], ["run"]):
        assert edge(["--lang", "en", *words, "--box", str(box.folder)]) == 2
        assert "it is being emptied: say `zaitang-edge reset` again" in capsys.readouterr().err
    (box.folder / "keys" / "device.crt").unlink()
    with pytest.raises(BadBox):
        find_ground(box.folder)
    assert reset(box) == 0 and list(box.folder.iterdir()) == []


def test_a_second_disk_that_is_away_after_a_cut_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its video is as personal as that of the first. A cut at any step of it is gone on with."""
    box, second, away = tmp_path / "box", tmp_path / "second", tmp_path / "away"
    box.mkdir()
    (second / "segments").mkdir(parents=True)
    (second / IDENTITY).write_text("{}")
    wipe.begin(box, [second])
    second.rename(away)
    for there in (False, True):
        if there:
            second.mkdir()
        with pytest.raises(WrongVolume):
            wipe.finish(box)
        assert wipe.begun(box)
    second.rmdir()
    away.rename(second)
    whole = wipe._remove
    for name in ("segments", "incoming", IDENTITY):
        def cut(path: Path, name: str = name) -> None:
            if path == second / name:
                raise KeyboardInterrupt
            whole(path)
        monkeypatch.setattr(wipe, "_remove", cut)
        with pytest.raises(KeyboardInterrupt):
            wipe.finish(box)
    monkeypatch.setattr(wipe, "_remove", whole)
    wipe.finish(box)
    assert not list(box.iterdir()) and [path.name for path in second.iterdir()] == [IDENTITY], "no video"


@pytest.mark.parametrize("which", ["video", "second"])
def test_after_a_cut_no_disk_of_another_box_is_emptied(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Disks were exchanged before somebody said `reset` again, and the word was about neither."""
    box = tmp_path / "box"
    disk = {"video": box / "video", "second": tmp_path / "second"}[which]
    (disk / "segments").mkdir(parents=True)
    box.mkdir(exist_ok=True)
    (disk / IDENTITY).write_text('{"device": "box-1", "volume": "v-1"}')
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == disk)
    wipe.begin(box, [disk])
    (disk / IDENTITY).write_text('{"device": "box-2", "volume": "v-2"}')
    (disk / "segments" / "evidence.mp4").touch()
    with pytest.raises(WrongVolume):
        wipe.finish(box)
    assert (disk / "segments" / "evidence.mp4").exists() and wipe.begun(box)


def test_a_disk_of_the_video_that_is_away_after_a_cut_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    video = tmp_path / "box" / "video"
    (video / "segments").mkdir(parents=True)
    (video / IDENTITY).write_text("{}")
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == video)
    wipe.begin(tmp_path / "box", [video])
    away = video.rename(tmp_path / "away")
    video.mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: False)
    with pytest.raises(WrongVolume):
        wipe.finish(tmp_path / "box")
    assert (away / "segments").is_dir() and wipe.begun(tmp_path / "box")


def test_video_to_which_a_link_leads_goes_too(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (disk / "segments").mkdir(parents=True)
    (disk / IDENTITY).write_text("{}")
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "video").symlink_to(disk)
    wipe.begin(tmp_path / "box", [tmp_path / "box" / "video"])
    wipe.finish(tmp_path / "box")
    assert not list(disk.iterdir()) and not list((tmp_path / "box").iterdir())


def test_a_mount_point_is_emptied_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "box" / "video" / "segments").mkdir(parents=True)
    (tmp_path / "box" / "video" / IDENTITY).write_text("{}")
    (tmp_path / "second" / "segments").mkdir(parents=True)
    (tmp_path / "second" / IDENTITY).write_text("{}")
    (tmp_path / "second" / "photos").mkdir()
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "box" / "link").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "video")
    wipe.begin(tmp_path / "box", [tmp_path / "box" / "video", tmp_path / "second"])
    wipe.finish(tmp_path / "box")
    assert [path.name for path in (tmp_path / "box").iterdir()] == ["video"]
    assert not list((tmp_path / "box" / "video").iterdir())
    assert [path.name for path in (tmp_path / "second").iterdir()] == ["photos"], "no other's file goes"
    assert (tmp_path / "elsewhere").read_text() == "mine"


@pytest.mark.parametrize(("change", "said"), [
    ({}, []), ({"release": None}, ["no_word"]), ({"chain": "0" * 32}, ["other_chain"]), ({"over": True}, ["over"]),
    ({"since": ["order.answered", "alarm camera.broken"]}, []), ({"since": ["checkin", "alarm"]}, ["since"]),
    *(({"since": [f"alarm {code}"]}, ["since"]) for code in (
        "centre.lost", "segment.damaged", "segment.quarantined", "segment.lost", "storage.rotten",
        "centre.rolled_back", "centre.two_trees", "store.full", "upload.refused", "receipt.refused", "clock.set")),
    ({"waiting": 2, "over": True}, ["over", "waiting"]),
    ({"open": True}, ["open"]),
    *(({one: 1}, [one]) for one in ("past", "held", "faces", "unsealed", "aside", "unknown")),
])
def test_why_not(change: dict[str, object], said: list[str]) -> None:
    facts = {"chain": WORD.chain, "release": WORD, "over": False, "since": (), "waiting": 0, "past": 0, "held": 0,
             "faces": 0, "open": False, "unsealed": 0, "aside": 0, "unknown": 0, **change}
    assert [code for code, _ in refusals(Facts(**facts))] == said  # type: ignore[arg-type]


def test_the_word_is_about_a_record_of_ones_own() -> None:
    assert release_refusal(WORD, "c" * 64) == "" and release_refusal(WORD, "d" * 64) == "other_chain"
    assert release_refusal(WORD, None) == "other_chain"
