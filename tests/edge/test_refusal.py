"""What a process says when it refuses: in every language, within one datagram; nothing else is taken for it."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.child import SAYS
from edge.errors import BadBox
from edge.refusal import REFUSED, Refusal, listed, look_up, read, refusal_of, written
from edge.supervise import LONGEST_WORDS


@given(st.text(max_size=3000))
def test_what_is_written_is_read_and_fits(why: str) -> None:
    refusal = refusal_of(BadBox(folder="/box", why=why))
    assert read(written(refusal)) == refusal
    assert refusal.error == "BadBox" and set(refusal.words) == {"zh", "en"}


def test_the_longest_fits_into_a_datagram() -> None:
    assert len(written(refusal_of(BadBox(folder="/box", why="盘" * 5000)))) < 4000


def test_a_folder_whose_name_is_no_utf8_is_told_with_escapes() -> None:
    refusal = refusal_of(BadBox(folder=os.fsdecode(b"/b\xffx"), why="x"))
    assert "/b\\udcffx" in refusal.words["en"] and read(written(refusal)) == refusal
    said = read(b'{"error": "\\udc80", "words": {"zh": "\\udc80", "en": "y"}}')
    assert said is not None and b"\\\\udc80" in listed({"recorder": said})


@pytest.mark.parametrize("worst", ["盘", "\x01", "\U0001f4bd", '"'])
def test_what_is_longest_once_written_fits_into_what_is_read(worst: str) -> None:
    assert len(SAYS + written(refusal_of(BadBox(folder="/box", why=worst * 5000)))) <= LONGEST_WORDS


@pytest.mark.parametrize("data", [b"[" * 4000, b'{"words":' * 400])
def test_what_is_nested_too_deep_is_none(tmp_path: Path, data: bytes) -> None:
    test_what_is_none_is_none(tmp_path, data)


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
