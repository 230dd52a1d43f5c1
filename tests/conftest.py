"""What all tests share."""
from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else proves nothing against a test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
# Each process that a test starts tells where its threads are when it is aborted (tests/ending.py) or crashes.
os.environ["PYTHONFAULTHANDLER"] = "1"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays until the end, and most of what a test makes goes without being looked for:
    by Python's own thresholds, looking for garbage takes up to a quarter of the time of all tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 10, 20)
        gc.enable()


LONGEST = ("install/test_for_real.py", "faults/test_memory.py", "rollcall/test_course.py", "update/test_steps.py",
           "bench/test_live.py", "faults/test_trust.py", "journeys/test_noticed.py", "faults/test_looking_in.py",
           "faults/test_update.py", "archive/test_killed.py")
"""Files of the longer suites that take minutes: begun last, one of them would keep all other workers waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """Commands close what they write to others; one that a test calls in this process must not do so for the next."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)
