"""Identification counted by hand: misses, strangers, faces not found; the curve is one-way and meets the figures."""
from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.acceptance.identify import NEVER, POINTS, Search, curve, document, identification, searches
from edge.vision.calibrate import Threshold
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from evidence.bodies import Candidate
from tests.edge.vision.test_calibrate import at, gallery_of

T = Threshold(560_000, "manifest", 12)
SCORES = st.lists(st.one_of(st.just(NEVER), st.integers(-1_000_000, 1_000_000)), max_size=300)


def test_misses_strangers_and_faces_not_found_are_counted(builtin: Pack) -> None:
    gallery = gallery_of(builtin, 0.9)
    probes = {"p-00": [at(0.1), None, at(0.3, 0.45)], "p-01": [at(0.9)], "stranger": [at(-1.5), at(0.1)]}
    found = identification(gallery.people, searches(gallery, probes), T, builtin.margin_ppm)
    assert found.rank1 and found.fnir and found.fpir
    assert (found.rank1.hits, found.rank1.of, found.rank1.units) == (3, 4, 2)
    assert (found.fnir.value, found.fpir.value, found.no_face) == (0.5, 0.5, 1)
    assert (found.fpir.of, found.fpir.units) == (2, 1)


def test_a_face_between_two_people_is_nobody_at_any_threshold() -> None:
    near = Search("a", Candidate("a", 700_000), Candidate("b", 680_000))
    assert near.names_from(50_000) == NEVER and near.names_from(10_000) == 700_000
    assert Search("a", None, None).names_from(0) == NEVER
    wrong = Search("a", Candidate("b", 900_000), None)
    found = identification(["a", "b"], [near, wrong], T, 50_000)
    assert found.rank1 and found.fnir and (found.rank1.value, found.fnir.value, found.fpir) == (0.5, 1.0, None)


@given(SCORES, SCORES, st.integers(-1_000_000, 1_000_000))
def test_a_curve_goes_one_way_and_has_the_threshold(mated: list[int], strangers: list[int], threshold: int) -> None:
    points = curve(mated, strangers, threshold)
    assert 1 <= len(points) <= POINTS
    for one, after in itertools.pairwise(points):
        assert one.threshold_ppm < after.threshold_ppm
        assert not mated or one.fnir <= after.fnir
        assert not strangers or one.fpir >= after.fpir
    at_threshold = next(point for point in points if point.threshold_ppm == threshold)
    assert at_threshold.fnir == (sum(s < threshold for s in mated) / len(mated) if mated else None)
    assert at_threshold.fpir == (sum(s >= threshold for s in strangers) / len(strangers) if strangers else None)
    assert not mated or max(point.fnir for point in points) == 1
    assert not strangers or points[-1].fpir == 0 or threshold == points[-1].threshold_ppm


def test_the_document_holds_what_was_asked_for(builtin: Pack) -> None:
    gallery = Gallery(builtin, {"a": at(0.0)[None], "b": at(2.0)[None]})
    found = identification(gallery.people, searches(gallery, {"a": [at(0.1)], "x": [at(5.0)]}), T, 50_000)
    told = json.loads(json.dumps(document(found, "some")))
    assert (told["rank1"], told["fnir"], told["fpir"], told["threshold"]) == (1, 0, 0, 0.56)
    assert {"threshold", "fnir", "fpir"} == set(told["det"][0]) and told["fpir_expected"] is None
    assert told["counts"]["fnir"]["low"] == 0 and told["counts"]["fnir"]["high"] == pytest.approx(0.975)
    assert np.all(np.diff([point["threshold"] for point in told["det"]]) > 0)
