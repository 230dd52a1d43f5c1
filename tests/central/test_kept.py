"""What is kept in memory: what settles is no garbage to look through, and garbage among it goes all the same."""
from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from central.classes.kept import ANEW, BIG, settle


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


class Circle:
    """Refers to itself, as a request that fails with its traceback does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.long
def test_a_circle_that_was_in_use_when_something_settled_goes_in_the_end() -> None:
    """A server runs for months: what is in use at such a moment must not stay for good."""
    gone = []
    for weight in (BIG, ANEW // 3, ANEW // 2):
        circle = Circle()
        gone.append(weakref.ref(circle))
        settle(weight)
        del circle
    settle(ANEW)
    assert [one() for one in gone] == [None] * 3 and gc.get_freeze_count() > 0


def test_what_is_small_settles_nothing() -> None:
    gc.unfreeze()
    settle(BIG - 1)
    assert gc.get_freeze_count() == 0
