"""Fixtures of the centre's tests."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.wiring import Centre, init_centre
from tests.central.helpers import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def centre(tmp_path: Path, clock: FixedClock) -> Iterator[Centre]:
    opened = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    yield opened
    opened.store.close()
