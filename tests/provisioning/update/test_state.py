"""The table of an update: whoever is killed wherever, the machine has a whole release, and none that failed at rest."""
from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.install.said import InstallError
from provisioning.update.kept import load, save
from provisioning.update.state import (
    AT_REST,
    TABLE,
    Act,
    Facts,
    Phase,
    Row,
    State,
    before,
    done,
    failed,
    go_back,
    kept,
    step,
)


class Killed(Exception):
    """The updater was killed, or the power cut."""


class World:
    """A machine as what it has. `bad`: releases that do not hold; `runs`: of which release the processes are."""

    def __init__(self, bad: frozenset[str]) -> None:
        self.bad, self.noted = bad, State()
        self.current = self.runs = "0.1"
        self.whole = {"0.1"}
        self.offer, self.open, self.films, self.start = "", False, False, 1
        self.told: list[tuple[str, str]] = []
        self.halves = -1

    def facts(self, starting: bool) -> Facts:
        quiet = not self.open and not self.films
        return Facts(self.current, frozenset(self.whole), self.offer, quiet, self.films, True, f"start-{self.start}",
                     True, starting)

    def go_on(self, starting: bool = False, halves: int = -1) -> None:
        """As provisioning.update.run does; killed after so many half steps."""
        self.halves = halves
        while (row := step(self.noted, facts := self.facts(starting))) is not None:
            after = self._step(row, facts)
            self._half()
            self.noted = after

    def _step(self, row: Row, facts: Facts) -> State:
        self._half()
        try:
            return done(self.noted, facts, row, self._do(row.act))
        except InstallError:
            why: dict[str, Any] = {"why": "doctor"} if row.act == "prove" else {"seen": self.offer}
            return failed(self.noted, row, why)

    def _half(self) -> None:
        if self.halves == 0:
            raise Killed
        self.halves -= 1

    def _do(self, act: Act) -> dict[str, Any]:
        state = self.noted
        match act:
            case "check":
                if self.offer in state.broken or self.offer <= self.current:
                    raise InstallError("", "")
                return {"version": self.offer, "old": self.current, "seen": self.offer}
            case "build":
                assert not self.open and not self.films
                self.whole.add(state.version)
            case "link":
                assert not self.open and not self.films and state.version in self.whole
                self.current = state.version
            case "restart":
                assert not self.open and not self.films
                self.runs = self.current
            case "prove":
                assert self.runs == self.current == state.version
                if state.version in self.bad:
                    raise InstallError("", "")
            case "link_back":
                self.current = state.old
            case "restart_back":
                assert not self.films
                self.runs = self.current
            case "tell":
                self.told.append((state.phase, state.version))
            case "tidy":
                self.whole &= kept(self.current, frozenset(self.whole), state.broken)
        return {}

    def start_machine(self, halves: int) -> None:
        """The updater first, then the ends with what is current."""
        self.start += 1
        self.runs = ""
        try:
            self.go_on(starting=True, halves=halves)
        except Killed:
            self.start_machine(-1)
        self.runs = self.current


KILLS = st.one_of(st.integers(0, 30), st.just(-1))
EVENTS = st.lists(st.one_of(
    st.tuples(st.just("go on"), KILLS), st.tuples(st.just("start"), KILLS),
    st.tuples(st.sampled_from(["open", "films"]), st.booleans()), st.tuples(st.just("offer"), st.sampled_from("2345")),
), max_size=25)


@settings(max_examples=400, deadline=None)
@given(EVENTS, st.frozensets(st.sampled_from(["0.2", "0.3", "0.4", "0.5"])))
def test_every_sequence_of_kills_leaves_a_whole_release_and_no_broken_one(
    events: list[tuple[str, Any]], bad: frozenset[str],
) -> None:
    world = World(bad)
    for kind, value in events:
        if kind == "go on":
            with contextlib.suppress(Killed):
                world.go_on(halves=value)
        elif kind == "start":
            world.start_machine(value)
        elif kind == "offer":
            world.offer = f"0.{value}"
        else:
            setattr(world, kind, value)
        assert world.current in world.whole and world.runs in world.whole
    world.open = world.films = False
    for _ in range(3):
        world.go_on()
    assert world.noted.phase in AT_REST and world.noted.told and world.noted.tidy
    assert world.runs == world.current and world.current not in bad
    assert len(world.whole) <= 2
    assert not bad & world.whole, "what did not hold is no way back"


def test_a_good_release_goes_all_the_way() -> None:
    world, phases = World(frozenset()), list[Phase]()
    world.offer = "0.2"
    while True:
        row = step(world.noted, world.facts(False))
        if row is None:
            break
        world.noted = world._step(row, world.facts(False))
        if phases[-1:] != [world.noted.phase]:
            phases.append(world.noted.phase)
    assert phases == ["checked", "built", "waiting", "switched", "proving", "kept"]
    assert (world.current, world.runs, world.whole, world.told) == ("0.2", "0.2", {"0.1", "0.2"}, [])


def test_a_broken_one_goes_back_is_stated_once_and_never_tried_again() -> None:
    world = World(frozenset({"0.2"}))
    world.offer = "0.2"
    world.go_on()
    assert (world.noted.phase, world.current, world.told) == ("rolled_back", "0.1", [("rolled_back", "0.2")])
    world.noted = dataclasses.replace(world.noted, seen="")
    world.go_on()
    assert (world.noted.phase, world.runs, len(world.told)) == ("idle", "0.1", 1)


@pytest.mark.parametrize("what", ["open", "films"])
@pytest.mark.parametrize("made", [False, True])
def test_nothing_is_made_or_switched_while_a_class_runs(what: str, made: bool) -> None:
    world = World(frozenset())
    world.offer = "0.2"
    while made and world.noted.phase != "waiting":
        row = step(world.noted, world.facts(False))
        assert row is not None
        world.noted = world._step(row, world.facts(False))
    setattr(world, what, True)
    world.go_on()
    assert (world.noted.phase, world.current, "0.2" in world.whole) == ("waiting" if made else "checked", "0.1", made)
    setattr(world, what, False)
    world.go_on()
    assert (world.noted.phase, world.current) == ("kept", "0.2")


@pytest.mark.parametrize("bad", [frozenset(), frozenset({"0.2"})])
@pytest.mark.parametrize("what", ["open", "films"])
def test_a_class_that_begins_after_a_kill_is_not_cut_either(what: str, bad: frozenset[str]) -> None:
    halves, killed = 0, True
    while killed:
        world, killed = World(bad), False
        world.offer = "0.2"
        try:
            world.go_on(halves=halves)
        except Killed:
            killed = True
        setattr(world, what, True)
        world.go_on()
        setattr(world, what, False)
        world.go_on()
        assert (world.current, world.runs) == (("0.1", "0.1") if bad else ("0.2", "0.2"))
        halves += 1
    assert halves > 15


def proving(starts: int) -> State:
    return State("proving", "0.2", "0.1", starts=tuple(f"start-{number}" for number in range(1, starts + 1)))


@pytest.mark.parametrize(("starts", "act"), [(1, "prove"), (2, "prove"), (3, "go_back")])
def test_the_second_start_without_a_proof_goes_back(starts: int, act: Act) -> None:
    facts = Facts("0.2", frozenset({"0.1", "0.2"}), start=f"start-{starts}")
    row = step(proving(starts), facts)
    assert row is not None and row.act == act


def test_before_the_ends_start_only_the_link_moves() -> None:
    world = World(frozenset())
    world.noted, world.current, world.whole = proving(1), "0.2", {"0.1", "0.2"}
    world.start_machine(-1)
    assert (world.noted.phase, world.current, world.runs) == ("proving", "0.2", "0.2")
    world.start_machine(-1)
    assert (world.noted.phase, world.current, world.runs) == ("rolled_back", "0.1", "0.1")


def test_without_a_way_back_it_stays_and_says_so() -> None:
    state = dataclasses.replace(proving(3), why="doctor")
    facts = Facts("0.2", frozenset({"0.1", "0.2"}), start="start-3", way_back=False)
    row = step(state, facts)
    assert row is not None
    after = done(state, facts, row, {})
    assert (row.act, after.phase, after.told) == ("nothing", "stays", False)


def test_a_recording_is_not_cut_by_going_back() -> None:
    state = State("rolling_back", "0.2", "0.1", starts=("start-1",), stale=True)
    films = Facts("0.2", frozenset({"0.1", "0.2"}), records=True, start="start-1")
    assert step(state, films) is None
    row = step(state, dataclasses.replace(films, records=False))
    assert row is not None and row.act == "link_back"


def test_somebody_goes_back() -> None:
    world = World(frozenset())
    world.offer = "0.2"
    world.go_on()
    world.noted = go_back(world.noted, "0.2", before("0.2", frozenset(world.whole), {}))
    world.go_on()
    assert (world.noted.phase, world.runs, world.noted.broken) == ("rolled_back", "0.1", {"0.2": "asked"})


@pytest.mark.parametrize(("current", "whole", "broken", "stay"), [
    ("0.2", {"0.1", "0.2"}, {}, {"0.1", "0.2"}),
    ("0.10", {"0.8", "0.9", "0.10"}, {}, {"0.9", "0.10"}),
    ("0.3", {"0.1", "0.2", "0.3"}, {"0.2": "doctor"}, {"0.1", "0.3"}),
    ("0.1", {"0.1", "0.2"}, {"0.2": "starts"}, {"0.1"}),
    ("1.0", {"1.0rc1", "1.0"}, {}, {"1.0rc1", "1.0"}),
])
def test_the_last_two_that_held_are_kept(current: str, whole: set[str], broken: dict[str, str], stay: set[str]) -> None:
    assert kept(current, frozenset(whole), broken) == stay


def test_every_row_says_where_it_leads() -> None:
    assert all(row.act != "nothing" or row.then != row.phase for row in TABLE)
    assert {row.phase for row in TABLE} == set(Phase.__args__)  # type: ignore[attr-defined]


def test_the_state_comes_back_as_it_was_noted(tmp_path: Path) -> None:
    said, broken = {"zh": "因", "en": "why"}, {"0.0.1": "starts"}
    state = State("proving", "0.2", "0.1", starts=("a", "b"), said=said, broken=broken)
    save(tmp_path / "update.json", state)
    assert load(tmp_path / "update.json") == state and load(tmp_path / "none.json") == State()


def test_a_state_of_a_newer_version_is_read_where_it_rests_and_told_as_what_it_is_else(tmp_path: Path) -> None:
    """Somebody went back to this release, whose updater then finds what the newer one noted last."""
    path = tmp_path / "update.json"
    path.write_text('{"phase": "rolled_back", "version": "0.3", "broken": {"0.3": "asked"}, "colour": "red"}')
    assert load(path) == State("rolled_back", "0.3", broken={"0.3": "asked"})
    path.write_text('{"phase": "switched", "version": "0.3", "colour": "red"}')
    with pytest.raises(InstallError, match="newer version"):
        load(path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"phase": "gone"}', '{"what": 1}', "null"])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "update.json").write_text(text)
    with pytest.raises(InstallError, match="damaged"):
        load(tmp_path / "update.json")
