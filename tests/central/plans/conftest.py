"""Fixtures: a centre on the day before its classes, and its plans."""
from __future__ import annotations

import pytest

from central.plans.plans import Plans
from central.wiring import Centre
from tests.central.helpers import FixedClock
from tests.central.plans.making import BEFORE, boxes


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(BEFORE)


@pytest.fixture
def plans(centre: Centre) -> Plans:
    boxes(centre, "box-1", "box-2")
    return centre.plans()
