"""When a story is folded again: not for what another class did, and seldom for who need not have it fresh."""
from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from common.policies import load_policy
from edge.terminal import memory
from edge.terminal.memory import OLD_S, Memory
from evidence.notes import PLAIN, NoteKey
from evidence.story import Story

from .conftest import CLASS, Room

DEMO = load_policy("demo")


class Reads:
    """A memory of the room's store that counts its folds and has its time in the test's hand."""

    def __init__(self, room: Room, patch: pytest.MonkeyPatch) -> None:
        room.take_order()
        room.at(0)
        self.now_s, self.folds, self.gate = 0.0, 0, threading.Event()
        self.gate.set()
        self.memory, real = Memory(room.store, lambda: self.now_s), memory.fold

        def fold(*given: Any) -> Story:
            self.folds += 1
            assert self.gate.wait(60)
            return real(*given)

        patch.setattr(memory, "fold", fold)
        patch.setattr(memory, "LONG", 3)

    def story(self, fresh: bool = True) -> Story:
        self.memory.look()
        return self.memory.story(CLASS, DEMO, fresh)


@pytest.fixture
def reads(room: Room, monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(room, monkeypatch)


def test_what_another_class_did_folds_nothing(reads: Reads, room: Room) -> None:
    first = reads.story()
    room.check_in("p-1")
    assert len(reads.story().checkins) == 1 and reads.folds == 2
    room.store.append("checkin", dataclasses.replace(
        memory.body_of(room.store.records_of("checkin")[0].record), class_id="class-9"))  # type: ignore[type-var]
    assert reads.story().checkins and reads.folds == 2 and first.checkins == ()


def test_who_need_not_have_it_fresh_gets_an_old_one_of_a_long_chain_for_a_while(reads: Reads, room: Room) -> None:
    reads.story()
    room.check_in("p-1")
    reads.story()
    room.check_in("p-2")
    assert len(reads.story(fresh=False).checkins) == 1 and reads.folds == 2
    reads.now_s += OLD_S
    assert len(reads.story(fresh=False).checkins) == 2
    room.check_in("p-3")
    assert len(reads.story().checkins) == 3, "a press must see all"


def test_what_a_chain_before_says_is_told_on(reads: Reads, room: Room) -> None:
    room.check_in("p-1")
    room.store.begin_chain("set back to a backup")
    reads.memory = Memory(room.store, lambda: reads.now_s)
    assert len(reads.story().checkins) == 1
    room.check_in("p-2")
    assert len(reads.story().checkins) == 2


def test_checkpoints_count_by_the_key_of_the_centre_s_tree(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its certificate may come while the terminal runs."""
    room.take_order()
    room.at(0)
    known, given = [None], []
    told, real = Memory(room.store, log=lambda: known[-1]), memory.fold
    monkeypatch.setattr(memory, "fold", lambda *args: given.append(args[5]) or real(*args))
    for key in (None, NoteKey("zaitang/site/centre", PLAIN, bytes(32))):
        known.append(key)
        room.check_in("p-1")
        told.look()
        told.story(CLASS, DEMO)
    assert given == known[1:]


def test_what_was_pressed_shows_at_once(reads: Reads, room: Room) -> None:
    room.check_in("p-1")
    reads.story()
    room.pin("p-2", "p-3")
    assert len(reads.story(fresh=False).pins) == 1


def test_the_desk_does_not_wait_for_a_fold_that_runs(reads: Reads, room: Room) -> None:
    room.check_in("p-1")
    old = reads.story()
    room.check_in("p-2")
    reads.memory.look()
    reads.gate.clear()
    thread = threading.Thread(target=reads.memory.story, args=(CLASS, DEMO))
    thread.start()
    try:
        while reads.folds < 2:
            thread.join(0.01)
        reads.now_s += OLD_S
        room.check_in("p-3")
        assert reads.story(fresh=False) is old
    finally:
        reads.gate.set()
        thread.join(60)
    assert len(reads.story(fresh=False).checkins) == 3
