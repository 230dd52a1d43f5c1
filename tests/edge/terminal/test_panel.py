"""The panel with gpiozero's own mock pins: the button presses what the page presses, the lamp and the buzzer tell."""
from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from edge.config import PanelConfig, parse_box
from edge.terminal.panel import Panel, lamp, open_panel
from edge.terminal.screen import Pulse
from evidence.errors import BadInput

CONFIG = PanelConfig(button=17, led=27, buzzer=22)
HOLD_S = 0.6
"""A busy machine must not make a short press a held one."""


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.reset()
    made.close()


@pytest.fixture
def panel(room: Any, factory: MockFactory) -> Iterator[Panel]:
    room.take_order()
    made = open_panel(CONFIG, room.screen, room.presses, factory, HOLD_S)
    assert made is not None
    yield made
    made.stop()


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def press(factory: MockFactory, until_done: Callable[[], bool] | None = None) -> None:
    """A short press, or one that is held until this is so."""
    button = factory.pin(17)
    button.drive_low()
    if until_done is None:
        time.sleep(0.03)
    else:
        until(until_done)
    button.drive_high()
    time.sleep(0.02)


def said(room: Any) -> list[tuple[str, str, str]]:
    records = [one.record for one in room.store.records() if one.record.type.startswith("session.")]
    return [(one.type, str(one.body["by"]), str(one.body.get("reason", ""))) for one in records]


@pytest.mark.parametrize(("pulse", "shown"), [
    (Pulse(False, "stopped"), "off"),
    (Pulse(False, "absent"), "off"),
    (Pulse(False, "stopped", "waiting", 1), "off"),
    (Pulse(True, "recording"), "steady"),
    (Pulse(True, "recording", "running", 5), "steady"),
    (Pulse(True, "recording", "done"), "steady"),
    (Pulse(True, "waiting"), "slow"),
    (Pulse(False, "stopped", "at_risk", 5), "slow"),
    (Pulse(True, "silent", "at_risk", 5), "fast"),
    (Pulse(True, "stuck", "at_risk", 5), "fast"),
    (Pulse(True, "refused"), "fast"),
    (Pulse(True, "absent"), "fast"),
    (Pulse(False, "stopped", "lost"), "fast"),
    (Pulse(True, "recording", "lost"), "fast"),
])
def test_what_the_lamp_shows(pulse: Pulse, shown: str) -> None:
    assert lamp(pulse) == shown


def test_a_short_press_starts_and_a_held_one_ends(room: Any, panel: Panel, factory: MockFactory) -> None:
    press(factory)
    until(lambda: len(said(room)) == 1)
    press(factory)
    room.at(50)
    press(factory, lambda: len(said(room)) == 2)
    assert said(room) == [("session.start", "button", ""), ("session.end", "button", "")]


def test_held_before_its_time_it_asks_and_only_held_again_it_ends(
    room: Any, panel: Panel, factory: MockFactory,
) -> None:
    room.presses.start("welding-1")
    room.at(5)
    room.recording_for(4)
    press(factory, room.presses.asked)
    panel.turn()
    assert len(said(room)) == 1 and panel._shown == "fast"
    press(factory, lambda: len(said(room)) == 2)
    assert said(room)[1] == ("session.end", "button", "held twice")


def test_a_short_press_answers_that_the_class_goes_on(room: Any, panel: Panel, factory: MockFactory) -> None:
    room.presses.start("welding-1")
    room.at(5)
    room.recording_for(4)
    press(factory, room.presses.asked)
    press(factory)
    until(lambda: not room.presses.asked())
    panel._refused.clear()
    panel.turn()
    assert len(said(room)) == 1 and panel._shown == "steady"


def test_the_lamp_follows_the_class(room: Any, panel: Panel, factory: MockFactory) -> None:
    led = factory.pin(27)
    panel.turn()
    assert led.state == 0
    room.presses.start("welding-1")
    room.recording_for(1)
    room.monotonic += 1
    panel.turn()
    assert led.state == 1
    room.recorder = None
    room.monotonic += 1
    panel.turn()
    seen = set()
    until(lambda: len(seen.add(led.state) or seen) == 2)  # type: ignore[func-returns-value]
    room.recording_for(1)
    room.monotonic += 1
    panel.turn()
    time.sleep(0.2)
    assert led.state == 1


def test_alarms_are_heard(room: Any, panel: Panel, factory: MockFactory) -> None:
    buzzer = factory.pin(22)
    panel.told("camera.silent")
    time.sleep(0.05)
    assert buzzer.state == 0
    panel.told("hour.at_risk")
    until(lambda: buzzer.state == 1)
    until(lambda: buzzer.state == 0)


def test_in_the_last_minute_it_is_heard_again_and_again(room: Any, panel: Panel, factory: MockFactory) -> None:
    buzzer = factory.pin(22)
    room.at(27)
    panel.turn()
    time.sleep(0.05)
    assert buzzer.state == 0
    room.at(29)
    panel.turn()
    until(lambda: buzzer.state == 1)


def test_a_press_for_which_there_is_no_class_is_seen_and_heard(
    room: Any, panel: Panel, factory: MockFactory,
) -> None:
    room.at(200)
    press(factory)
    until(lambda: factory.pin(22).state == 1)
    panel.turn()
    assert panel._shown == "fast" and said(room) == []


def test_its_thread_shows_by_itself_and_lets_go_of_the_pins(
    room: Any, panel: Panel, factory: MockFactory, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.terminal.panel.EVERY_S", 0.02)
    room.presses.start("welding-1")
    room.recording_for(1)
    panel.start()
    until(lambda: factory.pin(27).state == 1)
    panel.stop()
    again = open_panel(CONFIG, room.screen, room.presses, factory, HOLD_S)
    assert again is not None, "the pins are free"
    again.stop()


def test_a_box_without_a_panel_or_without_pins_goes_on(
    room: Any, recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("zaitang.terminal.panel")
    logger.addHandler(handler)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "rpigpio")  # of a library that only a Raspberry Pi has
    assert open_panel(None, room.screen, room.presses) is None and lines == []
    assert open_panel(CONFIG, room.screen, room.presses, None) is None
    logger.removeHandler(handler)
    assert lines == ["panel.unusable"] and list(recwarn) == []


def test_pins_that_are_taken_are_one_line_and_what_was_taken_is_given_back(room: Any, factory: MockFactory) -> None:
    first = open_panel(PanelConfig(buzzer=22), room.screen, room.presses, factory)
    assert first is not None
    assert open_panel(CONFIG, room.screen, room.presses, factory) is None
    other = open_panel(PanelConfig(button=17, led=27), room.screen, room.presses, factory)
    assert other is not None
    other.stop()
    first.stop()


def test_what_box_toml_may_say() -> None:
    text = b'device = "box-1"\n[panel]\nbutton = 17\nled = 27\nbuzzer = 22\n'
    assert parse_box(text, "box.toml").panel == CONFIG
    assert parse_box(b'device = "box-1"\n', "box.toml").panel is None
    with pytest.raises(BadInput, match="same pin"):
        parse_box(text.replace(b"27", b"17"), "box.toml")
    with pytest.raises(BadInput, match=r"panel\.button"):
        parse_box(text.replace(b"17", b"40"), "box.toml")
