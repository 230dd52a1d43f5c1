"""Sign-ins on the class page: by face, by PIN, late, not at all, and what does not count."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from central.web.signs import answer_kind, answer_words
from central.wiring import Centre
from evidence.bodies import Candidate, CheckIn, ConsentWithdrawn, PinCheckIn
from evidence.story import CheckInFact
from evidence.times import MINUTE
from tests.central.console import signed_in
from tests.central.helpers import MORNING, Box, FixedClock
from tests.central.test_classes import add

OPENING = MORNING - 30 * MINUTE


def mono(at_us: int) -> int:
    return at_us - MORNING + 120 * MINUTE


def face(person: str, at_us: int, direction: str = "in") -> CheckIn:
    return CheckIn("welder-1", None, "a-1", "lab", "ab" * 32, "cpu", 363_000, 50_000, 10, 9, 142, mono(at_us),
                   "not_checked", Candidate(person, 712_000), None, direction)  # type: ignore[arg-type]


def pin(person: str, at_us: int, by: str | None) -> PinCheckIn:
    return PinCheckIn("welder-1", None, "a-2", person, "in", "cannot", by, 0, mono(at_us))


@pytest.fixture
def page(centre: Centre, clock: FixedClock, tmp_path: Path) -> str:
    """张伟 by face, early away; 王芳 late by PIN; 李娜 by a PIN of nobody and by a face that she had withdrawn."""
    add(centre, tmp_path)
    with centre.store.read() as tx:
        named = centre.names.open_all("welder-1", tx.sealed_names("welder-1"))
    person = {one.name: key for key, one in named.items()}
    box = Box(centre)
    box.genesis()
    box.append(face(person["陈老师"], OPENING), OPENING)
    box.append(face(person["张伟"], OPENING), OPENING + MINUTE)
    box.append(ConsentWithdrawn("welder-1", person["李娜"], "terminal"), OPENING + 2 * MINUTE)
    box.append(face(person["李娜"], OPENING + 3 * MINUTE), OPENING + 3 * MINUTE)
    box.append(pin(person["李娜"], OPENING + 4 * MINUTE, None), OPENING + 4 * MINUTE)
    box.append(pin(person["王芳"], MORNING + 15 * MINUTE, person["陈老师"]), MORNING + 15 * MINUTE)
    box.append(face(person["张伟"], MORNING + 20 * MINUTE, "out"), MORNING + 20 * MINUTE)
    clock.utc_us = MORNING + 25 * MINUTE
    centre.collector().take(box.messages())
    clock.utc_us = MORNING + 24 * 60 * MINUTE
    text = signed_in(centre).get("/classes/welder-1?lang=en").text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_each_recording_counts_who_signed_in_and_how(page: str) -> None:
    assert "signed in by face 1, by PIN 1, of them late 1; not signed in 1; instructors signed in 1" in page
    assert "signed in by face 0, by PIN 0, of them late 0; not signed in 3; instructors signed in 0" in page


def test_the_matrix_says_when_and_how(page: str) -> None:
    row = {name: page[page.index(name, page.index("Trainee ")):][:160] for name in ("张伟", "王芳", "李娜")}
    assert "checked in 08:00" in row["张伟"] and "signed out 08:50" in row["张伟"]
    assert "by PIN 08:45 late" in row["王芳"] and "did not check in" in row["李娜"]


def test_the_list_says_what_counts_and_what_does_not(page: str) -> None:
    for said in ("signed in by PIN, confirmed by 陈老师", "PIN that does not count: no instructor confirmed it",
                 "does not count: the use of the face was refused or withdrawn", "张伟 signed out"):
        assert said in page, said


def test_the_findings_are_there_in_words(page: str) -> None:
    for said in ("Check-ins at the terminal", "sign-ins by PIN: 1 of 2 (50 %)", "instructors in the plan: 1",
                 "by face 1, by PIN 1; on the roster: 3", "李娜"):
        assert said in page, said


@pytest.mark.parametrize(("liveness", "kind", "words"), [
    ("no_response", "unknown", "拒绝：动作与提示不符"), ("fake", "not_live", "拒绝：不是真人")])
def test_who_only_did_not_make_the_gestures_is_not_called_a_picture(liveness: str, kind: str, words: str) -> None:
    fact = CheckInFact(("box-1", "ab" * 16, 1), face("p-1", OPENING), OPENING, "not_live", "p-1", None,
                       liveness)  # type: ignore[arg-type]
    assert (answer_kind(fact), answer_words(fact, {}, "zh")) == (kind, words)
