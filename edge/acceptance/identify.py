"""How well a pack identifies people: rank-1, FNIR, FPIR and their trade-off, in the terms of ISO/IEC 19795-1. Pure.

A search is *mated* when its person is in the gallery, else it is a *stranger's*. FNIR: mated searches that do not name
their person. FPIR: strangers' searches that name anybody. A face that is not found names nobody.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from edge.acceptance.shares import Share, share
from edge.vision.calibrate import Threshold
from edge.vision.gallery import Gallery
from evidence.bodies import Candidate
from evidence.rollcall import identify

POINTS = 200
"""A curve has at most so many points."""
NEVER = -2_000_000
"""Below every score: this search names nobody, or not its person, at any threshold."""


@dataclasses.dataclass(frozen=True)
class Search:
    """One probe of `person`. `best` and `second`: whom it resembles most; both None when no face was found."""

    person: str
    best: Candidate | None
    second: Candidate | None

    def names_from(self, margin_ppm: int) -> int:
        """The highest threshold in ppm at which it still names `best`; NEVER without the margin to `second`."""
        if self.best is None or identify(self.best, self.second, self.best.score_ppm, margin_ppm) is None:
            return NEVER
        return self.best.score_ppm


@dataclasses.dataclass(frozen=True)
class Point:
    """FNIR and FPIR at one threshold in ppm; None where there are no such searches."""

    threshold_ppm: int
    fnir: float | None
    fpir: float | None


@dataclasses.dataclass(frozen=True)
class Identification:
    """What was measured. `rank1`: mated searches whose most similar person is the right one. `no_face`: searches of
    either kind in which no face was found. `det`: the trade-off over all thresholds, from low to high."""

    threshold: Threshold
    rank1: Share | None
    fnir: Share | None
    fpir: Share | None
    no_face: int
    det: tuple[Point, ...]


def searches(gallery: Gallery, probes: Mapping[str, Sequence[np.ndarray | None]]) -> list[Search]:
    """One search for each description (d,) in `probes`, which are by true person; None where no face was found."""
    return [
        Search(person, *((None, None) if vector is None else gallery.rank(vector)))
        for person, vectors in probes.items() for vector in vectors
    ]


def identification(
    people: Iterable[str], made: Sequence[Search], threshold: Threshold, margin_ppm: int
) -> Identification:
    """Count searches over a gallery of `people`; whoever else a probe shows is a stranger."""
    enrolled = set(people)
    mated = [search for search in made if search.person in enrolled]
    strangers = [search for search in made if search.person not in enrolled]
    from_mated = {id(search): search.names_from(margin_ppm) if _right(search) else NEVER for search in mated}
    from_strangers = {id(search): search.names_from(margin_ppm) for search in strangers}
    return Identification(
        threshold,
        rank1=_share(mated, _right),
        fnir=_share(mated, lambda search: from_mated[id(search)] < threshold.ppm),
        fpir=_share(strangers, lambda search: from_strangers[id(search)] >= threshold.ppm),
        no_face=sum(search.best is None for search in made),
        det=curve(list(from_mated.values()), list(from_strangers.values()), threshold.ppm),
    )


def curve(mated: Sequence[int], strangers: Sequence[int], threshold_ppm: int) -> tuple[Point, ...]:
    """The trade-off: a point wherever something changes, thinned evenly to POINTS, and one at the threshold.

    `mated`, `strangers`: for each search the highest threshold in ppm at which it names its person, or anybody.
    """
    steps = np.unique([score for score in (*mated, *strangers) if score != NEVER])
    if len(steps) > POINTS - 2:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, POINTS - 2).round().astype(int))]
    # One above the highest: there nobody is named any more.
    levels = sorted({int(step) for step in steps} | {int(steps[-1]) + 1 if len(steps) else 0, threshold_ppm})
    above, below = np.sort(np.asarray(strangers)), np.sort(np.asarray(mated))
    return tuple(
        Point(
            level,
            int(np.searchsorted(below, level)) / len(below) if len(below) else None,
            (len(above) - int(np.searchsorted(above, level))) / len(above) if len(above) else None,
        )
        for level in levels
    )


def document(found: Identification, pack: str) -> dict[str, Any]:
    """What `--json` holds. Shares and thresholds between 0 and 1; each share with its interval and counts."""
    threshold = found.threshold
    counted = {"rank1": found.rank1, "fnir": found.fnir, "fpir": found.fpir}
    return {
        **{name: part and part.value for name, part in counted.items()},
        "threshold": threshold.ppm / 1e6,
        "threshold_from": threshold.source,
        "pack": pack,
        "people": threshold.people,
        "fpir_expected": None if threshold.fpir_ppm is None else threshold.fpir_ppm / 1e6,
        "no_face": found.no_face,
        "counts": {name: part and counts(part) for name, part in counted.items()},
        "det": [{"threshold": point.threshold_ppm / 1e6, "fnir": point.fnir, "fpir": point.fpir}
                for point in found.det],
    }


def counts(part: Share) -> dict[str, Any]:
    """A share as numbers of a document: its counts, the people or clips behind it, its interval of 95 %."""
    return {"hits": part.hits, "of": part.of, "units": part.units, "low": round(part.low, 6),
            "high": round(part.high, 6), "few": part.few}


def _right(search: Search) -> bool:
    return search.best is not None and search.best.person == search.person


def _share(made: Sequence[Search], hit: Any) -> Share | None:
    groups: dict[str, list[int]] = {}
    for search in made:
        group = groups.setdefault(search.person, [0, 0])
        group[0] += bool(hit(search))
        group[1] += 1
    return share((hits, of) for hits, of in groups.values())
