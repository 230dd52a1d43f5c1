"""Calibration: from enough people on the threshold is theirs, and holds the wanted FPIR among people like them."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from bench.figures.identify import described
from bench.figures.splits import Case, outcome
from edge.vision.calibrate import FPIR_PPM, Threshold, calibrate, impostor_scores
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack


def at(*coordinates: float) -> np.ndarray:
    """A description in a plane, as far from others as the coordinates say."""
    return np.array([*coordinates] + [0.0] * (128 - len(coordinates)), np.float32)


def gallery_of(pack: Pack, step: float, people: int = 12) -> Gallery:
    return Gallery(pack, {f"p-{n:02}": at(n * step)[None] for n in range(people)})


def test_few_people_leave_the_threshold_of_the_manifest(builtin: Pack) -> None:
    assert calibrate(builtin, gallery_of(builtin, 0.4, 9)) == Threshold(builtin.threshold_ppm, "manifest", 9)


def crowd(people: int, spread: float, seed: int = 1) -> dict[str, np.ndarray]:
    """People at random places, two photos of each near to each other."""
    rng = np.random.default_rng(seed)
    places = rng.normal(0, spread / 128**0.5, (people, 128))
    return {f"p-{n:03}": np.float32(place + rng.normal(0, 0.01, (2, 128))) for n, place in enumerate(places)}


def test_many_people_set_the_threshold_inside_the_manifests_range(builtin: Pack) -> None:
    rules = builtin.manifest.calibration
    far, near = (calibrate(builtin, Gallery(builtin, crowd(40, spread))) for spread in (2.0, 0.1))
    assert (far.ppm, far.source, far.people) == (rules.low_ppm, "gallery", 40) and far.passes(FPIR_PPM)
    assert near.ppm == rules.high_ppm and not near.passes(FPIR_PPM), "all alike: nothing inside the range helps"


def test_a_threshold_holds_its_rate_among_people_like_the_enrolled(builtin: Pack) -> None:
    people = crowd(2060, 0.32)
    gallery = Gallery(builtin, dict(list(people.items())[:60]))
    threshold = calibrate(builtin, gallery)
    rules = builtin.manifest.calibration
    assert rules.low_ppm < threshold.ppm < rules.high_ppm
    assert threshold.fpir_ppm is not None and 9_000 <= threshold.fpir_ppm <= 10_000 and threshold.passes(10_000)
    assert not threshold.passes(5_000)
    strangers = [gallery.scores(vectors[0]).max() >= threshold.ppm for vectors in list(people.values())[60:]]
    assert np.mean(strangers) <= 0.02
    stricter = calibrate(builtin, gallery, 1_000)
    assert stricter.ppm > threshold.ppm


def test_one_person_under_two_names_hardly_moves_the_threshold(builtin: Pack) -> None:
    people = crowd(20, 0.32)
    twice = {**people, "p-999": people["p-000"] + np.float32(0.001)}
    alone, doubled = (calibrate(builtin, Gallery(builtin, each)).ppm for each in (people, twice))
    assert abs(doubled - alone) < 30_000


def test_the_rise_at_which_strangers_get_e_times_rarer_is_that_of_the_tail(builtin: Pack) -> None:
    people = crowd(2060, 0.32)
    gallery = Gallery(builtin, dict(list(people.items())[:60]))
    one, rarer = calibrate(builtin, gallery, 50_000), calibrate(builtin, gallery, 10_000)
    assert one.rise_ppm == rarer.rise_ppm
    assert rarer.ppm - one.ppm == pytest.approx(math.log(5) * (one.rise_ppm or 0), rel=0.1)
    assert calibrate(builtin, gallery_of(builtin, 0.4, 9)).rise_ppm is None, "too few to tell"


def test_one_person_under_two_names_does_not_shut_everybody_out_of_a_block(builtin: Pack) -> None:
    people = crowd(10, 0.32)
    twice = {**people, "p-999": people["p-000"] + np.float32(0.001)}
    rules = builtin.manifest.calibration
    rise = calibrate(builtin, Gallery(builtin, twice)).rise_ppm
    assert rise is not None and rise <= (rules.high_ppm - rules.low_ppm) / 4


def test_what_the_manifest_gave_passes_no_policy(builtin: Pack) -> None:
    assert not Threshold(560_000, "manifest", 9).passes(1_000_000)
    assert Threshold(560_000, "gallery", 12, 1000).passes(1000)


def test_impostor_scores_leave_everybody_out_of_their_own(builtin: Pack) -> None:
    gallery = Gallery(builtin, {"a": np.stack([at(0.0), at(0.4)]), "b": at(1.0)[None], "c": at(2.0)[None]})
    assert sorted(impostor_scores(gallery)) == [-1_000_000, -600_000, -600_000, 0, 0, 0, 400_000, 400_000]


def test_a_gallery_scores_each_person_by_the_best_of_photos_and_their_mean(builtin: Pack) -> None:
    gallery = Gallery(builtin, {"a": np.stack([at(0.0), at(0.4)]), "b": at(2.0)[None]})
    best, second = gallery.rank(at(0.2))
    assert (best.person, best.score_ppm) == ("a", 1_000_000) and (second.person, second.score_ppm) == ("b", -800_000)
    assert Gallery(builtin, {}).rank(at(0.0)) == (None, None)


@pytest.mark.long
def test_the_threshold_of_a_gallery_alone_holds_on_a_real_set(lab: Pack, shared: Path) -> None:
    people = described(lab, shared / "data" / "faces" / "casia")
    case = Case("Chinese", 12, 2, 0.10, 0.015)
    made = [outcome(lab, case, people, {}, seed) for seed in range(20)]
    rules = lab.manifest.calibration
    assert all(rules.low_ppm <= one.threshold * 1e6 <= rules.high_ppm for one in made)
    assert np.median([one.fnir for one in made]) <= case.fnir and np.mean([one.fnir for one in made]) <= case.fnir
    assert np.median([one.fpir for one in made]) <= case.fpir and np.mean([one.fpir for one in made]) <= case.fpir
