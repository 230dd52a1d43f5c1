"""How often the work on one file began: counted over the end of the process, not over a power cut."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.rollcall.attempts import Attempts


def test_a_kill_counts_and_a_power_cut_does_not(tmp_path: Path) -> None:
    path = tmp_path / "try.json"
    assert [Attempts(path, "boot-1").begin("a") for _ in range(3)] == [1, 2, 3]
    assert Attempts(path, "boot-2").begin("a") == 1, "the power was cut"
    assert Attempts(path, "boot-2").begin("b") == 1 and Attempts(path, "boot-2").begin("b") == 2
    Attempts(path, "boot-2").end()
    assert Attempts(path, "boot-2").begin("b") == 1


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"segment": "a", "times": "3", "boot": "boot-1"}', b"[" * 100_000])
def test_what_cannot_be_read_counts_nothing(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "try.json").write_bytes(kept)
    assert Attempts(tmp_path / "try.json", "boot-1").begin("a") == 1


def test_a_full_disk_is_no_end(tmp_path: Path) -> None:
    assert Attempts(tmp_path / "no folder" / "try.json", "boot-1").begin("a") == 1
