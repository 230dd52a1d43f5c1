"""The panel by the door: one button, one lamp, one buzzer on GPIO pins; the same presses as on the page.

A short press starts, a held one ends. Held before its time it asks: held again it ends, a short press goes on. The
lamp: off no class · steady recording · slow blink waiting or at risk · fast blink refused, silent, lost, or asking.
Without the pins the terminal goes on without a panel.
"""
from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from common.logs import Log
from edge.config import PanelConfig
from edge.terminal.errors import ReasonNeeded
from edge.terminal.press import Presses
from edge.terminal.screen import Pulse, Screen
from evidence.errors import ZaitangError
from evidence.times import MINUTE

if TYPE_CHECKING:
    import gpiozero
    from gpiozero.pins import Factory

HOLD_S, BOUNCE_S = 2.0, 0.05
EVERY_S = 0.5
REFUSED_S = 3.0
"""So long the lamp shows that a press was refused."""
LAST_US = MINUTE
"""In the last minute the buzzer sounds again and again."""
Lamp = Literal["off", "steady", "slow", "fast"]
BLINK_S: dict[Lamp, float] = {"slow": 1.0, "fast": 0.15}
BEEPS: dict[str, tuple[float, float, int]] = {
    "hour.at_risk": (0.3, 0.3, 3), "hour.lost": (2.0, 0.5, 1), "recorder.stuck": (0.3, 0.3, 3),
    "asked": (0.15, 0.15, 2), "refused": (0.5, 0.2, 1), "last": (0.1, 0.1, 2),
}
"""Seconds on, seconds off, how often."""


def lamp(pulse: Pulse) -> Lamp:
    """What the lamp shows."""
    if pulse.state == "lost" or (pulse.session and pulse.live in ("refused", "silent", "stuck", "absent")):
        return "fast"
    if pulse.state == "at_risk" or (pulse.session and pulse.live != "recording"):
        return "slow"
    return "steady" if pulse.session else "off"


def open_panel(
    config: PanelConfig | None, screen: Screen, presses: Presses, factory: Factory | None = None,
    hold_s: float = HOLD_S,
) -> Panel | None:
    """The panel that the configuration names; None without one, or with one line in the log when its pins cannot be
    had. `factory`: of pins, chosen by gpiozero unless it is given."""
    if config is None:
        return None
    try:
        with warnings.catch_warnings():
            # gpiozero warns of every pin library that it does not find; the error at the end says it all.
            warnings.simplefilter("ignore")
            return Panel(config, screen, presses, factory, hold_s)
    # Each pin library brings errors of its own, some of them none of gpiozero's.
    except Exception as error:
        Log("terminal.panel").failed("panel.unusable", error)
        return None


class Panel:
    """Answers the button in gpiozero's threads and keeps the lamp in one of its own."""

    def __init__(
        self, config: PanelConfig, screen: Screen, presses: Presses, factory: Factory | None, hold_s: float,
    ) -> None:
        import gpiozero

        self._screen, self._presses, self._log = screen, presses, Log("terminal.panel")
        self._parts: list[gpiozero.GPIODevice] = []
        self._shown: Lamp | None = None
        self._refused, self._held = threading.Event(), False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="panel", daemon=True)
        try:
            self._led = self._had(config.led, lambda pin: gpiozero.LED(pin, pin_factory=factory))
            self._buzzer = self._had(config.buzzer, lambda pin: gpiozero.Buzzer(pin, pin_factory=factory))
            button = self._had(config.button, lambda pin: gpiozero.Button(
                pin, bounce_time=BOUNCE_S, hold_time=hold_s, pin_factory=factory))
        except Exception:
            self._close()
            raise
        if button is not None:
            button.when_held, button.when_released = self._hold, self._release

    def start(self) -> None:
        """Begin to show."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of the pins."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._close()

    def told(self, code: str) -> None:
        """Let an alarm be heard."""
        if self._buzzer is not None and code in BEEPS:
            on, off, times = BEEPS[code]
            self._buzzer.beep(on, off, times)

    def turn(self) -> None:
        """Show what is now."""
        try:
            pulse, asked = self._screen.pulse(), self._presses.asked()
        except ZaitangError as error:
            self._log.failed("panel.blind", error)
            return
        self._show("fast" if asked or self._refused.is_set() else lamp(pulse))
        if pulse.state == "at_risk" and pulse.left_us is not None and pulse.left_us <= LAST_US:
            self.told("last")

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.turn()
            if self._refused.is_set() and self._stop.wait(REFUSED_S) is False:
                self._refused.clear()

    def _show(self, what: Lamp) -> None:
        if self._led is None or what == self._shown:
            return
        self._shown = what
        if what in BLINK_S:
            self._led.blink(BLINK_S[what], BLINK_S[what])
        else:
            self._led.value = what == "steady"

    def _hold(self) -> None:
        self._held = True
        self._pressed(self._presses.hold)

    def _release(self) -> None:
        held, self._held = self._held, False
        if not held:
            self._pressed(self._short)

    def _short(self) -> None:
        """Start; while it asks whether the class ends, a short press says that it goes on."""
        if self._presses.asked():
            self._presses.go_on()
        else:
            self._presses.start(self._screen.class_here(), "button")

    def _pressed(self, press: Callable[[], object]) -> None:
        try:
            press()
        except ReasonNeeded:
            self.told("asked")
            self._refused.set()
        except ZaitangError as error:
            self._log.failed("panel.refused", error)
            self.told("refused")
            self._refused.set()

    def _had(self, pin: int | None, make: Callable[[int], gpiozero.GPIODevice]) -> gpiozero.GPIODevice | None:
        if pin is None:
            return None
        part = make(pin)
        self._parts.append(part)
        return part

    def _close(self) -> None:
        for part in self._parts:
            part.close()
