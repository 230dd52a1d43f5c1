"""What the figures `courses` measure of a pack: the videos with smaller faces are what they say."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bench.figures import rates
from bench.figures.rates import EVERY_US, Measured, Remembering, measure, smaller
from bench.harness import Skipped
from bench.inputs import lab_files, shared
from edge.enrol.photos import describe_photos, photo_files
from edge.rollcall.analyse import analyse
from edge.rollcall.frames import frames, pictures, plan_frames
from edge.vision.gallery import Gallery
from edge.vision.onnx_pack import OnnxPack
from tests.edge.rollcall.classroom import Head, write_class
from tests.edge.rollcall.marked import MarkedPack, head, vector


def test_a_shrunk_video_has_the_same_people_half_as_large(tmp_path: Path) -> None:
    write_class(tmp_path / "class.mp4", [Head(head(1), 10, 20, 140), Head(head(2), 220, 60, 140, 4)], 8, (480, 272))
    small = smaller(tmp_path / "class.mp4", tmp_path / "small.mp4", 0.5)
    pack, found = MarkedPack(), []
    for path in (tmp_path / "class.mp4", small):
        shown = [pack.detect(bgr) for _, bgr in frames(path, EVERY_US, plan_frames(path, EVERY_US))]
        found.append(([len(faces) for faces in shown], shown[-1][0].width_px))
    (before, wide), (after, narrow) = found
    assert before == after == [1, 1, 2, 2] and narrow == pytest.approx(wide / 2, abs=2)
    last = list(frames(small, EVERY_US, plan_frames(small, EVERY_US)))[-1][1]
    assert {pack.embed(last, face).tobytes() for face in pack.detect(last)} == {vector(n).tobytes() for n in (1, 2)}
    assert last.shape == (272, 480, 3)


def test_without_the_test_data_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("ZAITANG_SHARED", str(tmp_path))
    with pytest.raises(Skipped):
        measure(tmp_path)


@pytest.mark.long
def test_a_pack_that_remembers_says_what_it_would_say_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        files, clip = lab_files(tmp_path), shared() / "data" / "rollcall" / "near"
    except Skipped as why:
        pytest.skip(str(why))
    pack, remembering = OnnxPack(*files, only_faces=True), Remembering(*files)
    photos = photo_files(clip / "enrolment")
    people = describe_photos(pack, {name: photos[name][:1] for name in sorted(photos)[:4]}, strict=False).templates
    gallery = Gallery(pack, people)
    seen = list(pictures(clip / "class.mp4", plan_frames(clip / "class.mp4", 10_000_000)))[:2]
    anew, first = (dataclasses.replace(analyse(seen, gallery, one, 400_000), crops=()) for one in (pack, remembering))
    for name in ("detect", "people", "embed"):
        monkeypatch.delattr(OnnxPack, name)
    again = dataclasses.replace(analyse(seen, gallery, remembering, 400_000), crops=())
    assert anew == first == again and len(anew.tracks) > 4


def test_clips_of_one_kind_are_added_up_by_threshold() -> None:
    def one(fpir_ppm: int, named: int, wrong: int) -> Measured:
        return Measured("made", 38, fpir_ppm, 16, named, 0, 4, 3, 24, wrong, 6, -1, 10)

    whole = rates._whole([[one(1, 15, 0), one(2, 16, 1)], [one(1, 12, 0), one(2, 13, 2)]])
    told = [(found.fpir_ppm, found.there, found.named, found.wrong) for found in whole]
    assert told == [(1, 32, 27, 0), (2, 32, 29, 3)]
    assert {(found.clip, found.face_px, found.heads, found.in_view) for found in whole} == {("made", 38, -2, 20)}
