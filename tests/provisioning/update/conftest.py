"""A machine in a folder that is updated."""
from __future__ import annotations

from pathlib import Path

import pytest

from .machines import Small


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    return Small(tmp_path / "root", monkeypatch.setenv)
