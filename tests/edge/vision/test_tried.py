"""A pack that was tried takes no more memory when the first face comes, and one that cannot look says so before."""
from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.vision.pack import Face, Pack
from edge.vision.tried import LOOKS, tried
from tests.edge.conftest import Pictures

GROWS_MB = 4
"""Where it was not tried dlib takes 9 to 12, and the pack `lab` some 30."""


class Asked:
    """A pack that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken = False

    def detect(self, bgr: np.ndarray, view: str) -> list[Face]:
        assert bgr.dtype == np.uint8 and bgr.shape == (480, 640, 3) and view == "terminal"
        self.asked.append("detect")
        return []

    def __getattr__(self, name: str) -> Any:
        def look(bgr: np.ndarray, face: Face) -> None:
            x, y, width, height = face.box
            assert (face.landmarks > face.box[:2]).all() and (face.landmarks < [x + width, y + height]).all()
            self.asked.append(name)
            if self.broken:
                raise RuntimeError(name)

        return look


def test_it_looks_in_every_way_that_the_terminal_does() -> None:
    pack: Any = Asked()
    assert tried(pack) is pack
    assert pack.asked == ["detect", "embed", "passive", "mesh"] * LOOKS
    pack.broken = True
    with pytest.raises(RuntimeError, match="embed"):
        tried(pack)


@pytest.mark.parametrize("name", ["builtin", "lab"])
def test_real_packs_bear_it(name: str, request: pytest.FixtureRequest) -> None:
    pack: Pack = request.getfixturevalue(name)
    assert tried(pack) is pack


def test_the_first_face_takes_no_more_memory(tmp_path: Path, pictures: Pictures) -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, :512] = pictures.astronaut[:480]
    cv2.imwrite(str(tmp_path / "face.png"), picture)
    script = textwrap.dedent("""
        import sys
        import cv2
        from bench.day.memory import pss_mb
        from edge.vision.pack import load_pack
        from edge.vision.tried import tried

        pack, picture = tried(load_pack("builtin")), cv2.imread(sys.argv[1])
        before = pss_mb("self")
        for _ in range(3):
            pack.embed(picture, pack.detect(picture)[0])
        print(pss_mb("self") - before)
    """)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "face.png")], capture_output=True, text=True,
                          timeout=60, check=True)
    assert float(done.stdout) < GROWS_MB
