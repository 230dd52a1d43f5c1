"""An exported class holds exactly what the format says, or nothing is left behind."""
from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from central.classes.stories import Stories
from central.errors import (
    ClockNotSet,
    FolderNotEmpty,
    NothingToExport,
    SegmentFileChanged,
    SegmentsNotHere,
    UnknownClass,
)
from central.export import export_class
from central.signing import trust_clock
from central.tree.witnesses import take_cosignatures
from central.wiring import Centre
from evidence.bodies import Alarm, CheckpointSeen, Export, SegmentRemoved, SessionCorrected, SessionStart, body_of
from evidence.chain import check_chain
from evidence.checkpoint import cosign, seen_of
from evidence.notes import Note
from evidence.records import ClockState
from evidence.seal import KeySigner, read_sealed
from evidence.times import HOUR, SECOND, utc_text
from tests.central import helpers
from tests.central.helpers import MORNING, PLAN, SIMULATED, Box, FixedClock, segment_of
from tests.central.test_classes import add
from tests.evidence.test_checkpoint import EYE, WITNESS
from verify.cli import main, verify

VIDEO = [b"first segment", b"second segment"]


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    add(centre, tmp_path)
    made = Box(centre, clock=SIMULATED)
    made.genesis()
    made.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    for index, data in enumerate(VIDEO):
        made.append(segment_of(data, MORNING, 60, index), MORNING + 61_000_000 * (index + 1))
    centre.collector().take(made.messages())
    return made


def put(centre: Centre, *videos: bytes) -> None:
    for data in videos:
        helpers.put(centre, data)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_what_the_format_says(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, *VIDEO)
    folder = export_class(centre, "welder-1", tmp_path / "out").folder
    own = f"centre.{centre.store.chain}.jsonl"
    assert files(folder) == {
        "manifest.json", "root.pem", "policy.toml", f"chains/box-1.{box.chain}.jsonl", f"chains/{own}",
        f"receipts/box-1.{box.chain}.jsonl", "segments/box-1/r-1/000000.mp4", "segments/box-1/r-1/000001.mp4",
        "tree/8/checkpoint", f"tree/8/box-1.{box.chain}.3.tlog-proof",
        f"tree/8/centre.{centre.store.chain}.3.tlog-proof",
    }
    manifest = (folder / "manifest.json").read_bytes()
    export = body_of(read_sealed(manifest).record)
    assert isinstance(export, Export)
    assert (export.segments, export.as_of) == (2, box.sealed[-1].record.utc)
    lines = (folder / "chains" / own).read_bytes().splitlines()
    assert lines[-1] == manifest
    (head,) = export.heads
    sealed = [read_sealed(line) for line in (folder / f"chains/box-1.{box.chain}.jsonl").read_bytes().splitlines()]
    assert check_chain(sealed, centre.keys.root, "box", [head], closed=True).problems == ()


def test_an_export_holds_what_witnesses_and_boxes_saw_before(
    centre: Centre, box: Box, clock: FixedClock, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    put(centre, *VIDEO)
    first = centre.tree().issue(MORNING // SECOND)
    line = cosign(first.note.text, EYE, KeySigner(WITNESS), MORNING // SECOND + 60)
    take_cosignatures(centre.store, [EYE], Note(first.note.text, (line,)).bytes())
    box.append(Alarm("camera.silent", {}), MORNING + 10**9)
    centre.collector().take(box.messages())
    second = centre.tree().issue(MORNING // SECOND + 600)
    box.append(seen_of(second, centre.tree().key), MORNING + 2 * 10**9)
    clock.utc_us = MORNING + 700 * SECOND
    centre.collector().take(box.messages())
    folder = export_class(centre, "welder-1", tmp_path / "out").folder
    assert {"tree/7/consistency", f"tree/7/box-1.{box.chain}.3.tlog-proof", "tree/seen",
            f"tree/10/box-1.{box.chain}.5.tlog-proof"} <= files(folder)
    assert "tree/10/consistency" not in files(folder)
    assert main([str(folder), "--witness", EYE.text, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "a tree of 10 records that holds every chain of this export to its end" in said
    assert "The witness witness.example/w1 confirmed, 2026-03-02T00:31:00Z, that the tree of 7 records" in said
    assert "box-1 up to record 3, centre up to record 2" in said
    assert "Cannot tell whether the centre shows" not in said
    (folder / "tree" / "7" / "consistency").unlink()
    assert main([str(folder), "--witness", EYE.text, "--lang", "en"]) == 1


def test_without_a_time_server_a_class_is_exported_once_somebody_vouches_for_the_clock(
    centre: Centre, box: Box, clock: FixedClock, tmp_path: Path,
) -> None:
    put(centre, *VIDEO)
    clock.utc_us += 100 * HOUR
    clock.clock = ClockState(synced=False, max_error_us=16_000_000, source="kernel", rate=1)
    real = dataclasses.replace(centre, keys=dataclasses.replace(centre.keys, test=False))
    with pytest.raises(ClockNotSet, match="tree trust-clock"):
        export_class(real, "welder-1", tmp_path / "out")
    with centre.store.read() as tx:
        assert list(tx.of_type("export")) == [] and list(tmp_path.glob("*out*")) == []
    trust_clock(centre.store, clock.stamp())
    assert main([str(export_class(real, "welder-1", tmp_path / "out").folder)]) == 0


def test_a_box_that_names_a_tree_which_the_centre_never_signed_does_not_make_the_centre_accuse_itself(
    centre: Centre, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It came before the collector looked."""
    put(centre, *VIDEO)
    monkeypatch.setattr("central.ingest.collector.check_seen", lambda *_: None)
    for size in (2, 10**9):
        box.append(CheckpointSeen("zaitang/x", size, "0" * 64, utc_text(MORNING), "A" * 86 + "=="), MORNING + 10**9)
    centre.collector().take(box.messages())
    done = export_class(centre, "welder-1", tmp_path / "out")
    assert done.contradicted is None and "tree/seen" not in files(done.folder)
    assert main([str(done.folder)]) == 1, "an auditor is told of the box"


def test_two_exports_each_end_with_their_own_manifest(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, *VIDEO)
    for name in ("one", "two"):
        folder = export_class(centre, "welder-1", tmp_path / name).folder
        lines = (folder / "chains" / f"centre.{centre.store.chain}.jsonl").read_bytes().splitlines()
        assert lines[-1] == (folder / "manifest.json").read_bytes()
        assert json.loads(lines[-1])["payloadType"]


def test_a_segment_that_is_not_here_stops_the_export(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, VIDEO[0])
    with pytest.raises(SegmentsNotHere, match=r"1 of its segments have not reached the centre: r-1/000001\.mp4"):
        export_class(centre, "welder-1", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
    with centre.store.read() as tx:
        assert tx.of_type("export") == []


def test_a_segment_that_was_removed_by_a_record_is_left_out(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, VIDEO[0])
    box.append(SegmentRemoved(segment_of(VIDEO[1], MORNING, 60).sha256, "kept long enough", "office"), MORNING + 10**9)
    centre.collector().take(box.messages()[-1:])
    folder = export_class(centre, "welder-1", tmp_path / "out").folder
    assert "segments/box-1/r-1/000001.mp4" not in files(folder)


def test_a_changed_segment_file_stops_the_export(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, *VIDEO)
    path = centre.objects.path(segment_of(VIDEO[1], MORNING, 60).sha256)
    path.write_bytes(b"second segmenT")
    with pytest.raises(SegmentFileChanged, match=r"r-1/000001\.mp4 of box-1"):
        export_class(centre, "welder-1", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))


def test_a_box_that_another_one_replaced_keeps_what_it_recorded(centre: Centre, box: Box, tmp_path: Path) -> None:
    put(centre, *VIDEO)
    add(centre, tmp_path, PLAN.replace("box-1", "box-2"))
    other = Box(centre, "box-2", "cd" * 16, SIMULATED)
    other.genesis()
    centre.collector().take(other.messages())
    told = Stories(centre.store, centre.clock).tell("welder-1")
    assert [fact.ref[0] for fact in told.story.segments] == ["box-1", "box-1"]
    folder = export_class(centre, "welder-1", tmp_path / "out").folder
    assert {"segments/box-1/r-1/000000.mp4", f"chains/box-2.{other.chain}.jsonl"} <= files(folder)


def test_what_cannot_be_exported_says_so(centre: Centre, tmp_path: Path) -> None:
    with pytest.raises(UnknownClass):
        export_class(centre, "welder-1", tmp_path / "out")
    add(centre, tmp_path)
    with pytest.raises(NothingToExport):
        export_class(centre, "welder-1", tmp_path / "out")
    (tmp_path / "out").mkdir()
    with pytest.raises(FolderNotEmpty):
        export_class(centre, "welder-1", tmp_path / "out")


def test_video_of_a_class_that_was_put_right_goes_with_the_right_class(
    centre: Centre, box: Box, tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    add(centre, tmp_path / "other", PLAN.replace("welder-1", "welder-2").replace("2026-03-02", "2026-03-03"))
    box.append(SessionCorrected("welder-2", "welder-1", "s-1", "wrong button", "page"), MORNING + 300_000_000)
    centre.collector().take(box.messages()[-1:])
    put(centre, *VIDEO)
    right, wrong = (export_class(centre, name, tmp_path / name).folder for name in ("welder-2", "welder-1"))
    assert len([name for name in files(right) if name.startswith("segments/")]) == 2
    assert not [name for name in files(wrong) if name.startswith("segments/")]
    for folder in (right, wrong):
        assert verify(folder, None, "en").problems == ()
