"""Heartbeats: what is read back, what proves that a box lives, and what contradicts what; gap requests."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evidence.canonical import canonical
from evidence.errors import BadRecord, WrongSigner
from evidence.gaps import GAP_TYPE, Gap, read_gap, seal_gap
from evidence.heartbeats import (
    HEARTBEAT_TYPE,
    Heartbeat,
    contradiction,
    heartbeat_of,
    is_news,
    later,
    read_heartbeat,
    seal_heartbeat,
    silent,
)
from evidence.records import ClockState, Stamp
from evidence.seal import seal
from evidence.shape import encode
from evidence.times import MINUTE, utc_text
from tests.evidence.making import Site

SITE = Site()
BOX, CENTRE = SITE.box().alarms(3), SITE.centre()
SET, UNSET = ClockState(True, 1000, "kernel", 1), ClockState(False, 16_000_000, "kernel", 1)
START = 1_772_412_000_000_000
BEAT = Heartbeat(1, "box-1", BOX.chain, 3, BOX.sealed[-1].hash, "b0", 100, utc_text(START), SET, 2, {"box": 5})
GAP = Gap(1, "centre", "box-1", BOX.chain, 2, utc_text(START))


def at(up_to: int, mono_us: int, boot: str = "b0", clock: ClockState = SET, utc_us: int | None = None) -> Heartbeat:
    """A heartbeat of an honest chain; every number has its own hash."""
    utc = utc_text(START + mono_us if utc_us is None else utc_us)
    return dataclasses.replace(
        BEAT, up_to=up_to, head_hash=f"{up_to:064x}", mono_us=mono_us, boot_id=boot, clock=clock, utc=utc)


def test_what_is_sealed_is_read_back() -> None:
    assert read_heartbeat(seal_heartbeat(BEAT, BOX.signer), BOX.public_key, "x") == BEAT
    assert read_gap(seal_gap(GAP, CENTRE.signer), CENTRE.public_key, "x") == GAP
    assert (BEAT.head.up_to, BEAT.head.head_hash) == (3, BOX.sealed[-1].hash)
    made = heartbeat_of(BOX.sealed[-1], Stamp("b0", 7, START, SET), 1, {"box": 1})
    assert (made.up_to, made.head_hash, made.mono_us, made.waiting) == (3, BOX.sealed[-1].hash, 7, 1)


def test_another_key_or_another_type_is_refused() -> None:
    with pytest.raises(WrongSigner):
        read_heartbeat(seal_heartbeat(BEAT, CENTRE.signer), BOX.public_key, "x")
    with pytest.raises(WrongSigner):
        read_gap(seal_gap(GAP, BOX.signer), CENTRE.public_key, "x")
    with pytest.raises(BadRecord):
        read_gap(seal_heartbeat(BEAT, BOX.signer), BOX.public_key, "x")


@pytest.mark.parametrize("change", [
    {"v": 2}, {"up_to": -1}, {"head_hash": "x"}, {"utc": "2026-02-30T00:00:00.000000Z"}, {"waiting": -1},
    {"free": {"box": -1}}, {"free": {"box": "1"}}, {"boot_id": "X"}, {"clock": {}},
    {"free": {str(number): 1 for number in range(17)}}, {"free": {"x" * 65: 1}},
])
def test_what_is_no_heartbeat_is_not_read(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        payload = canonical({**encode(BEAT), **change})
        read_heartbeat(seal(payload, HEARTBEAT_TYPE, BOX.signer), BOX.public_key, "x")


@pytest.mark.parametrize("change", [{"v": 2}, {"first": -1}, {"time": "2026-02-30T00:00:00.000000Z"}, {"centre": "C"}])
def test_what_is_no_gap_request_is_not_read(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        payload = canonical({**encode(GAP), **change})
        read_gap(seal(payload, GAP_TYPE, CENTRE.signer), CENTRE.public_key, "x")


def test_within_a_boot_the_monotonic_clock_tells_and_wall_clocks_do_not() -> None:
    assert later(at(1, 10), at(1, 9)) is True and later(at(1, 9), at(1, 10)) is False
    assert later(at(1, 10, utc_us=START), at(1, 9, utc_us=START + MINUTE)) is True


def test_between_boots_two_set_clocks_tell_beyond_their_errors() -> None:
    assert later(at(1, 5_000, "b1"), at(1, 9)) is True
    assert later(at(1, 1_500, "b1"), at(1, 9)) is None
    assert later(at(1, 10**9, "b1", UNSET), at(1, 9)) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), min_size=1, max_size=30), st.data())
def test_an_honest_box_contradicts_nothing_in_whatever_order_its_heartbeats_come(
    steps: list[tuple[int, bool, bool]], data: st.DataObject
) -> None:
    """Records come, it reboots, its clock is set or not: no heartbeat that was delayed or repeated makes an alarm."""
    beats, up_to, mono, boot, wall = [], 0, 0, 0, START
    for records, reboots, synced in steps:
        up_to, mono, wall = up_to + records, mono + 1_000_000, wall + 1_000_000
        if reboots:
            boot, mono = boot + 1, 10
        beats.append(at(up_to, mono, f"b{boot}", SET if synced else UNSET, wall if synced else 0))
    came = data.draw(st.permutations(beats * 2))
    last = highest = None
    for beat in came:
        same = [one.head_hash for one in (last, highest) if one is not None and one.up_to == beat.up_to]
        reached = [] if highest is None else [highest]
        assert contradiction(beat, same, reached) is None
        if is_news(beat, last, highest):
            last = beat
            highest = beat if highest is None or beat.up_to >= highest.up_to else highest
    assert not is_news(beats[-1], beats[-1], beats[-1]), "the same again proves nothing"


@given(st.integers(0, 9), st.integers(1, 9), st.booleans())
def test_a_chain_that_ends_before_where_it_ended_is_cut(up_to: int, more: int, reboots: bool) -> None:
    before = at(up_to + more, 1000)
    after = at(up_to, 5_000_000, "b1" if reboots else "b0")
    assert contradiction(after, [None], [before]) == "chain.cut"
    assert contradiction(before, [None], [after]) is None, "it was true when it was said"


def test_a_record_counts_as_a_heartbeat_does() -> None:
    head = BOX.sealed[-1].record
    back = dataclasses.replace(BEAT, up_to=1, boot_id=head.boot_id, mono_us=head.mono_us + 1)
    assert contradiction(back, [None], [head]) == "chain.cut"
    assert contradiction(dataclasses.replace(back, mono_us=head.mono_us - 1), [None], [head]) is None


@given(st.integers(0, 9), st.lists(st.sampled_from([None, 0, 1]), max_size=4))
def test_one_number_with_two_hashes_is_a_fork(up_to: int, known: list[int | None]) -> None:
    beat = at(up_to, 10)
    same = [None if one is None else beat.head_hash if one == 0 else "f" * 64 for one in known]
    assert (contradiction(beat, same, []) == "chain.fork") == (1 in known)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 1440))
def test_silence_is_longer_than_its_limit(heard_us: int, apart_us: int, after_min: int) -> None:
    assume(apart_us != after_min * MINUTE)
    assert silent(heard_us, heard_us + apart_us, after_min) == (apart_us > after_min * MINUTE)
