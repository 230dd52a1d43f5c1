"""Random galleries cut out of one set of described photos, and what many of them show together. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from edge.acceptance.identify import identification, searches
from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack

Described = Mapping[str, Sequence[np.ndarray | None]]
"""Descriptions (d,) of each person's photos; None where no face was found."""
RESAMPLES = 2000


@dataclasses.dataclass(frozen=True)
class Case:
    """`enrolled` people with `photos` photos each, drawn anew for each split; the other photos are probes, the other
    people strangers. `fnir`, `fpir`: what is wanted of it."""

    name: str
    enrolled: int
    photos: int
    fnir: float
    fpir: float


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One split: the threshold, the shares measured, the FPIR that the gallery alone expects (None: cannot tell)."""

    threshold: float
    rank1: float
    fnir: float
    fpir: float
    expected: float | None


def outcome(pack: Pack, case: Case, people: Described, strangers: Described, seed: int) -> Outcome:
    """Enrol, calibrate from the gallery alone, search with everything else."""
    gallery, probes = split(case, people, np.random.default_rng(seed))
    enrolled = Gallery(pack, gallery)
    threshold = calibrate(pack, enrolled)
    # No two sets hold the same person, so a name may stand in both.
    everybody = {**probes, **{f"stranger {name}": vectors for name, vectors in strangers.items()}}
    found = identification(enrolled.people, searches(enrolled, everybody), threshold, pack.margin_ppm)
    assert found.rank1 and found.fnir and found.fpir
    expected = None if threshold.fpir_ppm is None else threshold.fpir_ppm / 1e6
    return Outcome(threshold.ppm / 1e6, found.rank1.value, found.fnir.value, found.fpir.value, expected)


def split(
    case: Case, people: Described, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, list[np.ndarray | None]]]:
    """(gallery of descriptions (photos, d), probes by person). Only photos with a face are enrolled, as a terminal
    would; the others stay probes."""
    names = sorted(people)
    gallery: dict[str, np.ndarray] = {}
    probes: dict[str, list[np.ndarray | None]] = {}
    for place, index in enumerate(rng.permutation(len(names))):
        name = names[index]
        good = [vector for vector in people[name] if vector is not None]
        order = rng.permutation(len(good))
        taken = case.photos if place < case.enrolled else 0
        if taken:
            gallery[name] = np.stack([good[at] for at in order[:taken]])
        blind = len(people[name]) - len(good)
        probes[name] = [*(good[at] for at in order[taken:]), *[None] * blind]
    return gallery, probes


def middle(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, and the range that holds nine of ten splits."""
    return tuple(float(one) for one in np.quantile(values, [0.5, 0.05, 0.95]))  # type: ignore[return-value]


def mean(values: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """Mean, and its interval of 95 % by bootstrap over splits."""
    drawn = np.random.default_rng(seed).choice(np.asarray(values), (RESAMPLES, len(values)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(np.mean(values)), float(low), float(high)


def held(case: Case, outcomes: Sequence[Outcome]) -> int:
    """In how many splits both wishes came true."""
    return sum(one.fnir <= case.fnir and one.fpir <= case.fpir for one in outcomes)
