"""How well a pack identifies: rank-1, FNIR and FPIR of a gallery and probes, in the terms of ISO/IEC 19795-1."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from edge.vision.calibrate import Threshold
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from evidence.bodies import Candidate
from evidence.rollcall import identify


@dataclasses.dataclass(frozen=True)
class Identification:
    """Shares of probes. `rank1`: mated probes whose most similar person is right. `fnir`: mated probes that were not
    named rightly at the threshold. `fpir`: strangers' probes that were named as anybody. None without such probes."""

    rank1: float | None
    fnir: float | None
    fpir: float | None
    mated: int
    strangers: int


def evaluate_identify(
    pack: Pack, gallery: Gallery, probes: Mapping[str, list[np.ndarray | None]], threshold: Threshold
) -> Identification:
    """`probes`: descriptions (d,) by true person, None where no face was found (a mated one counts as not identified).
    People who are not in the gallery are strangers."""
    first: list[bool] = []
    named: list[bool] = []
    strangers: list[bool] = []
    for person, vectors in probes.items():
        for vector in vectors:
            best, second = (None, None) if vector is None else gallery.rank(vector)
            found = identify(best, second, threshold.ppm, pack.margin_ppm)
            if person in gallery.templates:
                first.append(_is(best, person))
                named.append(found == person)
            else:
                strangers.append(found is not None)
    return Identification(
        _share(first), None if not named else 1 - _share_of(named), _share(strangers), len(first), len(strangers)
    )


def _is(candidate: Candidate | None, person: str) -> bool:
    return candidate is not None and candidate.person == person


def _share(values: list[bool]) -> float | None:
    return _share_of(values) if values else None


def _share_of(values: list[bool]) -> float:
    return sum(values) / len(values)
