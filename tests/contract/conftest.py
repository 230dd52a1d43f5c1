"""What both ends share when they are tried together: services that end with the test."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.demo.services import NoMosquitto, Services, mosquitto
from tests.once import only_once


@pytest.fixture(autouse=True, scope="session")
def many_centres() -> None:
    """What one centre works out when it starts is not worked out for each anew."""
    only_once()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    try:
        mosquitto(tmp_path / "probe", 1)
    except NoMosquitto:
        pytest.skip("mosquitto is not installed")
    with Services(tmp_path / "logs") as services:
        yield services
