"""Checkpoints at the box: recorded now and then, and a centre that went back or says two things raises an alarm."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.sync.process import make_inbox
from edge.sync.seen import EVERY_S, judge
from edge.wiring import Box
from evidence.bodies import Alarm, CheckpointSeen, SessionStart, body_of
from evidence.certs import fingerprint
from evidence.checkpoint import Checkpoint, check_seen, log_key, origin_of, sign_checkpoint
from evidence.notes import NoteKey
from evidence.seal import KeySigner
from evidence.times import SECOND, utc_text

MakeBox = Callable[..., Box]
AT = 1_772_412_000


class Desk:
    """A box that knows its centre, its inbox, and a monotonic clock that the test winds."""

    def __init__(self, box: Box, centre: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.box, self.centre, self.now_s = box, centre, 0.0
        (box.folder / "keys" / "centre.crt").write_text(centre.certificate)
        monkeypatch.setattr("edge.sync.process.time.monotonic", lambda: self.now_s)
        self.restart()

    def restart(self) -> None:
        self.inbox = make_inbox(self.box, "centre")

    @property
    def key(self) -> NoteKey:
        return log_key(origin_of(fingerprint(self.centre.root), "centre"), self.centre.key.public_key())

    def note(self, size: int, at: int = AT, root: bytes = bytes(32), key: Any = None) -> bytes:
        checkpoint = Checkpoint(self.key.name, size, root)
        return sign_checkpoint(checkpoint, self.key, KeySigner(key or self.centre.key), at).bytes()

    def recorded(self) -> list[CheckpointSeen]:
        return [body_of(one.record) for one in self.box.store.records_of("checkpoint.seen")]  # type: ignore[misc]

    def alarms(self) -> list[str]:
        bodies = [body_of(one.record) for one in self.box.store.records_of("alarm")]
        return [body.code for body in bodies if isinstance(body, Alarm)]


@pytest.fixture
def desk(make_box: MakeBox, centre: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(make_box(), centre, monkeypatch)


def test_the_newest_checkpoint_is_recorded_no_more_often_than_once_in_ten_minutes(desk: Desk) -> None:
    desk.inbox.checkpoint(desk.note(5))
    for size in (6, 7, 7):
        desk.inbox.checkpoint(desk.note(size, AT + size))
    desk.now_s += EVERY_S
    desk.inbox.checkpoint(desk.note(9, AT + 9))
    (first, second) = desk.recorded()
    assert (first.size, second.size) == (5, 9)
    assert (second.time, second.root_hash) == (utc_text((AT + 9) * SECOND), "00" * 32)
    check_seen(second, desk.key)
    assert desk.alarms() == []


def test_a_centre_rolled_back_raises_an_alarm_once(desk: Desk) -> None:
    desk.inbox.checkpoint(desk.note(9))
    desk.inbox.checkpoint(desk.note(12, AT + 60))
    for later in range(3):
        desk.inbox.checkpoint(desk.note(11 - later, AT + 120 + later))
    assert desk.alarms() == ["centre.rolled_back"]
    assert [one.size for one in desk.recorded()] == [9]


def test_it_is_caught_after_a_restart_too(desk: Desk) -> None:
    desk.inbox.checkpoint(desk.note(9))
    desk.box.store.append("session.start", SessionStart("welding-1", "s-1", "button"))
    desk.restart()
    desk.inbox.checkpoint(desk.note(8, AT + 60))
    assert desk.alarms() == ["centre.rolled_back"]


def test_two_trees_of_one_size_raise_an_alarm(desk: Desk) -> None:
    desk.inbox.checkpoint(desk.note(9))
    desk.inbox.checkpoint(desk.note(9, AT - 60, b"\x01" * 32))
    assert desk.alarms() == ["centre.two_trees"]


def test_an_old_message_that_comes_again_is_no_alarm(desk: Desk) -> None:
    for size, at in ((9, AT), (12, AT + 60), (9, AT), (12, AT + 60), (12, AT + 86400)):
        desk.inbox.checkpoint(desk.note(size, at))
    assert desk.alarms() == []


def test_a_forged_checkpoint_is_refused_with_an_alarm(desk: Desk, centre: Any) -> None:
    for message in (b"x", b"\xff" * 100_000, desk.note(5, key=Ed25519PrivateKey.generate())):
        desk.inbox.checkpoint(message)
    assert desk.alarms() == ["checkpoint.refused"] * 3
    assert desk.recorded() == []


def test_a_checkpoint_that_comes_before_the_centre_is_known_waits_for_that(desk: Desk, centre: Any) -> None:
    (desk.box.folder / "keys" / "centre.crt").unlink()
    desk.restart()
    for size in (4, 5):
        desk.inbox.checkpoint(desk.note(size))
    assert (desk.recorded(), desk.alarms()) == ([], [])
    desk.inbox.order(centre.message(centre.order()))
    assert ([one.size for one in desk.recorded()], desk.alarms()) == ([5], [])


def seen(size: int, root: int, at: int) -> CheckpointSeen:
    return CheckpointSeen("o", size, f"{root:064x}", utc_text(at * SECOND), "A" * 86 + "==")


HONEST = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=8)


@given(HONEST, st.data())
def test_an_honest_centre_is_never_accused_whatever_the_broker_sends_again(
    steps: list[tuple[int, int]], data: st.DataObject,
) -> None:
    """Sizes and times never fall, a size has one root; the broker repeats what it sent, in any order."""
    told, size, at = [], 0, AT
    for grew, later in steps:
        size, at = size + grew, at + later
        told.append(seen(size, size, at))
    order = data.draw(st.lists(st.sampled_from(told), max_size=20))
    last = None
    for one in [*told, *order]:
        verdict = judge(last, one)
        assert verdict in ("newer", "same", "stale")
        last = one if verdict == "newer" else last
