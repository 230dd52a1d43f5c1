"""The terminal's voice: short sentences by espeak-ng, in a thread of its own. No name is ever spoken.

Whoever waits behind hears them too, so a sentence says what happened and not to whom.
"""
from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from typing import Literal, Protocol

from common.logs import Log
from common.texts import N_, translate
from edge.checkin.view import Ask
from edge.terminal.view import Sight

PROGRAM = "espeak-ng"
VOICES = {"zh": "cmn", "en": "en"}
SPEED = 150
"""Words a minute: calm."""
EVERY_S = 0.15
LONGEST_S = 10.0
"""Real seconds after which a program that still speaks is stopped."""
Lang = Literal["zh", "en"]

RESULTS = {
    ("accepted", "in"): N_("You are signed in"),
    ("accepted", "out"): N_("You are signed out"),
    ("again", "in"): N_("You were signed in already"),
    ("again", "out"): N_("You were signed out already"),
}
REFUSED = {
    "not_live": N_("Please come in person"),
    "no_response": N_("Not signed in. Please try again"),
    "bad_input": N_("Please stand in the middle of the picture"),
}
LOST = N_("You are only signed out. Please speak to the instructor")
UNKNOWN, PIN = N_("Not recognised. Please try again"), N_("Please enter your PIN")
GESTURES = {
    "turn_left": N_("Please turn your head to the left"),
    "turn_right": N_("Please turn your head to the right"),
    "blink": N_("Please close your eyes and open them"),
    "open_mouth": N_("Please open your mouth"),
}
CLOSE = N_("Please close your mouth")
BARE = {
    "asking": N_("Bare-face roll call. Instructor, please come to the screen"),
    "showing": N_("Please take off mask and helmet, and look at the camera in the room"),
}
POSES = {
    "front": N_("Please look straight ahead"),
    "left": N_("Please turn your head to the left"),
    "right": N_("Please turn your head to the right"),
    "up": N_("Please raise your chin"),
    "down": N_("Please lower your chin"),
}


class Sees(Protocol):
    """What is listened to: `edge.terminal.desk.Desk`."""

    def sight(self) -> Sight: ...


def sentence(sight: Sight, pose: str | None = None, bare: str | None = None) -> tuple[str, str] | None:
    """What to say now: a key that stays while the same is to be said, and the msgid. `pose`: of an enrolment; `bare`:
    the phase of a bare-face roll call, which comes first, for work has stopped."""
    if bare is not None:
        return f"bare {bare}", BARE[bare]
    if pose is not None:
        return f"pose {pose}", POSES[pose]
    if sight.ask is not None:
        return _asked(sight.ask)
    if sight.state == "pin_wanted":
        return "pin", PIN
    result = sight.result
    if result is None:
        return None
    said = LOST if result.lost else RESULTS.get((result.answer, result.direction))
    said = said or REFUSED.get(result.answer, UNKNOWN)
    return f"result {result.attempt}", said


def _asked(ask: Ask) -> tuple[str, str] | None:
    """A gesture, when it counts; and that a mouth must close again, without which it is not done."""
    if ask.stage == "asked":
        return f"ask {ask.number} {ask.gesture}", GESTURES[ask.gesture]
    if (ask.stage, ask.gesture) == ("made", "open_mouth"):
        return f"made {ask.number} {ask.gesture}", CLOSE
    return None


class Voice:
    """`pose`: what the enrolment asks for now; `bare`: the phase of a bare-face roll call. What comes while a sentence
    is spoken waits; of several the last one is said. Without the program nothing is said, and that is logged once."""

    def __init__(
        self, sees: Sees, lang: Lang, pose: Callable[[], str | None] = lambda: None, program: str = PROGRAM,
        bare: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._sees, self._lang, self._pose, self._program, self._bare = sees, lang, pose, program, bare
        self._log, self._last, self._dumb = Log("terminal.voice"), "", False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a sentence is not waited for."""
        self._stop.set()
        self._thread.join(1.0)

    def turn(self) -> None:
        """Say what is new."""
        found = sentence(self._sees.sight(), self._pose(), self._bare())
        key = "" if found is None else found[0]
        if found is not None and key != self._last:
            self.say(translate(found[1], self._lang))
        self._last = key

    def say(self, text: str) -> None:
        """Speak, and wait until it is said."""
        if self._dumb:
            return
        command = [self._program, "-v", VOICES[self._lang], "-s", str(SPEED), "--stdin"]
        try:
            subprocess.run(command, input=text.encode(), capture_output=True, timeout=LONGEST_S, check=True)
        except FileNotFoundError as error:
            self._dumb = True
            self._log.failed("voice.missing", error)
        except (OSError, subprocess.SubprocessError) as error:
            self._log.failed("voice.failed", error)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.turn()
