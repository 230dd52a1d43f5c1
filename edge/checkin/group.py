"""The enrolled people of a class as the terminal uses them: whom a face shows, and who is too much like whom."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.look_alikes import look_alikes
from edge.vision.pack import Pack
from evidence.bodies import Candidate
from evidence.checkin import FrameMatch
from evidence.rollcall import identify


class Group:
    """`templates`: face descriptions (n, d) by person. `threshold`: calibrated on them, where they are enough."""

    def __init__(self, pack: Pack, templates: Mapping[str, np.ndarray]) -> None:
        self._gallery, self._margin_ppm = Gallery(pack, templates), pack.margin_ppm
        self.people = self._gallery.people
        self.threshold = calibrate(pack, self._gallery)
        pairs: dict[str, set[str]] = defaultdict(set)
        for pair in look_alikes(self._gallery, self.threshold.ppm, pack.margin_ppm):
            pairs[pair.one].add(pair.other)
            pairs[pair.other].add(pair.one)
        self._alike = {person: tuple(sorted(others)) for person, others in pairs.items()}

    def alike(self, person: str) -> tuple[str, ...]:
        """Who looks too much like this person to be told apart by a face."""
        return self._alike.get(person, ())

    def match(self, vector: np.ndarray, face_px: int) -> FrameMatch:
        """Whom a description (d,) resembles most, and who comes second of those who can be told apart from the first:
        between the others the PIN decides, not a margin."""
        scores = self._gallery.scores(vector)
        best = int(np.argmax(scores))
        near = {self.people[best], *self.alike(self.people[best])}
        others = [index for index, person in enumerate(self.people) if person not in near]
        second = max(others, key=lambda index: (int(scores[index]), -index), default=None)
        return FrameMatch(
            Candidate(self.people[best], int(scores[best])),
            None if second is None else Candidate(self.people[second], int(scores[second])), face_px)

    def named(self, match: FrameMatch) -> str | None:
        """Whom a frame shows, or nobody."""
        return identify(match.best, match.second, self.threshold.ppm, self._margin_ppm)

    def is_like(self, vector: np.ndarray, person: str) -> bool:
        """Whether a description (d,) is similar to a person by the threshold."""
        return bool(self._gallery.scores(vector)[self.people.index(person)] >= self.threshold.ppm)
