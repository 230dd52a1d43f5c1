"""Answers to a program that asks again and again: bounded in number and time, whoever asks."""
from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from common import exporter
from common.exporter import exported

LOCAL = "127.0.0.1"


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"numbers"]


def asked(port: int) -> str:
    with urllib.request.urlopen(f"http://{LOCAL}:{port}/metrics", timeout=20) as answer:
        return str(answer.read().decode())


def test_whoever_is_slow_is_cut_off_and_too_many_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "LONGEST_S", 1.0)
    with exported(app, LOCAL, 0) as port:
        slow = [socket.create_connection((LOCAL, port), 5) for _ in range(exporter.MOST)]
        for one in slow:
            one.sendall(b"GET /metrics HTT")
        time.sleep(0.2)
        with socket.create_connection((LOCAL, port), 5) as more:
            assert _ended(more)
        assert all(_ended(one) for one in slow)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                assert asked(port) == "numbers"
                break
            except OSError:
                time.sleep(0.05)
        else:
            pytest.fail("nobody is answered any more")
        for one in slow:
            one.close()


def test_a_port_that_cannot_be_had_costs_nothing_but_the_numbers() -> None:
    with socket.create_server((LOCAL, 0)) as taken, exported(app, LOCAL, taken.getsockname()[1]) as port:
        assert port == 0


def test_it_is_served_while_it_is_wanted_and_by_ipv6_too() -> None:
    with exported(app, LOCAL, 0) as port:
        assert asked(port) == "numbers"
    with pytest.raises(OSError):
        asked(port)
    with exported(app, "::1", 0) as port, socket.create_connection(("::1", port), 5) as line:
        line.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert line.makefile("rb").read().endswith(b"numbers")


def _ended(line: socket.socket) -> bool:
    line.settimeout(5)
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True
