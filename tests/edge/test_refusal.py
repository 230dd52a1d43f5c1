"""What a process says when it refuses: in every language, within one datagram; nothing else is taken for it."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import logs
from edge.child import SAYS
from edge.errors import BadBox
from edge.refusal import REFUSED, Refusal, leave, look_up, read, refusal_of, take_back, written
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
    assert said is not None and b"\\\\udc80" in written(said)


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
    (tmp_path / REFUSED.format(role="recorder")).write_bytes(data)
    assert look_up(tmp_path, "recorder") is None


def test_it_is_looked_up_by_role(tmp_path: Path) -> None:
    assert look_up(tmp_path, "recorder") is None
    refusal = Refusal("BadBox", {"zh": "坏", "en": "bad"})
    leave(refusal, tmp_path, "recorder")
    assert look_up(tmp_path, "recorder") == refusal and look_up(tmp_path, "sync") is None
    for _ in range(2):
        take_back(tmp_path, "recorder")
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_stops_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logs.setup()
    leave(Refusal("BadBox", {"zh": "坏", "en": "bad"}), tmp_path / "none", "recorder")
    assert "refusal.unwritten" in capfd.readouterr().err
