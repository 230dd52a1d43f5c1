"""What the centre has ordered, at the terminal: a revoked box takes nobody, other settings wait for a quiet moment."""
from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from edge.config import BoxConfig
from edge.terminal import settled
from edge.terminal.screen import Screen
from edge.terminal.settled import Settled
from edge.wiring import Box
from evidence.bodies import SessionEnd, SessionStart
from evidence.box_orders import BoxOrder, BoxSettings, OrderAnswered
from evidence.chain import next_record
from evidence.errors import ZaitangError
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode


def settle(room: Any, number: int, told: BoxSettings) -> None:
    """What the sync process does with a good order."""
    body = BoxOrder("box-1", number, "2030-01-01T00:00:00.000000Z", "settings", settings=told)
    record = next_record(room.store.head(), device="box-1", chain=room.store.chain, type="order.box", body=encode(body),
                         stamp=room.clock.stamp())
    sealed = seal_record(record, KeySigner(room.keys.device))
    room.store.answer(sealed, OrderAnswered(sealed.hash, number, "accepted"), ())


def test_a_revoked_box_takes_nobody_and_says_so(room: Any) -> None:
    revoked = [False]
    screen = Screen(room.config, room.clock, room.memory, lambda: room.recorder, lambda: 1e9, False,
                    revoked=lambda: revoked[0])
    room.take_order()
    room.at(0)
    assert screen.target() is not None and screen.state("en")["banners"][0]["code"] != "revoked"
    revoked[0] = True
    assert screen.target() is None and screen.target(fresh=False) is None
    told = screen.state("en")
    assert told["banners"][0]["text"].startswith("The centre has revoked this box") and not told["checkin"]["open"]
    assert told["checkin"]["text"] == "Check-in is closed: the centre has revoked this box"
    assert "吊销" in screen.state("zh")["banners"][0]["text"]


def make(room: Any, written: BoxConfig, running: BoxConfig | None = None) -> tuple[Settled, threading.Event]:
    stop = threading.Event()
    box = Box(room.store.path.parent, running or written, room.keys, room.clock, room.store)
    return Settled(box, written, room.screen, stop), stop


def test_other_settings_wait_until_no_class_is_open_and_nobody_checks_in(room: Any) -> None:
    mind, _ = make(room, room.config)
    assert not mind.turn()
    settle(room, 1, BoxSettings(lang="en"))
    assert mind.turn()
    room.take_order()
    room.at(0)
    assert not mind.turn(), "the check-in is open"
    room.at(24 * 60)
    room.store.append("session.start", SessionStart("welding-1", "s-1", "page"))
    assert not mind.turn(), "a class is open"
    room.store.append("session.end", SessionEnd("welding-1", "s-1", "page"))
    assert mind.turn()


def test_settings_that_it_runs_by_are_no_reason(room: Any) -> None:
    settle(room, 1, BoxSettings(voice=False))
    running = dataclasses.replace(room.config, terminal=dataclasses.replace(room.config.terminal, voice=False))
    assert not make(room, room.config, running)[0].turn()
    assert make(room, room.config)[0].turn()
    settle(room, 2, BoxSettings(upload="asked"))
    assert make(room, room.config, running)[0].turn() and not make(room, room.config)[0].turn()


def test_the_thread_ends_the_process_then_and_survives_a_busy_store(
    room: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settled, "EVERY_S", 0.01)
    mind, stop = make(room, room.config)
    asked = threading.Event()

    def busy() -> bool:
        asked.set()
        raise ZaitangError(detail="busy")

    with monkeypatch.context() as patched:
        patched.setattr(mind, "turn", busy)
        mind.start()
        assert asked.wait(60) and not stop.is_set()
    settle(room, 1, BoxSettings(lang="en"))
    assert stop.wait(60)
    mind.stop()
