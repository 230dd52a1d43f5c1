"""The liveness half of a pack: MiniFASNets and FaceLandmarker, as far as the manifest names their files."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from edge.models.manifest import Manifest
from edge.vision.liveness import GESTURES, BadSight, FaceMesh, Gesture, PassiveScore
from edge.vision.minifasnet import MiniFASNets
from edge.vision.pack import Face
from edge.vision.runtime import Model


class Life:
    """What `Pack` says of liveness. `models`: the manifest's liveness files, opened; not needed for `only_faces`."""

    def __init__(
        self, manifest: Manifest, models: Mapping[str, Model], files: Mapping[str, Path], only_faces: bool
    ) -> None:
        passive = manifest.all("liveness") if not only_faces else ()
        challenge = manifest.all("challenge") if not only_faces else ()
        self._nets = MiniFASNets(manifest, [models[file.name] for file in passive]) if passive else None
        self._landmarker = None
        if challenge:
            from edge.vision.landmarker import Landmarker

            self._landmarker = Landmarker(manifest, challenge[0].name, files[challenge[0].name])
        self.liveness: Literal["none", "passive"] = "passive" if self._nets else "none"
        self.challenge: frozenset[Gesture] = GESTURES if self._landmarker else frozenset()

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight | None:
        """How live one face looks, from the whole picture it was found in; None without nets."""
        return self._nets.score(bgr, face.box) if self._nets else None

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        """How the head of one face stands and what its eyes and mouth do."""
        return self._landmarker.mesh(bgr, face.box) if self._landmarker else None
