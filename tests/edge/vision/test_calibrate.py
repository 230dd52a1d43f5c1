"""Calibration and evaluation: from enough people on the threshold is theirs; strangers and misses are counted."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edge.cli import main
from edge.vision.calibrate import Threshold, calibrate
from edge.vision.evaluate import evaluate_identify
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack


def at(*coordinates: float) -> np.ndarray:
    """A description in a plane, as far from others as the coordinates say."""
    return np.array([*coordinates] + [0.0] * (128 - len(coordinates)), np.float32)


def gallery_of(pack: Pack, step: float, people: int = 12) -> Gallery:
    return Gallery(pack, {f"p-{n:02}": at(n * step)[None] for n in range(people)})


def test_few_people_leave_the_threshold_of_the_manifest(builtin: Pack) -> None:
    assert calibrate(builtin, gallery_of(builtin, 0.4, 9)) == Threshold(builtin.threshold_ppm, "manifest", 9)


def test_many_people_set_the_threshold_above_their_likeness(builtin: Pack) -> None:
    rules = builtin.manifest.calibration
    assert calibrate(builtin, gallery_of(builtin, 0.4)).ppm == 600_000
    assert calibrate(builtin, gallery_of(builtin, 0.1)).ppm == rules.high_ppm
    assert calibrate(builtin, gallery_of(builtin, 0.9)) == Threshold(rules.low_ppm, "gallery", 12)


def test_a_gallery_scores_each_person_by_the_best_of_photos_and_their_mean(builtin: Pack) -> None:
    gallery = Gallery(builtin, {"a": np.stack([at(0.0), at(0.4)]), "b": at(2.0)[None]})
    best, second = gallery.rank(at(0.2))
    assert (best.person, best.score_ppm) == ("a", 1_000_000) and (second.person, second.score_ppm) == ("b", -800_000)
    assert Gallery(builtin, {}).rank(at(0.0)) == (None, None)


def test_evaluation_counts_misses_strangers_and_faces_not_found(builtin: Pack) -> None:
    gallery = gallery_of(builtin, 0.9)
    probes = {"p-00": [at(0.1), None, at(0.3, 0.45)], "p-01": [at(0.9)], "stranger": [at(-1.5), at(0.1)]}
    result = evaluate_identify(builtin, gallery, probes, Threshold(560_000, "manifest", 12))
    assert (result.mated, result.strangers) == (4, 2)
    assert (result.rank1, result.fnir, result.fpir) == (0.75, 0.5, 0.5)


def test_evaluate_identify_on_a_real_set(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZAITANG_MODEL_MIRROR", str(shared / "models"))
    monkeypatch.setenv("ZAITANG_MODEL_CACHE", str(tmp_path / "models"))
    gallery, probes = tmp_path / "gallery", tmp_path / "probes"
    people = sorted((shared / "data" / "faces" / "lfw").iterdir())[:20]
    for number, person in enumerate(people):
        photos = sorted(person.iterdir())
        for folder, chosen in ((gallery, photos[:2] if number < 14 else []), (probes, photos[2:4])):
            for photo in chosen:
                (folder / person.name).mkdir(parents=True, exist_ok=True)
                (folder / person.name / photo.name).symlink_to(photo)
    out = tmp_path / "out.json"
    assert main(["evaluate", "identify", "--gallery", str(gallery), "--probes", str(probes), "--pack", "lab",
                 "--json", str(out)]) == 0
    result = json.loads(out.read_text())
    assert result["rank1"] == 1 and result["fnir"] <= 0.05 and result["fpir"] <= 0.1
    assert result["threshold_from"] == "gallery" and 0.36 <= result["threshold"] <= 0.52
