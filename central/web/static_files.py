"""What pages load from `/static`: the console's own files, and hls.js from where npm put it (provisioning/npm)."""
from __future__ import annotations

import os
import sys
from pathlib import Path

from starlette.staticfiles import StaticFiles

OWN = Path(__file__).parent / "static"
PLAYER = "provisioning/npm/node_modules/hls.js/dist/hls.light.min.mjs"
HLS = next((path for path in (Path(__file__).parents[2] / PLAYER, Path(sys.prefix) / PLAYER) if path.is_file()),
           Path(sys.prefix) / PLAYER)
"""The player for browsers that play no HLS themselves, of a checkout or of an installed release. Not there where set-up
found no npm: static/player.js copes."""


class Files(StaticFiles):
    """`hls.js` is that one file; everything else is ours."""

    def __init__(self, hls: Path = HLS) -> None:
        super().__init__(directory=OWN)
        self._hls = hls

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """A file of that name and what it is; an empty name for none."""
        if path != "hls.js":
            return super().lookup_path(path)
        try:
            return str(self._hls), self._hls.stat()
        except OSError:
            return "", None
