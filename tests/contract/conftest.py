"""What both ends share when they are tried together: services that end with the test."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.demo.services import NoMosquitto, Services, mosquitto


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    try:
        mosquitto(tmp_path / "probe", 1)
    except NoMosquitto:
        pytest.skip("mosquitto is not installed")
    with Services(tmp_path / "logs") as services:
        yield services
