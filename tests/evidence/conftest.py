"""A class with a flag, about which people decide (tests/evidence/deciding.py)."""
from __future__ import annotations

import pytest

from tests.evidence.course import Course
from tests.evidence.deciding import copied, flagged


@pytest.fixture(scope="module")
def base() -> Course:
    return flagged()


@pytest.fixture
def made(base: Course) -> Course:
    """A flag; every test writes into a centre of its own."""
    return copied(base)
