"""What the page says of the plan's own ends, before and afterwards, and of a recorder that does not run."""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from edge.errors import BadBox, WrongVolume
from edge.refusal import refusal_of
from edge.storage.volume import MISSING
from evidence.bodies import SessionEnd, SessionStart

from .conftest import CLASS, order_body


def said(room: Any, lang: str = "en") -> list[str]:
    return [one["text"] for one in room.state(lang)["banners"] if one["code"] in ("ends", "ended", "refused")]


def test_a_forgotten_session_is_warned_of_and_its_end_is_told(room: Any) -> None:
    room.take_order()
    room.at(0)
    session = room.presses.start(CLASS)
    room.at(149)
    assert said(room) == []
    room.at(151)
    assert said(room) == ["“焊工一班” is ended by itself at 11:20: its class-hours are over. Press end when it is done"]
    assert said(room, "zh") == ["“焊工一班”将于 11:20 自动结束：计划学时已上完。下课后请按“结束上课”"]
    assert room.state()["banners"][0]["code"] == "ends", "it stands before what is always there"
    room.at(160)
    room.store.append("session.end", SessionEnd(CLASS, session, "plan"))
    assert said(room) == ["“焊工一班” was ended by the plan at 11:20: nobody had pressed end"]
    room.at(221)
    assert said(room) == []


def test_whom_another_class_displaces_is_told_by_which(room: Any) -> None:
    room.take_order()
    room.accept(dataclasses.replace(order_body("cooking-1", after_minutes=120), title="烹调二班"))
    room.at(0)
    session = room.presses.start(CLASS)
    room.at(115)
    assert said(room) == ["“焊工一班” is ended by itself at 10:40: “烹调二班” is due then. Press end when it is done"]
    room.at(120)
    room.store.append("session.end", SessionEnd(CLASS, session, "plan"))
    room.store.append("session.start", SessionStart("cooking-1", "s-plan", "plan"))
    assert said(room) == ["“焊工一班” was ended by the plan at 10:40: nobody had pressed end"]
    room.presses.start("cooking-1")
    assert said(room) == [], "somebody is here and knows"


def test_what_began_by_itself_ends_by_itself_unless_somebody_presses(room: Any) -> None:
    room.take_order()
    room.at(0)
    room.store.append("session.start", SessionStart(CLASS, "s-plan", "plan"))
    room.at(93)
    assert said(room) == ["“焊工一班” is ended by itself at 10:22: nobody pressed start. If it goes on, press start"]
    room.presses.start(CLASS)
    assert said(room) == []


def test_an_end_that_somebody_pressed_is_none_of_the_plans(room: Any) -> None:
    """Also where a start press crossed the plan's: the recorder ends the other id for order's sake."""
    room.take_order()
    room.at(0)
    room.store.append("session.start", SessionStart(CLASS, "s-plan", "plan"))
    room.store.append("session.start", SessionStart(CLASS, "s-1", "button"))
    room.at(99)
    room.store.append("session.end", SessionEnd(CLASS, "s-1", "button", "Power cut"))
    room.store.append("session.end", SessionEnd(CLASS, "s-plan", "plan"))
    assert said(room) == []


def test_nothing_ends_by_itself_without_a_recorder_or_a_clock(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    room.take_order()
    room.at(0)
    room.presses.start(CLASS)
    room.at(155)
    assert len(said(room)) == 1
    stamp = room.clock.stamp
    monkeypatch.setattr(room.clock, "stamp", lambda: dataclasses.replace(
        stamp(), clock=dataclasses.replace(stamp().clock, synced=False)))
    assert said(room) == []
    monkeypatch.undo()
    room.recorder = None
    assert said(room) == []


def test_why_the_recorder_does_not_run_is_said_with_what_to_do(room: Any) -> None:
    room.take_order()
    room.recorder, room.refusal = None, refusal_of(WrongVolume(folder=Path("/box/video"), why=MISSING))
    assert said(room) == [
        "Nothing is recorded: have the video disk put right, then recording begins by itself (the video folder "
        "/box/video is not the volume of this box: its identity file is missing; is the disk mounted?)"]
    assert "请让人处理录像硬盘" in said(room, "zh")[0] and "/box/video" in said(room, "zh")[0]
    told = room.state()["recording"]
    assert (told["state"], told["text"]) == ("absent", "Not recording: see above")
    room.refusal = refusal_of(BadBox(folder="/box", why="x"))
    assert said(room)[0].startswith("Nothing is recorded: have this box looked at; it tries again by itself (/box is")
    room.recording_for(1)
    assert said(room) == [] and room.state()["recording"]["text"] == "Recording"
