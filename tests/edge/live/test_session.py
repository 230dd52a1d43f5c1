"""How often a stream that serves for nothing is opened again."""
from __future__ import annotations

import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.box_orders import Watch
from edge.cameras.file import open_file
from edge.cameras.port import Source
from edge.clock import SystemClock
from edge.live import pictures as pictures_module
from edge.live.pusher import Way
from edge.live.session import WAITS, Session
from edge.live.view import View
from edge.sync.client import make_client
from evidence.box_orders import WantedLive
from evidence.seal import KeySigner
from tests.edge.recorder.conftest import make_film


class Stop(threading.Event):
    """Waits for nothing, and keeps for how long it was to."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0)
        return self.is_set()


class Films(View):
    """Opens a film so many times."""

    def __init__(self, film: Path, times: int) -> None:
        self._film, self._left = film, times

    def open(self, stop: threading.Event) -> Source | None:
        self._left -= 1
        return None if self._left < 0 else open_file(f"file:{self._film}", SystemClock())


def session_of(view: View, clock: SystemClock, form: str = "video") -> Session:
    """One whose line leads nowhere."""
    signer = KeySigner(Ed25519PrivateKey.generate())
    watch = Watch("ab" * 32, 1, WantedLive("room", form, 600, "li"), clock.stamp())  # type: ignore[arg-type]
    way = Way("http://127.0.0.1:9", "box-1", "centre", watch.order, signer)
    return Session(watch, SystemClock().utc_us(), view, clock, way, make_client(None), lambda: True)


def waits(film: Path, times: int, form: str) -> list[float]:
    """Between one stream and the next."""
    session = session_of(Films(film, times), SystemClock(), form)
    stop = session._stop = Stop()
    session._make()
    return stop.waits


def test_a_camera_whose_pictures_are_too_large_is_asked_ever_more_rarely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = make_film(tmp_path / "film.mp4", 1)
    monkeypatch.setattr(pictures_module, "MAX_PIXELS", 1000)
    found = waits(film, 12, "pictures")
    assert len(found) == 12 and found[0] <= WAITS.first and min(found[7:]) >= WAITS.longest / 2


@pytest.mark.long
def test_a_stream_that_brought_pictures_is_opened_again_at_once(tmp_path: Path) -> None:
    assert max(waits(make_film(tmp_path / "film.mp4", 1), 6, "video")) <= WAITS.first
