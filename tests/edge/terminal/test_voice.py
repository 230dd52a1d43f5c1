"""The voice: what is said when, through a program that the test puts on the path; silence where there is none."""
from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import logs
from common.texts import translate
from edge.checkin.view import Ask
from edge.terminal import voice
from edge.terminal.view import Result, Sight
from edge.terminal.voice import Voice, sentence
from edge.terminal.words import ANSWERS

ASK = Ask("turn_left", 1, 2, 5_000_000, "asked")


class Seen:
    def __init__(self) -> None:
        self.now = Sight("look", 1)

    def sight(self) -> Sight:
        return self.now


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of espeak-ng, which writes down what it was asked to say."""
    program, said = tmp_path / voice.PROGRAM, tmp_path / "said"
    program.write_text(f'#!/bin/sh\necho "$@" >> {said}\ncat >> {said}\necho >> {said}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return said


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.setup(stream)
    yield stream
    logging.getLogger().handlers.clear()


def result(answer: str, direction: str = "in", attempt: str = "a-1") -> Sight:
    return Sight("hold", 1, result=Result(attempt, answer, "p-1", 0, direction))  # type: ignore[arg-type]


def test_a_sentence_is_said_once_and_in_the_language_of_the_box(spoken: Path) -> None:
    seen = Seen()
    speaker = Voice(seen, "zh")
    seen.now = Sight("challenge", 1, ask=ASK)
    speaker.turn()
    speaker.turn()
    seen.now = result("accepted")
    speaker.turn()
    seen.now = result("accepted", "out", "a-2")
    speaker.turn()
    lines = spoken.read_text().split("\n")
    assert lines[0].split()[:2] == ["-v", "cmn"] and lines[1::2][:3] == ["请向左转头", "签到成功", "签退成功"]
    Voice(seen, "en").turn()
    assert "-v en" in spoken.read_text() and "You are signed out" in spoken.read_text()


def test_who_only_signed_out_hears_it() -> None:
    sight = result("accepted", "out")
    assert sight.result is not None
    lost = dataclasses.replace(sight, result=dataclasses.replace(sight.result, lost=True))
    assert sentence(lost) == ("result a-1", "You are only signed out. Please speak to the instructor")


def test_every_answer_has_a_sentence_and_none_a_name() -> None:
    for answer in ANSWERS:
        for direction in ("in", "out"):
            found = sentence(result(answer, direction))
            assert found is not None and found[1] and "{" not in found[1] and "王" not in translate(found[1], "zh")


def test_a_gesture_is_asked_for_when_it_counts() -> None:
    assert sentence(Sight("challenge", 1, ask=Ask("blink", 1, 2, 1, "ready"))) is None
    assert sentence(Sight("challenge", 1, ask=Ask("blink", 1, 2, 1, "made"))) is None
    assert sentence(Sight("challenge", 1, ask=Ask("open_mouth", 2, 2, 1, "made"))) == (
        "made 2 open_mouth", "Please close your mouth")
    assert sentence(Sight("challenge", 1, ask=ASK)) == ("ask 1 turn_left", "Please turn your head to the left")
    assert sentence(Sight("pin_wanted", 1, person="p-1")) == ("pin", "Please enter your PIN")
    assert sentence(Sight("look", 1)) is None and sentence(Sight("enrolling", 1), "up") is not None


def test_without_the_program_nothing_is_said_and_one_line_is_logged(
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    seen = Seen()
    speaker = Voice(seen, "zh")
    for number in range(3):
        seen.now = result("accepted", attempt=f"a-{number}")
        speaker.turn()
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["voice.missing"]


def test_a_program_that_fails_or_hangs_stops_nobody(
    spoken: Path, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO,
) -> None:
    monkeypatch.setattr(voice, "LONGEST_S", 0.2)
    spoken.with_name(voice.PROGRAM).write_text("#!/bin/sh\nexec sleep 5\n")
    speaker = Voice(Seen(), "zh")
    speaker.say("请看摄像头")
    spoken.with_name(voice.PROGRAM).write_text("#!/bin/sh\nexit 3\n")
    speaker.say("请看摄像头")
    assert logged.getvalue().count("voice.failed") == 2 and "请看" not in logged.getvalue()


def test_the_thread_speaks_and_ends(spoken: Path) -> None:
    seen = Seen()
    speaker = Voice(seen, "zh", lambda: "front")
    speaker.start()
    deadline = time.monotonic() + 60
    while not spoken.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    speaker.stop()
    assert spoken.exists()


def test_a_bare_face_roll_call_is_said_before_all_else() -> None:
    seen = result("accepted")
    assert sentence(seen, None, "showing") == ("bare showing", voice.BARE["showing"])
    assert sentence(seen, "left", "asking") == ("bare asking", voice.BARE["asking"])
    assert "头盔" in translate(voice.BARE["showing"], "zh")
