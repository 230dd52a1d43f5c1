"""Films for the faults: small pictures, each unlike every other, so that each packet can be found again."""
from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.recorder.conftest import make_film

# What these assert is shown as in a test: a road that breaks once in a hundred runs tells how.
pytest.register_assert_rewrite("tests.faults.road", "tests.faults.tls_road", "tests.faults.whole_road")

GOP_US = 500_000
FRAME_US = 50_000


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds, twenty frames a second, a keyframe each half second."""
    return make_film(tmp_path_factory.mktemp("faults") / "film.mp4", 12, fps=20, gop=10)
