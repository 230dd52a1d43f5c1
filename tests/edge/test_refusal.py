"""What a process says when it refuses: in every language, within one datagram; nothing else is taken for it."""
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BadBox
from edge.refusal import REFUSED, Refusal, listed, look_up, read, refusal_of, written


@given(st.text(max_size=3000))
def test_what_is_written_is_read_and_fits(why: str) -> None:
    refusal = refusal_of(BadBox(folder="/box", why=why))
    assert read(written(refusal)) == refusal
    assert refusal.error == "BadBox" and set(refusal.words) == {"zh", "en"}


def test_the_longest_fits_into_a_datagram() -> None:
    assert len(written(refusal_of(BadBox(folder="/box", why="盘" * 5000)))) < 4000


@pytest.mark.parametrize("data", [b"", b"READY", b"[]", b"{}", b'{"error": "x"}', b'{"error": "x", "words": 3}',
                                  b'{"error": "x", "words": {"zh": "y"}}', b"\xff", b"null"])
def test_what_is_none_is_none(tmp_path: Path, data: bytes) -> None:
    assert read(data) is None
    (tmp_path / REFUSED).write_bytes(data)
    assert look_up(tmp_path, "recorder") is None


def test_it_is_looked_up_by_role(tmp_path: Path) -> None:
    assert look_up(tmp_path, "recorder") is None
    refusal = Refusal("BadBox", {"zh": "坏", "en": "bad"})
    (tmp_path / REFUSED).write_bytes(listed({"recorder": refusal}))
    assert look_up(tmp_path, "recorder") == refusal and look_up(tmp_path, "sync") is None
