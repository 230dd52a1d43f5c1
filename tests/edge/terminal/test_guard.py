"""Which requests may press a button."""
from __future__ import annotations

import pytest

from edge.terminal.guard import Guard

GUARD = Guard(b"secret", "zaitang-box")


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8080", True), ("localhost", True), ("[::1]:8080", True), ("192.168.1.20:8080", True),
        ("zaitang-box:8080", True), ("evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
        (None, False), ("[", False),
    ],
)
def test_only_names_of_this_box_are_answered(host: str | None, known: bool) -> None:
    assert GUARD.knows_host(host) is known


def test_a_token_outlives_a_restart_and_is_nobody_elses() -> None:
    token = GUARD.token()
    assert Guard(b"secret", "other").is_ours(token) and not Guard(b"else", "zaitang-box").is_ours(token)
    assert token != GUARD.token()
    for bad in (None, "", ".", "abc", token[:-1], token + "0", "x" + token, "ü.ü"):
        assert not GUARD.is_ours(bad)


def test_a_foreign_origin_is_told_apart() -> None:
    assert GUARD.same_origin(None, "127.0.0.1:8080")
    assert GUARD.same_origin("http://127.0.0.1:8080", "127.0.0.1:8080")
    assert not GUARD.same_origin("http://evil.example", "127.0.0.1:8080")
    assert not GUARD.same_origin("null", "127.0.0.1:8080")
