"""Folders to verify, and the command run in this process."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.verify.making import class_of, receipt, write_box, write_export
from verify.cli import main

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A whole exported class."""
    return write_export(tmp_path / "export", *class_of())


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The whole folder of a box with a receipt for its last record."""
    site, box, centre = class_of()
    return write_box(tmp_path / "box", site, box, centre, [receipt(box, centre, 5)])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command on a path: exit status and JSON (empty when there is none)."""
    def run(path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
        out = tmp_path / "result.json"
        out.unlink(missing_ok=True)
        status = main([str(path), "--lang", "en", "--json", str(out), *arguments])
        return status, json.loads(out.read_text("utf-8")) if out.exists() else {}

    return run
