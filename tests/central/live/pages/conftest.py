"""A class that goes on, and who looks at it live."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from central.wiring import Centre, init_centre
from evidence.times import MINUTE
from tests.central.console import signed_in
from tests.central.helpers import MORNING, Box, FixedClock
from tests.central.live_box import begin_class

BOXES: dict[Path, Box] = {}
"""Of the centres of tests, by folder."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING + 10 * MINUTE)


@pytest.fixture
def taught(tmp_path: Path, clock: FixedClock) -> Iterator[Centre]:
    """A class that goes on in room 101, with box-1."""
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    BOXES[centre.folder] = begin_class(centre, tmp_path)
    yield centre
    del BOXES[centre.folder]
    centre.store.close()


@pytest.fixture
def wang(taught: Centre) -> TestClient:
    return signed_in(taught, "supervisor", "410000", "wang")
