"""What the tests of cameras share with those of the recorder: films made on the spot."""
from __future__ import annotations

from tests.edge.recorder.conftest import film

__all__ = ["film"]
