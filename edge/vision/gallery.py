"""The enrolled people of a class as vectors, and whom a face resembles most."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edge.vision.pack import Pack
from evidence.bodies import Candidate


class Gallery:
    """Templates by person: each the descriptions (n, d) of that person's photos. People in a fixed order."""

    def __init__(self, pack: Pack, templates: Mapping[str, np.ndarray]) -> None:
        self.people = tuple(sorted(templates))
        self.templates = {person: _with_mean(pack, templates[person]) for person in self.people}
        self._pack = pack
        self._owner = np.repeat(np.arange(len(self.people)), [len(self.templates[p]) for p in self.people])
        self._vectors = np.concatenate([self.templates[p] for p in self.people]) if self.people else np.empty((0, 0))

    def photos(self, person: str) -> np.ndarray:
        """The descriptions (n, d) of a person's photos, without their mean."""
        rows = self.templates[person]
        return rows[:-1] if len(rows) > 1 else rows

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Similarity in ppm of a description (d,) to every person, in the order of `people`: int64 (len(people),)."""
        best = np.full(len(self.people), -1_000_000, np.int64)
        if self.people:
            np.maximum.at(best, self._owner, self._pack.similarity(vector, self._vectors))
        return best

    def rank(self, vector: np.ndarray) -> tuple[Candidate | None, Candidate | None]:
        """The most similar person and the second one."""
        scores = self.scores(vector)
        order = np.argsort(-scores, kind="stable")[:2]
        found = [Candidate(self.people[i], int(scores[i])) for i in order]
        return (found[0] if found else None), (found[1] if len(found) > 1 else None)


def _with_mean(pack: Pack, vectors: np.ndarray) -> np.ndarray:
    """The photos' descriptions and, of several, also their mean, which is the steadier likeness."""
    vectors = np.asarray(vectors, np.float32).reshape(-1, vectors.shape[-1])
    if len(vectors) < 2:
        return vectors
    return np.concatenate([vectors, pack.mean(vectors, np.ones(len(vectors)))[None]])
