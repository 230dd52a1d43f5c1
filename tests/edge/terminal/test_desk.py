"""The check-in desk: every attempt becomes one record, the answer stays on the screen long enough to be read."""
from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.cameras.file import open_file
from edge.checkin.engine import Engine
from edge.checkin.errors import LivenessUnavailable, NobodyEnrolled
from edge.checkin.kept import Kept
from edge.checkin.view import Ask, EngineView
from edge.clock import SystemClock
from edge.enrol.erase import withdraw
from edge.errors import BadStore, StoreBusy
from edge.models.errors import ModelMissing, ModelUnreachable, PackageMissing
from edge.store.people import NewFace
from edge.terminal.camera import Camera
from edge.terminal.desk import REFUSAL_S, RESULT_S, RETRY_S, Desk, Target
from edge.terminal.errors import PackLoading
from evidence.bodies import Candidate, CheckIn, Enrolment

FRAME = np.zeros((240, 320, 3), np.uint8)
BOX = (80, 60, 80, 120)


class Frames:
    silent = False

    def __init__(self) -> None:
        self.number = 0

    def newest(self, after: int) -> tuple[int, np.ndarray, int] | None:
        return (self.number, FRAME, 0) if self.number > after else None


class ScriptedEngine:
    """Says what the test wrote down, frame by frame."""

    def __init__(self, views: list[EngineView]) -> None:
        self.views, self.told, self.running = views, list[tuple[Any, Any]](), list[CheckIn]()
        self.kept: list[Kept] = []

    def keep(self, kept: Kept) -> None:
        self.kept.append(kept)

    def begin(self, session: str | None, checked_in: Any, direction: str) -> None:
        self.told.append((session, checked_in))

    def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
        return self.views.pop(0)

    def end(self) -> list[CheckIn]:
        return self.running

    def know(self, checked_in: Any) -> None:
        self.known = set(checked_in)


def attempt(number: int = 1) -> CheckIn:
    return CheckIn("welding-1", None, f"a-{number}", "builtin", "0" * 64, "cpu", 1, 0, 3, 3, 90, 0, "not_checked")


class Setup:
    """A desk with a scripted engine, frames and time in the test's hand."""

    def __init__(self, room: Any) -> None:
        room.take_order()
        self.room, self.frames, self.engine, self.made = room, Frames(), ScriptedEngine([]), 0
        self.open = True
        self.fails: Exception | None = None
        self.desk = Desk(
            self.frames, lambda: room.screen.target() if self.open else None, self._make, room.store,
            room.clock.utc_us, lambda: room.monotonic, 0.2)

    def _make(self, target: Target) -> Engine:
        self.made += 1
        if self.fails is not None:
            raise self.fails
        return self.engine  # type: ignore[return-value]

    def see(self, *views: EngineView) -> None:
        self.engine.views += views
        for _ in views:
            self.frames.number += 1
            self.room.monotonic += 0.2
            self.desk.turn()

    def attempts(self) -> list[str]:
        return [sealed.record.body["attempt"] for sealed in self.room.store.records_of("checkin")]


@pytest.fixture
def at(room: Any) -> Setup:
    return Setup(room)


def test_an_attempt_is_one_record_and_an_answer(at: Setup) -> None:
    at.see(EngineView((BOX,), "looking"))
    assert at.desk.sight().state == "hold" and at.desk.sight().result is None
    at.see(EngineView((BOX,), "accepted", "p-1", 3, 3, attempt()), EngineView((BOX,), "accepted", "p-1"))
    result = at.desk.sight().result
    assert result is not None and (result.attempt, result.answer, result.person) == ("a-1", "accepted", "p-1")
    assert at.attempts() == ["a-1"] and at.desk.jpeg().startswith(b"\xff\xd8")
    assert at.desk.sight().faces == ((250_000, 250_000, 250_000, 500_000),)


@pytest.mark.parametrize(("state", "person", "seconds"), [
    ("accepted", "p-1", RESULT_S), ("greeted", "p-1", RESULT_S), ("unknown", None, REFUSAL_S),
    ("not_live", None, REFUSAL_S), ("second_factor_missing", "p-1", REFUSAL_S),
])
def test_the_answer_stays_a_moment_after_the_face_has_gone(
    at: Setup, state: Any, person: str | None, seconds: float,
) -> None:
    at.see(EngineView((BOX,), state, person, 0, 3, attempt()), EngineView((), "empty"))
    at.room.monotonic += seconds - 0.5
    assert at.desk.sight().result is not None and at.desk.sight().state == "look"
    at.room.monotonic += 0.5
    assert at.desk.sight().result is None


def test_the_answer_of_another_face_ends_a_refusal(at: Setup) -> None:
    assert REFUSAL_S >= 8
    at.see(EngineView((BOX,), "unknown", None, 0, 3, attempt()), EngineView((), "empty"), EngineView((BOX,), "looking"))
    assert at.desk.sight().result.answer == "unknown"  # type: ignore[union-attr]
    at.see(EngineView((BOX,), "accepted", "p-2", 3, 3, attempt()))
    assert at.desk.sight().result.answer == "accepted"  # type: ignore[union-attr]


def test_the_record_of_a_visit_that_was_left_says_no_answer_again(at: Setup) -> None:
    """It comes due while somebody else reads theirs, and is not spoken once more."""
    left = dataclasses.replace(attempt(2), left=True)
    at.see(EngineView((BOX,), "accepted", "p-1", 3, 3, attempt()), EngineView((BOX,), "accepted", "p-1", 3, 3, left))
    assert at.attempts() == ["a-1", "a-2"] and at.desk.sight().result.attempt == "a-1"  # type: ignore[union-attr]


@pytest.mark.parametrize(("error", "state"), [
    (ModelMissing(file="f.onnx", pack="lab"), "pack_missing"),
    (ModelUnreachable(file="f.onnx", pack="lab", source="here", why="gone"), "pack_missing"),
    (PackageMissing(package="dlib", pack="builtin"), "no_pack"),
])
def test_a_pack_that_was_not_fetched_is_said_as_such(at: Setup, error: Exception, state: str) -> None:
    at.fails = error
    at.see(EngineView((BOX,), "looking"))
    assert at.desk.sight().state == state


def test_somebody_who_came_already_is_greeted_without_a_record(at: Setup) -> None:
    at.see(EngineView((BOX,), "greeted", "p-2"))
    assert at.desk.sight().result.answer == "again" and at.attempts() == []  # type: ignore[union-attr]


def test_who_signs_out_without_having_signed_in_is_lost(at: Setup) -> None:
    at.room.check_in("p-1")
    at.room.at(98)
    for person, lost in (("p-1", False), ("p-2", True)):
        at.see(EngineView((BOX,), "accepted", person, 3, 3, attempt()))
        assert at.desk.sight().result.lost is lost  # type: ignore[union-attr]


def test_two_people_at_once_are_asked_to_come_one_by_one(at: Setup) -> None:
    at.see(EngineView((BOX, (200, 60, 70, 100)), "looking"))
    assert at.desk.sight().state == "one"
    at.see(EngineView((BOX, (200, 60, 30, 40)), "too_small"))
    assert at.desk.sight().state == "closer"


def test_a_challenge_and_a_wanted_pin_are_shown(at: Setup) -> None:
    ask = Ask("turn_left", 1, 2, 8_000_000, "asked")
    at.see(EngineView((BOX, (200, 60, 70, 100)), "challenge", ask=ask))
    assert at.desk.sight().state == "challenge" and at.desk.sight().ask == ask
    at.room.screen.desk = at.desk
    told = at.room.state()["checkin"]
    assert told["text"] == "Turn your head to your left" and told["ask"]["left_us"] == 8_000_000
    assert at.room.state("zh")["checkin"]["text"] == "请把头转向您的左侧"
    at.see(EngineView((BOX,), "challenge", ask=dataclasses.replace(ask, gesture="open_mouth", stage="ready")))
    assert at.room.state("zh")["checkin"]["text"] == "请闭上嘴，正对摄像头", "a smile is no mouth that opens"
    at.see(EngineView((BOX,), "challenge", ask=dataclasses.replace(ask, gesture="open_mouth", stage="made")))
    assert at.room.state("zh")["checkin"]["text"] == "好，请闭上嘴，再看摄像头", "it is not done before the lips close"
    at.see(EngineView((BOX,), "challenge", ask=dataclasses.replace(ask, gesture="blink", stage="made")))
    assert at.room.state("zh")["checkin"]["text"] == "好，请再看摄像头"
    at.see(EngineView((BOX,), "pin_wanted", "p-1"))
    told = at.room.state()["checkin"]
    assert (told["state"], told["person"], told["ask"]) == ("pin_wanted", "p-1", None)
    assert told["text"].startswith("王秀英: ") and told["result"] is None


def test_an_engine_that_fails_in_a_way_nobody_foresaw_leaves_the_page(at: Setup) -> None:
    at.fails = ValueError("all the input array dimensions must match")
    at.see(EngineView((), "empty"))
    assert at.desk.sight().state == "no_pack"
    at.fails = None
    at.room.monotonic += RETRY_S
    at.see(EngineView((), "empty"))
    assert at.desk.sight().state == "look"


def test_the_desk_tells_of_its_turns_refused_ones_too_and_of_none_while_it_hangs(at: Setup) -> None:
    told, gate, hung = threading.Semaphore(0), threading.Event(), threading.Event()

    class Hangs(ScriptedEngine):
        def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
            hung.set()
            gate.wait(60)
            return EngineView((), "empty")

    def make(target: Target) -> Any:
        if at.frames.number == 1:
            raise StoreBusy()
        return Hangs([])

    desk = Desk(at.frames, at.room.screen.target, make, at.room.store, at.room.clock.utc_us,
                lambda: time.monotonic() * 100, 0.01, told.release)
    desk.start()
    try:
        at.frames.number = 1
        assert all(told.acquire(timeout=20) for _ in range(5))
        at.frames.number = 2
        while not hung.is_set():
            at.frames.number += 1
            hung.wait(0.05)
        while told.acquire(timeout=0.2):
            pass
        gate.set()
        assert told.acquire(timeout=20)
    finally:
        gate.set()
        desk.stop()


def test_an_engine_that_cannot_be_made_is_logged_once_for_each_reason(
    at: Setup, monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(at.desk._log, "failed", lambda event, error: logged.append(type(error).__name__))
    nobody, blind = NobodyEnrolled(class_id="c", pack="p"), LivenessUnavailable(policy="p", pack="p")
    for at.fails in (nobody, nobody, blind, blind, None, blind):
        at.room.monotonic += RETRY_S
        at.see(EngineView((), "empty"))
        at.desk._engine = None
    assert logged == ["NobodyEnrolled", "LivenessUnavailable", "LivenessUnavailable"] and at.made == 6


def test_who_was_recorded_in_another_way_is_known_with_the_next_frame(at: Setup) -> None:
    at.see(EngineView((), "empty"), EngineView((), "empty"))
    assert at.engine.known == set()
    at.room.check_in("p-2")
    at.see(EngineView((), "empty"))
    assert at.engine.known == {"p-2"}


def test_an_attempt_that_runs_when_the_desk_closes_is_recorded(at: Setup) -> None:
    at.see(EngineView((BOX,), "challenge", ask=Ask("blink", 1, 2, 8_000_000, "ready")))
    at.engine.running = [attempt(7), attempt(8)]
    at.open = False
    at.desk.turn()
    at.desk.turn()
    assert at.attempts() == ["a-7", "a-8"] and at.desk.sight().state == "closed"


@pytest.mark.parametrize("state, liveness, answer", [
    ("not_live", "fake", "not_live"), ("not_live", "no_response", "no_response"),
    ("liveness_missing", "bad_input", "bad_input"), ("liveness_missing", "not_checked", "liveness_missing"),
    ("second_factor_missing", "live", "second_factor_missing"), ("unknown", "fake", "unknown"),
])
def test_a_refusal_says_what_was_wrong(at: Setup, state: Any, liveness: Any, answer: str) -> None:
    at.see(EngineView((BOX,), state, None, 0, 3, attempt(), None, liveness))
    assert at.desk.sight().result.answer == answer  # type: ignore[union-attr]
    at.room.screen.desk = at.desk
    assert at.room.state()["checkin"]["result"]["text"] and not at.room.state()["checkin"]["result"]["good"]


@pytest.mark.parametrize(("role", "recorded"), [
    ("best", ["a-2"]), ("second", ["a-1", "a-2"]), ("alike", ["a-1", "a-2"]), ("waits", ["a-2"])])
@pytest.mark.parametrize("ending", [False, True])
def test_an_attempt_rests_on_no_face_that_is_erased_meanwhile(
    at: Setup, role: str, recorded: list[str], ending: bool,
) -> None:
    """`ending`: the attempt runs when the erasure comes; else it is decided in that very moment. `waits`: the PIN that
    the erased face made necessary was not given."""
    store, other = at.room.store, dataclasses.replace(attempt(2), best=Candidate("p-2", 900_000))
    for person in ("p-1", "p-2"):
        store.enrol([NewFace(np.ones((1, 4), np.float32), Enrolment(
            "welding-1", person, "builtin", "0" * 64, 1, "none"))])
    gone: dict[str, Any] = {
        "best": {"best": Candidate("p-1", 944_000)}, "second": {"second": Candidate("p-1", 300_000)},
        "alike": {"alike": ("p-1",), "pin": True}, "waits": {"alike": ("p-1",)}}
    hers = dataclasses.replace(other, **gone[role], attempt="a-1")
    at.see(EngineView((BOX,), "looking"))
    withdraw(store, "welding-1", "p-1", "command")
    if ending:
        at.engine.running = [hers, other]
        at.see(EngineView((), "empty"))
    else:
        at.engine.views = [EngineView((BOX,), "accepted", "p-1", 3, 3, hers)]
        at.desk._faces = store.faces_version()
        at.see()
        at.frames.number += 1
        at.desk.turn()
        assert (at.desk.sight().result is None) is ("a-1" not in recorded)
        at.see(EngineView((BOX,), "accepted", "p-2", 3, 3, other))
    assert at.attempts() == recorded
    assert "p-1" not in str([sealed.record.body for sealed in store.records_of("checkin")])


def test_a_busy_store_loses_no_attempt(at: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    append = at.room.store.append_attempt
    monkeypatch.setattr(at.room.store, "append_attempt", lambda *_: (_ for _ in ()).throw(StoreBusy()))
    with pytest.raises(StoreBusy):
        at.see(EngineView((BOX,), "accepted", "p-1", 3, 3, attempt()))
    monkeypatch.setattr(at.room.store, "append_attempt", append)
    at.see(EngineView((), "empty"))
    assert at.attempts() == ["a-1"]


def test_a_database_on_a_full_disk_does_not_end_the_desk(at: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def full(*_: object) -> None:
        tries.append(1)
        raise BadStore(path="zaitang.db", why="database or disk is full")

    monkeypatch.setattr(at.room.store, "append_attempt", full)
    at.desk._unsaved.append(attempt())
    at.desk.start()
    deadline = time.monotonic() + 60
    while len(tries) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    at.desk.stop()
    assert len(tries) >= 2 and at.desk._unsaved


class Open:
    """An enrolment that is open."""

    active = True

    def frame(self, bgr: np.ndarray | None) -> None:
        self.seen = bgr


def test_an_enrolment_or_a_face_that_comes_forgets_no_doubt_and_no_queue(
    at: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.see(EngineView((), "empty"))
    at.desk.guide = Open()
    at.frames.number += 1
    at.desk.turn()
    at.desk.guide = None
    at.see(EngineView((), "empty"))
    monkeypatch.setattr(at.room.store, "faces_version", lambda: "another")
    at.see(EngineView((), "empty"))
    assert at.made == 3 and len(at.engine.kept) == 3 and len({id(one) for one in at.engine.kept}) == 1
    at.open = False
    at.desk.turn()
    at.open = True
    at.see(EngineView((), "empty"))
    assert at.engine.kept[3] is not at.engine.kept[0]


def test_when_the_last_face_is_erased_nobody_is_remembered(at: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    at.see(EngineView((), "empty"))
    assert at.desk._kept
    monkeypatch.setattr(at.room.store, "faces_version", lambda: "another")
    at.fails = NobodyEnrolled(class_id="welding-1", pack="builtin")
    at.frames.number += 1
    at.desk.turn()
    assert not at.desk._kept
def test_nobody_is_told_of_what_is_not_on_record_and_the_picture_goes_on(
    at: Setup, monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = at.room.store.append_attempt

    def full(*_: object) -> None:
        raise BadStore(path="zaitang.db", why="database or disk is full")

    monkeypatch.setattr(at.room.store, "append_attempt", full)
    at.frames.number += 1
    at.engine = ScriptedEngine([EngineView((BOX,), "accepted", "p-1", 3, 3, attempt())])
    at.desk._every_s = 0.001
    at.desk.start()
    wait_for(lambda: at.desk.sight().state == "unrecorded")
    assert at.desk.sight().result is None
    at.frames.number += 1
    wait_for(lambda: at.desk.sight().frame == at.frames.number)
    monkeypatch.setattr(at.room.store, "append_attempt", append)
    wait_for(lambda: at.attempts() == ["a-1"])
    at.desk.stop()


def test_an_attempt_that_runs_when_the_service_stops_is_recorded(at: Setup) -> None:
    at.see(EngineView((BOX,), "challenge"))
    at.engine.running = [attempt(7)]
    at.desk.start()
    at.desk.stop()
    assert at.attempts() == ["a-7"]


def test_a_library_that_fails_on_a_frame_costs_that_frame_only(at: Setup) -> None:
    class Fails(ScriptedEngine):
        def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
            if at.frames.number == 1:
                raise ValueError("of a library")
            return super().step(bgr, mono_us)

    at.engine = Fails([EngineView((BOX,), "accepted", "p-1", 3, 3, attempt())])
    at.frames.number, at.desk._every_s = 1, 0.001
    at.desk.start()
    wait_for(lambda: at.made == 1)
    at.frames.number = 2
    wait_for(lambda: at.attempts() == ["a-1"])
    at.desk.stop()


@pytest.mark.parametrize("broken", [False, True])
def test_an_attempt_that_runs_when_a_library_fails_is_recorded(at: Setup, broken: bool) -> None:
    """Unless the engine cannot even say it: then another one goes on."""
    class Fails(ScriptedEngine):
        def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
            raise ValueError("of a library")

        def end(self) -> list[CheckIn]:
            if broken:
                raise ValueError("of a library")
            return super().end()

    at.engine = Fails([])
    at.engine.running = [attempt(8)]
    at.frames.number, at.desk._every_s = 1, 0.001
    at.desk.start()
    wait_for(lambda: at.desk._number == 1 and at.desk._engine is None)
    at.engine = ScriptedEngine([EngineView((BOX,), "accepted", "p-1", 3, 3, attempt())])
    at.frames.number = 2
    wait_for(lambda: at.attempts() == ([] if broken else ["a-8"]) + ["a-1"])
    at.desk.stop()


def wait_for(true: Callable[[], bool]) -> None:
    """Until it is so; the test ends if it never is."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never was so")


def test_a_closed_desk_looks_at_nobody(at: Setup) -> None:
    at.see(EngineView((BOX,), "looking"))
    at.open = False
    at.frames.number += 1
    at.desk.turn()
    assert at.desk.sight().state == "closed" and at.desk.jpeg() == b""


def test_a_silent_camera_is_said(at: Setup) -> None:
    at.frames.silent = True
    at.desk.turn()
    assert at.desk.sight().state == "no_camera" and at.desk.jpeg() == b""


def test_a_new_session_is_told_to_the_engine_and_not_made_anew(at: Setup) -> None:
    at.see(EngineView((), "empty"))
    session = at.room.presses.start("welding-1")
    at.see(EngineView((), "empty"))
    assert at.made == 1 and at.engine.told == [(session, frozenset())]


def test_without_enrolled_faces_it_says_so_and_tries_again(at: Setup) -> None:
    at.fails = NobodyEnrolled(class_id="welding-1", pack="builtin")
    at.frames.number += 1
    at.desk.turn()
    assert at.desk.sight().state == "nobody_enrolled" and at.desk.jpeg()
    at.frames.number += 1
    at.desk.turn()
    assert at.made == 1
    at.fails = None
    at.room.monotonic += RETRY_S
    at.see(EngineView((), "empty"))
    assert at.made == 2 and at.desk.sight().state == "look"


def test_a_pack_that_is_being_loaded_is_waited_for_frame_by_frame(at: Setup) -> None:
    at.fails = PackLoading(pack="builtin")
    for made in (1, 2):
        at.frames.number += 1
        at.desk.turn()
        assert at.desk.sight().state == "loading" and at.made == made
    at.fails = None
    at.see(EngineView((BOX,), "looking"))
    assert at.desk.sight().state == "hold"


def test_a_real_face_in_a_real_film_checks_in(
    room: Any, tmp_path: Path, make_video: Callable[..., Path], pictures: Any, builtin: Any, templates: Any,
) -> None:
    """Camera, decoding, engine and store, with the pack that comes with the packages."""
    canvas = np.full((480, 640, 3), 128, np.uint8)
    canvas[100:340, 200:410] = pictures.portraits["p-7"]
    film = make_video(tmp_path / "film.mp4", [canvas] * 300, fps=5, gop=5)
    room.take_order()
    clock = SystemClock()
    camera = Camera(lambda: open_file(f"file:{film}", clock), lambda: clock.mono_us() / 1e6)

    def make(target: Target) -> Engine:
        return Engine(builtin, target.policy, target.class_id, target.session, templates, target.checked_in)

    desk = Desk(camera, room.screen.target, make, room.store, room.clock.utc_us, lambda: clock.mono_us() / 1e6, 0.1)
    camera.start()
    desk.start()
    deadline = clock.mono_us() + 60_000_000
    while not room.store.records_of("checkin") and clock.mono_us() < deadline:
        time.sleep(0.1)
    desk.stop()
    camera.stop()
    best = room.store.records_of("checkin")[0].record.body["best"]
    assert best["person"] == "p-7" and len(desk.sight().faces) == 1


