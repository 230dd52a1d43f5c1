"""The chain: whatever is done to it is found and gets its own word."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Head
from evidence.certs import pem
from evidence.chain import check_chain, check_order, head_of, next_record
from evidence.errors import (
    BadCertificate,
    BadRecord,
    ChainBroken,
    ChainReplaced,
    Fork,
    OutOfOrder,
    RecordAdded,
    RecordChanged,
    RecordMissing,
    RecordsMissing,
    StrangeRecord,
    TailCut,
    VerificationError,
    WrongPlace,
    WrongSigner,
)
from evidence.places import check_places
from evidence.records import Sealed
from evidence.seal import read_sealed, seal_record
from tests.evidence.making import ROOT_KEY, Maker, Site

SITE = Site()
BOX = SITE.box().alarms(7)
CHAIN = tuple(BOX.sealed)
HEAD = head_of(CHAIN[-1])


def kinds(sealed: list[Sealed], heads: tuple[Head, ...] = (HEAD,), closed: bool = True) -> list[type]:
    return [type(error) for error in check_chain(sealed, SITE.root, "box", heads, closed).problems]


def forged(one: Sealed, maker: Maker = BOX, **change: object) -> Sealed:
    """The record with a change, sealed by the key of the box itself: what a thief of the key could make."""
    return seal_record(dataclasses.replace(one.record, **change), maker.signer)


def edited(one: Sealed) -> Sealed:
    """Another payload under the old signature."""
    other = forged(one, utc="2026-03-03T00:00:00.000000Z")
    envelope = one.envelope.replace(_payload(one.envelope), _payload(other.envelope))
    return read_sealed(envelope)


def _payload(envelope: bytes) -> bytes:
    return envelope.split(b'"')[3]


def test_a_whole_chain_and_who_signed_it() -> None:
    checked = check_chain(CHAIN, SITE.root, "box", [HEAD], closed=True)
    assert checked.problems == ()
    assert checked.identity is not None
    assert (checked.identity.name, checked.identity.test) == ("box-1", True)
    assert check_chain(CHAIN, SITE.root, "box", []).problems == ()


def test_the_order_of_arrival_does_not_matter() -> None:
    assert kinds(list(reversed(CHAIN))) == []


def test_an_edit() -> None:
    assert kinds([*CHAIN[:3], edited(CHAIN[3]), *CHAIN[4:]]) == [RecordChanged]


def test_a_removal() -> None:
    assert kinds([*CHAIN[:3], *CHAIN[4:]]) == [RecordMissing]
    assert kinds([*CHAIN[:3], *CHAIN[6:]]) == [RecordsMissing]
    assert kinds(list(CHAIN[1:])) == [RecordMissing]
    assert kinds(list(CHAIN[3:])) == [RecordsMissing]


def test_a_cut_tail() -> None:
    problems = check_chain(CHAIN[:-2], SITE.root, "box", [HEAD]).problems
    assert [str(one) for one in problems] == [
        "the end of the chain of box-1 was cut: 6 records are here, a signed head says 8"]
    assert kinds([]) == [TailCut]
    assert kinds(list(CHAIN[:-2]), heads=()) == []


def test_a_removal_that_the_key_holder_closed_up() -> None:
    moved = forged(CHAIN[4], seq=3, prev=CHAIN[2].hash)
    assert kinds([*CHAIN[:3], moved], heads=()) == []
    assert kinds([*CHAIN[:3], moved, *CHAIN[4:]]) == [ChainBroken]
    assert kinds([*CHAIN[:3], moved], heads=(head_of(CHAIN[3]),)) == [Fork]


def test_an_insertion() -> None:
    assert kinds([*CHAIN, CHAIN[3]]) == [RecordAdded]
    assert kinds([*CHAIN, edited(CHAIN[3])]) == [RecordChanged]
    assert kinds([*CHAIN, forged(CHAIN[3], utc="2026-03-03T00:00:00.000000Z")]) == [Fork]


def test_a_record_beyond_a_closed_head() -> None:
    more = SITE.box().alarms(8).sealed[-1]
    assert kinds([*CHAIN, more]) == [RecordAdded]
    assert kinds([*CHAIN, more], closed=False) == []


def test_a_record_of_another_chain() -> None:
    other = SITE.box(chain="1" * 32).alarms(3).sealed
    assert kinds([*CHAIN, other[2]]) == [StrangeRecord]
    assert kinds(list(other)) == [ChainReplaced, *[StrangeRecord] * 4]


def test_a_record_of_another_key() -> None:
    thief = SITE.box("box-2")
    assert kinds([*CHAIN[:3], forged(CHAIN[3], thief), *CHAIN[4:]]) == [WrongSigner]


def test_two_changes_are_told_in_the_order_of_the_chain() -> None:
    assert kinds([CHAIN[0], CHAIN[1], *CHAIN[3:5], edited(CHAIN[5])]) == [RecordMissing, RecordChanged, TailCut]


def test_a_swap_in_a_file() -> None:
    swapped = [*CHAIN[:2], CHAIN[3], CHAIN[2], *CHAIN[4:]]
    assert [type(one) for one in check_order(swapped)] == [OutOfOrder]
    assert check_order(CHAIN) == ()
    assert [type(one) for one in check_order([*CHAIN, CHAIN[-1]])] == [OutOfOrder]


def test_who_the_genesis_record_may_name() -> None:
    genesis, body = CHAIN[0], dict(CHAIN[0].record.body)
    other_site, other_box = Site(root_key=BOX.signer._key), SITE.box("box-2")
    for change, why in (
        ({"root": "0" * 64}, "another root"),
        ({"certificate": pem(other_box.certificate)}, "issued to box-2"),
        ({"certificate": pem(SITE.root)}, "root certificate"),
        ({"certificate": pem(other_site.box().certificate)}, "did not issue"),
        ({"certificate": "x"}, "not PEM"),
        ({"keyid": "0" * 64}, "another key"),
    ):
        checked = check_chain([forged(genesis, body={**body, **change})], SITE.root, "box", [])
        assert checked.identity is None
        assert isinstance(checked.problems[0], BadCertificate)
        assert why in str(checked.problems[0])
    assert isinstance(check_chain(CHAIN, other_site.root, "box", []).problems[0], BadCertificate)


def test_huge_numbers_are_one_problem() -> None:
    far = forged(CHAIN[1], seq=2**53 - 1)
    assert kinds([CHAIN[0], far], heads=()) == [RecordsMissing]


def test_the_next_record_belongs_to_the_head() -> None:
    head = CHAIN[-1]
    stamp = SITE.box()
    with pytest.raises(BadRecord):
        next_record(head, device="box-2", chain=BOX.chain, type="alarm", body={}, stamp=None)  # type: ignore[arg-type]
    record = stamp.add("alarm", {"code": "x", "params": {}}).record
    assert (record.seq, record.prev) == (1, CHAIN[0].hash)


def test_whose_word_counts() -> None:
    review = {"class": "c-1", "block": "b", "answer": "complete", "reason": "", "reviewer": "x"}
    box, centre = SITE.box(), SITE.centre()
    box.add("review", review)
    centre.add("review", review)
    centre.add("alarm", {"code": "x", "params": {}})
    assert [type(one) for one in check_places(box.sealed, of_centre=False)] == [WrongPlace]
    assert check_places(centre.sealed, of_centre=True) == ()
    assert [one.params["seq"] for one in check_places(CHAIN, of_centre=True)] == [0]
    assert [one.params["seq"] for one in check_places(centre.sealed, of_centre=False)] == [0, 1]
    assert ROOT_KEY is SITE.root_key


@st.composite
def tampered(draw: st.DrawFn) -> list[bytes]:
    """The lines of the chain after one to three edits, removals, insertions, swaps or truncations."""
    lines = [one.envelope for one in CHAIN]
    for _ in range(draw(st.integers(1, 3))):
        if not lines:
            break
        at, to = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["edit", "remove", "insert", "swap", "cut", "graft"])):
            case "edit":
                place = draw(st.integers(0, len(lines[at]) - 1))
                byte = bytes([draw(st.integers(0, 255))])
                lines[at] = lines[at][:place] + byte + lines[at][place + 1:]
            case "remove":
                del lines[at]
            case "insert":
                lines.insert(to, lines[at])
            case "swap":
                lines[at], lines[to] = lines[to], lines[at]
            case "cut":
                del lines[at:]
            case "graft":
                mine, other = _payload(lines[at]), _payload(lines[to])
                lines[at] = lines[at].replace(mine, other) if mine else lines[at]
    return lines


@settings(max_examples=300, deadline=None)
@given(tampered())
def test_any_tampering_with_a_chain_with_a_signed_head_is_found(lines: list[bytes]) -> None:
    whole = lines == [one.envelope for one in CHAIN]
    assert whole == (not found_in(lines))


def found_in(lines: list[bytes]) -> list[VerificationError | BadRecord]:
    """What a reader of a chain file says."""
    sealed: list[Sealed] = []
    for line in lines:
        try:
            sealed.append(read_sealed(line))
        except BadRecord as error:
            return [error]
    return [*check_order(sealed), *check_chain(sealed, SITE.root, "box", [HEAD], closed=True).problems]
