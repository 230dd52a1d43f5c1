"""Searches everybody enrolled on this box for a new face: one face must not stand under two names.

The same person in another class of this box has another pseudonym but the same name, and is no finding; nor is a
namesake there with another face.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import numpy as np

from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack

Known = tuple[str, str]
"""Class and person."""
OTHER_SHARE = 0.75
"""A face less similar to the person's earlier one than this share of the threshold is somebody else's."""


@dataclasses.dataclass(frozen=True)
class Found:
    """Why an enrolment stops. same_face: `person` of `class_id` has this face under another name. other_face: the
    person, under the same pseudonym, was enrolled with a face that is not this one. `score_ppm`: the similarity."""

    why: Literal["same_face", "other_face"]
    class_id: str
    person: str
    score_ppm: int


def search(
    pack: Pack, vectors: np.ndarray, me: Known, everybody: Mapping[Known, np.ndarray], names: Mapping[Known, str],
    limit: int,
) -> Found | None:
    """What is wrong with the new descriptions (n, d) of `me`, the front one first, or None. `everybody`: descriptions
    (n, d) of all classes, of `me` the earlier ones; `names`: of those of whom a name is known; `limit`: from
    `limit_of`."""
    mine = {known for known in everybody if _same_name(known, me, names)}
    others = {known: everybody[known] for known in everybody if known not in mine}
    keys = {f"{index}": known for index, known in enumerate(sorted(others))}
    probes = vectors[:1] if len(vectors) < 2 else np.stack([vectors[0], pack.mean(vectors, np.ones(len(vectors)))])
    gallery = Gallery(pack, {key: others[known] for key, known in keys.items()})
    if keys:
        scores = np.stack([gallery.scores(probe) for probe in probes]).max(axis=0)
        best = int(scores.argmax())
        if scores[best] >= limit:
            return Found("same_face", *keys[gallery.people[best]], int(scores[best]))
    for known in sorted(known for known in mine if known[1] == me[1]):
        score = int(max(pack.similarity(probe, everybody[known]).max() for probe in probes))
        if score < OTHER_SHARE * limit:
            return Found("other_face", *known, score)
    return None


def limit_of(pack: Pack, everybody: Mapping[Known, np.ndarray], names: Mapping[Known, str]) -> int:
    """From which likeness in ppm on two faces are one, as everybody on this box tells, the new ones with their new
    descriptions (n, d). Who is in several classes, by pseudonym or by name, is one person: compared with the own face
    as with a stranger's, that person would raise the limit for all."""
    people = _joined(everybody, names)
    return calibrate(pack, Gallery(pack, {f"{at}": np.concatenate(rows) for at, rows in enumerate(people)})).ppm


def _joined(everybody: Mapping[Known, np.ndarray], names: Mapping[Known, str]) -> list[list[np.ndarray]]:
    """The descriptions of each person in all classes."""
    groups: list[list[Known]] = []
    for known in sorted(everybody):
        mine = [group for group in groups if any(_same_name(one, known, names) for one in group)]
        groups = [group for group in groups if group not in mine]
        groups.append([known, *(one for group in mine for one in group)])
    return [[everybody[known] for known in group] for group in groups]


def _same_name(known: Known, me: Known, names: Mapping[Known, str]) -> bool:
    if known == me or known[0] == me[0]:
        return known == me
    return known[1] == me[1] or (known in names and names.get(me) == names[known])
