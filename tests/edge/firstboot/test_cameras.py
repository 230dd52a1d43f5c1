"""The address of a camera that somebody types at the first boot is tried."""
from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from edge.errors import BadSource
from edge.firstboot import cameras
from edge.firstboot.cameras import check_answers
from edge.firstboot.errors import CameraSilent
from tests.edge.cameras.conftest import Serve, film, minute, serve, serving

__all__ = ["film", "minute", "serve"]


def test_a_camera_that_sends_is_told_from_one_of_another_path(minute: Path, serve: Serve) -> None:
    url = serve(serving(minute)).url
    check_answers(url)
    with pytest.raises(CameraSilent, match="no such stream"):
        check_answers(url.replace("/cam", "/other"))


def test_who_waits_for_a_camera_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "TRY_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        with pytest.raises(CameraSilent, match="does not answer"):
            check_answers(f"rtsp://127.0.0.1:{mute.getsockname()[1]}/a")
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("address", ["file:/etc/passwd", "http://127.0.0.1/a", "rtsp://"])
def test_what_is_no_address_of_a_camera_is_not_opened(address: str) -> None:
    with pytest.raises(BadSource):
        check_answers(address)
