"""What all tests share."""
from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else proves nothing against a test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
# Each process that a test starts tells where its threads are when it is aborted (tests/ending.py) or crashes.
os.environ["PYTHONFAULTHANDLER"] = "1"


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """Commands close what they write to others; one that a test calls in this process must not do so for the next."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)
