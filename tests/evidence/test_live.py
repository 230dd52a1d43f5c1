"""Live pictures: what the word of a piece says, who is believed and for how long; until when a box sends."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.box_orders import BoxOrder, WantedLive, live_refusal, refusal
from evidence.canonical import canonical
from evidence.errors import BadRecord, BadSeal, TokenElsewhere, TokenExpired, TokenTooLong, WrongSigner
from evidence.live import LONGEST_US, LiveFragment, judge_live, left_us, peek_live, read_live, seal_live
from evidence.records import ClockState, Stamp
from evidence.seal import LIVE_TYPE, seal
from evidence.shape import encode
from evidence.times import SECOND, utc_us
from evidence.uploads import Upload, seal_upload
from tests.evidence.making import Site

SITE = Site()
BOX, CENTRE = SITE.box(), SITE.centre()
ORDER, SHA = "cd" * 32, "ab" * 32
PIECE = LiveFragment(1, "box-1", "centre", ORDER, 2, 7, "2026-03-02T00:40:00.000000Z", "video", False, SHA, 120_000,
                     "2026-03-02T00:41:00.000000Z")
UNTIL = utc_us(PIECE.expires)
WANTED = WantedLive("room", "video", 900, "li.ming")


def stamp(boot: str, mono_us: int, utc: int, synced: bool = True, rate: int = 1) -> Stamp:
    return Stamp(boot, mono_us, utc, ClockState(synced=synced, max_error_us=1, source="kernel", rate=rate))


def test_a_word_is_read_back() -> None:
    envelope = seal_live(PIECE, BOX.signer)
    assert read_live(envelope, BOX.public_key) == peek_live(envelope) == PIECE


def test_a_word_of_somebody_else_or_altered_is_refused() -> None:
    envelope = seal_live(PIECE, BOX.signer)
    with pytest.raises(WrongSigner):
        read_live(envelope, CENTRE.public_key)
    other = seal_live(dataclasses.replace(PIECE, number=8), BOX.signer)
    payload = envelope.split(b'"payload":"')[1].split(b'"')[0]
    swapped = other.split(b'"payload":"')[1].split(b'"')[0]
    with pytest.raises(BadSeal):
        read_live(envelope.replace(payload, swapped), BOX.public_key)


def test_an_upload_token_is_no_word_for_a_piece() -> None:
    token = seal_upload(Upload(1, "box-1", "centre", "PUT", SHA, 120_000, PIECE.expires), BOX.signer)
    with pytest.raises(BadRecord):
        peek_live(token)


@pytest.mark.parametrize("change", [
    {"v": 2}, {"size": -1}, {"sha256": "x"}, {"expires": "2026-02-30T00:00:00.000000Z"}, {"at": "soon"},
    {"what": "sound"}, {"device": "../x"}, {"number": -1}, {"epoch": 2**53}, {"skipped": 1},
])
def test_what_is_no_word_is_neither_sealed_nor_read(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        seal_live(dataclasses.replace(PIECE, **change), BOX.signer)
    with pytest.raises(BadRecord):
        read_live(seal(canonical({**encode(PIECE), **change}), LIVE_TYPE, BOX.signer), BOX.public_key)


@given(now_us=st.integers(UNTIL - 2 * LONGEST_US, UNTIL + LONGEST_US))
def test_a_word_holds_for_five_minutes_at_most_and_no_longer_than_it_says(now_us: int) -> None:
    holds = UNTIL - LONGEST_US <= now_us < UNTIL
    try:
        judge_live(PIECE, "centre", ORDER, 2, 7, now_us)
    except (TokenExpired, TokenTooLong) as error:
        assert not holds and isinstance(error, TokenExpired) == (now_us >= UNTIL)
    else:
        assert holds


@pytest.mark.parametrize(("centre", "order", "epoch", "number"), [
    ("another", ORDER, 2, 7), ("centre", SHA, 2, 7), ("centre", ORDER, 3, 7), ("centre", ORDER, 2, 8),
])
def test_a_word_for_another_place_is_refused(centre: str, order: str, epoch: int, number: int) -> None:
    with pytest.raises(TokenElsewhere):
        judge_live(PIECE, centre, order, epoch, number, UNTIL - 1)


@given(gone_s=st.integers(-100, 2000), on_s=st.integers(0, 2000), later_boot=st.booleans(), synced=st.booleans(),
       rate=st.sampled_from([1, 120]))
def test_a_box_sends_for_the_time_of_the_order_and_never_longer(
    gone_s: int, on_s: int, later_boot: bool, synced: bool, rate: int,
) -> None:
    gone_us, length_us = gone_s * SECOND * rate, WANTED.seconds * SECOND * rate
    taken = stamp("a", 5 * SECOND, UNTIL, rate=rate)
    mono_us = on_s * SECOND * rate if later_boot else 5 * SECOND + gone_us
    now = stamp("b" if later_boot else "a", mono_us, UNTIL + gone_us, synced, rate)
    left = left_us(taken, WANTED.seconds, now)
    if synced or not later_boot:
        assert left == (max(0, length_us - gone_us) if gone_us >= 0 else 0)
    else:
        assert left == (None if mono_us < length_us else 0), "it was taken before this start, so its time is over then"


@given(on_s=st.integers(0, 2000), synced=st.booleans())
def test_of_an_order_that_was_taken_without_the_time_another_start_knows_only_when_it_is_surely_over(
    on_s: int, synced: bool,
) -> None:
    left = left_us(stamp("a", 0, UNTIL, False), WANTED.seconds, stamp("b", on_s * SECOND, UNTIL, synced))
    assert left == (None if on_s < WANTED.seconds else 0)


def test_an_order_of_live_pictures_needs_a_road_and_a_camera() -> None:
    order = BoxOrder("box-1", 1, PIECE.expires, "watch", watch=WANTED)
    assert refusal(order, "ab" * 16, [], None, True) == ""
    assert refusal(order, "ab" * 16, [], None, False) == "no_road"
    assert refusal(dataclasses.replace(order, kind="upload"), "ab" * 16, [], None, True) == "unclear"
    assert live_refusal(WANTED, {"room"}) == "" and live_refusal(WANTED, {"door"}) == "no_camera"
