"""The figures `packs`: an answer is held against who is there, and a goal that is not reached is told."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import pytest

from bench.figures import packs
from bench.figures.packs import Clip, Outcome, held, measure, missed, table
from bench.harness import Skipped
from tests.edge.rollcall.classroom import Head, write_class
from tests.edge.rollcall.marked import MarkedPack, head

FOUR = frozenset({"1", "2", "3", "4"})
CLIP = Clip("some", Path("some.mp4"), Path("some"), FOUR, 6, recall=0.75, heads=2, told=True)
GOOD = Outcome("some", "lab", "gallery", 420_000, 6, 6, 4, 3, 0, 3, 0, 5, 6, 1.25, 40.0, 450_000, 9_000, True)


def test_an_answer_is_held_against_who_is_there() -> None:
    answer = {"present": [{"trainee": "1"}, {"trainee": "x"}], "not_identifiable": ["2"], "covered": ["y"],
              "absent": ["3", "z"], "headcount": 5}
    assert held(answer, FOUR) == {"there": 4, "right": 1, "wrong": 1, "unsure": 2, "absent": 1}


@pytest.mark.parametrize(("changed", "told"), [
    ({}, []),
    ({"wrong": 1, "unsure": 2}, ["1 named wrongly"]),
    ({"right": 2, "unsure": 4}, ["recall 0.50 of 0.75"]),
    ({"headcount": 3}, ["headcount off by 3, allowed 2"]),
    ({"headcount": 9}, ["headcount off by 3, allowed 2"]),
    ({"unsure": 1, "absent": 1}, ["2 not told as not identifiable"]),
])
def test_what_of_a_goal_is_not_reached_is_told(changed: dict[str, int], told: list[str]) -> None:
    assert missed(CLIP, dataclasses.replace(GOOD, **changed)) == told


def test_without_a_goal_for_it_nothing_else_is_asked_than_that_nobody_is_named_wrongly() -> None:
    free = Clip("some", CLIP.video, CLIP.gallery, frozenset(), 14)
    nobody = dataclasses.replace(GOOD, there=0, right=0, unsure=0, headcount=0)
    assert missed(free, nobody) == [] and missed(free, dataclasses.replace(nobody, wrong=2)) == ["2 named wrongly"]


def test_the_table_says_what_was_reached_and_what_the_check_in_would_do() -> None:
    bad = dataclasses.replace(GOOD, pack="builtin", wrong=1, door_fpir_ppm=None, admitted=False)
    lines = table([CLIP], [GOOD, bad, dataclasses.replace(bad, source="manifest")])
    assert lines[2].endswith("| 6 | 4 | 3 · 0 | 0.75 | 3 | 0 | 5 (6) | 1.2 (40) | met |")
    assert lines[3].startswith("| some | `builtin` | 0.420, gallery |") and "missed: 1 named wrongly" in lines[3]
    assert len({line.count("|") for line in lines[:5]}) == 1 and len(lines) == 7
    assert "lab: threshold 0.450, by the gallery 0.90 % of strangers pass: taken" in lines[5]
    assert "builtin: threshold 0.450, by the gallery nobody can tell: refused" in lines[6]


def test_a_clip_is_answered_at_the_threshold_of_its_people_and_at_that_of_the_manifest(tmp_path: Path) -> None:
    seated = [Head(head(mark), 10 + 150 * (mark % 3), 20 + 130 * (mark // 3), 110) for mark in (0, 1, 2, 4, 40)]
    seated[-1] = dataclasses.replace(seated[-1], x=310, y=150)
    write_class(tmp_path / "class.mp4", seated, 8, (480, 272))
    photos = tmp_path / "photos"
    photos.mkdir()
    for mark in range(12):
        cv2.imwrite(f"{photos}/p-{mark}.png", head(mark))
    (photos / "broken.jpg").write_bytes(b"no picture")
    there = frozenset({"p-0", "p-1", "p-2", "p-4"})
    clip = Clip("class", tmp_path / "class.mp4", photos, there, 5, recall=1.0, heads=0)
    own, manifest = packs._both(MarkedPack(), clip)
    assert (own.source, manifest.source, manifest.threshold_ppm) == ("gallery", "manifest", 600_000)
    for one in (own, manifest):
        assert missed(clip, one) == [] and (one.enrolled, one.usable, one.right, one.wrong) == (13, 12, 4, 0)
        assert one.headcount == 5 and one.video_s == pytest.approx(8, abs=0.5) and one.cpu_s > 0


def test_without_the_clips_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("ZAITANG_SHARED", str(tmp_path))
    with pytest.raises(Skipped):
        measure(tmp_path)
