"""A box is emptied by its centre's word alone: two real ends, what is refused and why, and a kill at each file."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from central.cli import main as central
from edge.child import only_one
from edge.cli import main as edge
from edge.reset import wipe
from edge.reset.judge import Facts, refusals
from edge.wiring import Box, open_box
from evidence.bodies import Segment, SessionStart
from evidence.box_orders import WantedRelease, release_refusal
from tests.contract.test_erasure import Ends

WORD = WantedRelease("ab" * 16, 7, "c" * 64, "wang")
FILE = b"\0" * 1000


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    return Ends(tmp_path)


def released(ends: Ends, box: Box) -> None:
    """The word is said, and comes to the box."""
    assert central(["--lang", "en", "order", "release", box.config.device, "--by", "wang", "--centre",
                    str(ends.centre.folder)]) == 0
    ends.carry(box)


def reset(box: Box, *more: str) -> int:
    box.store.close()
    return edge(["--lang", "en", "reset", "--box", str(box.folder), *more])


def record(box: Box, number: int = 0) -> str:
    """A file, as the recorder leaves it; its hash."""
    from hashlib import sha256
    path = box.segments / f"r-{number}" / "0.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(FILE + bytes([number]))
    digest = sha256(path.read_bytes()).hexdigest()
    box.store.append("segment", Segment(
        None, None, "room", f"r-{number}", 0, f"r-{number}/0.mp4", len(FILE) + 1, digest, "h264", 64, 48, 10, 5, 0,
        5_000_000, 1, 2, 500_000, (), False, "start", "end"))
    return digest


def come(ends: Ends, *hashes: str) -> None:
    """The files are at the centre, too."""
    with ends.centre.store.write() as tx:
        for one in hashes:
            tx.mark_stored(one, 1)


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
    assert central(["--lang", "en", "order", "release", "box-1", "--by", "wang", "--centre",
                    str(ends.centre.folder)]) == 2
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
    from evidence.bodies import Alarm
    box = ends.boxes[0]
    released(ends, box)
    box.store.append("alarm", Alarm("camera.lost", {"camera": "room"}))
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
        from central.orders.boxes import head_of
        from evidence.box_orders import BoxOrder
        head = head_of(tx, "box-1")
        ends.centre.store.append(tx, BoxOrder("box-2", 1, "2099-01-01T00:00:00.000000Z", "release",
                                              release=WantedRelease(head.chain, head.up_to, head.head_hash, "wang")))
    ends.carry(second)
    (answer,) = second.store.records_of("order.answered")
    assert (answer.record.body["result"], answer.record.body["why"]) == ("refused", "other_chain")
    assert first.store.records_of("order.answered") == []


def test_a_power_cut_at_any_file_leaves_no_key_and_is_gone_on_with(
    ends: Ends, monkeypatch: pytest.MonkeyPatch,
) -> None:
    box = ends.boxes[0]
    ends.send()
    released(ends, box)
    removed, whole = [], wipe._remove

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


def test_a_mount_point_is_emptied_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "box" / "video" / "segments").mkdir(parents=True)
    (tmp_path / "second" / "segments").mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "box" / "link").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "video")
    wipe.begin(tmp_path / "box", [tmp_path / "second"])
    wipe.finish(tmp_path / "box")
    assert [path.name for path in (tmp_path / "box").iterdir()] == ["video"]
    assert not list((tmp_path / "box" / "video").iterdir()) and not list((tmp_path / "second").iterdir())
    assert (tmp_path / "elsewhere").read_text() == "mine"


@pytest.mark.parametrize(("change", "said"), [
    ({}, []), ({"release": None}, ["no_word"]), ({"chain": "0" * 32}, ["other_chain"]), ({"over": True}, ["over"]),
    ({"since": ["order.answered", "alarm"]}, []), ({"since": ["checkin", "alarm"]}, ["since"]),
    ({"waiting": 2, "over": True}, ["over", "waiting"]),
])
def test_why_not(change: dict[str, object], said: list[str]) -> None:
    facts = {"chain": WORD.chain, "release": WORD, "over": False, "since": (), "waiting": 0, **change}
    assert [code for code, _ in refusals(Facts(**facts))] == said  # type: ignore[arg-type]


def test_the_word_is_about_a_record_of_ones_own() -> None:
    assert release_refusal(WORD, "c" * 64) == "" and release_refusal(WORD, "d" * 64) == "other_chain"
    assert release_refusal(WORD, None) == "other_chain"
