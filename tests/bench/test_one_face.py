"""How alike pictures of one person are: the frames that are taken, the sets that are mixed, the limit that is found."""
from __future__ import annotations

import numpy as np

from bench.one_face import extremes, least_ppm, mixed
from edge.enrol.same import odd_ones
from edge.vision.liveness import FaceMesh


def test_the_frames_of_an_enrolment_are_the_most_turned_ones() -> None:
    heads = [FaceMesh(yaw, pitch, 0.0) for yaw, pitch in ((20, 0), (1, 1), (-30, 2), (3, 25), (5, -12), (9, 3))]
    assert extremes(heads) == [1, 0, 2, 3, 4]
    assert extremes([FaceMesh(head.yaw_deg, None, 0.0) for head in heads]) == [1, 0, 2, 1, 1]


def test_mixed_sets_hold_three_of_one_and_two_of_another() -> None:
    sets = mixed({name: np.full((5, 1), at) for at, name in enumerate("abc")})
    assert len(sets) == 12 and all(sorted(np.unique(one, return_counts=True)[1]) == [2, 3] for one in sets)
    assert all(one[0] == np.bincount(one[:, 0]).argmax() for one in sets), "the front picture is the person's"


class Near:
    """A pack that compares as dlib's does."""

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.rint((1 - np.linalg.norm(others - vector, axis=1)) * 1e6).astype(np.int64)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.average(vectors, axis=0, weights=weights)


def test_the_least_likeness_is_the_highest_limit_that_is_passed() -> None:
    pack, rows = Near(), np.random.default_rng(3).normal(0, 0.03, (5, 128))
    least = least_ppm(pack, rows)  # type: ignore[arg-type]
    assert 0 < least < 1_000_000 and odd_ones(pack, rows, least) is None  # type: ignore[arg-type]
    assert odd_ones(pack, rows, least + 1) is not None  # type: ignore[arg-type]
