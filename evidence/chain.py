"""The chain: each record holds the hash of the one before; what was done to a chain is found and named here.

`check_chain` judges a set of records, in whatever order they arrived; `check_order` judges the order of a file.
"""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cryptography import x509

from evidence.bodies import Genesis, Head, body_of
from evidence.certs import Identity, Role, fingerprint, identity, join_chain
from evidence.errors import (
    BadCertificate,
    BadRecord,
    BadSeal,
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
    WrongSigner,
)
from evidence.records import NO_PREV, Record, Sealed, Stamp
from evidence.seal import verify_sealed
from evidence.times import utc_text

ChainKey = tuple[str, str]
"""Device and chain id."""


@dataclasses.dataclass(frozen=True)
class Checked:
    """Who signed the chain (None: its genesis does not say so credibly) and what is wrong, the first broken first."""

    identity: Identity | None
    problems: tuple[VerificationError, ...]


def next_record(
    head: Sealed | None, *, device: str, chain: str, type: str, body: Mapping[str, Any], stamp: Stamp
) -> Record:
    """The record that follows `head` (None: the genesis record of a new chain)."""
    if head is not None and (head.record.device, head.record.chain) != (device, chain):
        raise BadRecord(why=f"record {head.record.seq} of {head.record.device} is no head of this chain of {device}")
    return Record(
        v=1, type=type, device=device, chain=chain,
        seq=0 if head is None else head.record.seq + 1, prev=NO_PREV if head is None else head.hash,
        boot_id=stamp.boot_id, mono_us=stamp.mono_us, utc=utc_text(stamp.utc_us), clock=stamp.clock, body=body,
    )


def head_of(sealed: Sealed) -> Head:
    """The head of a chain that ends with this record."""
    record = sealed.record
    return Head(device=record.device, chain=record.chain, up_to=record.seq, head_hash=sealed.hash)


def check_chain(
    sealed: Sequence[Sealed], root: x509.Certificate, role: Role, heads: Sequence[Head], closed: bool = False
) -> Checked:
    """Check one chain: identity, every seal, every link, and that it reaches each of the `heads`.

    `sealed`: its records in any order. `role`: whose chain it must be. `heads`: what somebody signed about it,
    signatures already verified; without one a cut tail cannot be told. `closed`: the highest head is the end; a record
    beyond it was added.
    """
    if not sealed:
        return Checked(None, tuple(_tail_cuts(frozenset(), heads)))
    key = _chain_key(sealed, heads)
    own = [one for one in sealed if (one.record.device, one.record.chain) == key]
    strange = [StrangeRecord(seq=one.record.seq, device=one.record.device, expected=key[0])
               for one in sealed if (one.record.device, one.record.chain) != key]
    if not own:
        return Checked(None, (ChainReplaced(device=key[0], chain=key[1]), *strange))
    try:
        who = _identity(own, root, role)
    except VerificationError as error:
        return Checked(None, (error, *strange))
    found = list(_problems(own, who, [head for head in heads if (head.device, head.chain) == key], closed))
    found.sort(key=lambda item: item[0])
    return Checked(who, (*(error for _, error in found), *strange))


def check_order(sealed: Sequence[Sealed]) -> tuple[VerificationError, ...]:
    """The first record of a file that does not stand behind a smaller number, if any."""
    for before, after in itertools.pairwise(sealed):
        if after.record.seq <= before.record.seq:
            return (OutOfOrder(device=after.record.device, seq=after.record.seq, before=before.record.seq),)
    return ()


def _chain_key(sealed: Sequence[Sealed], heads: Sequence[Head]) -> ChainKey:
    if heads:
        return (heads[0].device, heads[0].chain)
    first = min(sealed, key=lambda one: one.record.seq).record
    return (first.device, first.chain)


def _identity(own: Sequence[Sealed], root: x509.Certificate, role: Role) -> Identity:
    """Whom the genesis record names, vouched for by the root. Raises what stands against it."""
    record = min(own, key=lambda one: one.record.seq).record
    if record.seq != 0:
        raise _missing(record.device, 0, record.seq - 1)
    where = f"record 0 of {record.device}"
    try:
        body = body_of(record)
    except BadRecord as error:
        raise BadCertificate(where=where, why=str(error)) from None
    assert isinstance(body, Genesis)
    if body.root != fingerprint(root):
        raise BadCertificate(where=where, why="it names another root")
    who = identity(join_chain(body.certificate, body.intermediates, where), root, role, where)
    if who.name != record.device:
        raise BadCertificate(where=where, why=f"it was issued to {who.name}")
    if who.keyid != body.keyid:
        raise BadCertificate(where=where, why="it is for another key than the record names")
    return who


Found = tuple[int, VerificationError]
"""A problem and the number at which it stands."""


def _problems(own: Sequence[Sealed], who: Identity, heads: Sequence[Head], closed: bool) -> Iterator[Found]:
    good: dict[int, Sealed] = {}
    seen: set[int] = set()
    for one in sorted(own, key=lambda each: each.record.seq):
        seq = one.record.seq
        seen.add(seq)
        error = _seal_problem(one, who)
        if error is not None:
            yield seq, error
        elif seq not in good:
            good[seq] = one
        elif good[seq].payload == one.payload:
            yield seq, RecordAdded(device=one.record.device, seq=seq)
        else:
            yield seq, Fork(device=one.record.device, seq=seq)
    yield from _holes(own[0].record.device, sorted(seen))
    yield from _broken_links(good)
    yield from _head_problems(seen, good, heads, closed)


def _seal_problem(one: Sealed, who: Identity) -> VerificationError | None:
    record = one.record
    where = f"record {record.seq} of {record.device}"
    try:
        verify_sealed(one, who.public_key, where)
    except WrongSigner as error:
        return error
    except (BadSeal, BadRecord):
        return RecordChanged(seq=record.seq, device=record.device)
    return None


def _holes(device: str, present: Sequence[int]) -> Iterator[Found]:
    for before, after in itertools.pairwise([-1, *present]):
        if after > before + 1:
            yield before + 1, _missing(device, before + 1, after - 1)


def _missing(device: str, first: int, last: int) -> VerificationError:
    if first == last:
        return RecordMissing(seq=first, device=device)
    return RecordsMissing(first=first, last=last, device=device)


def _broken_links(good: Mapping[int, Sealed]) -> Iterator[Found]:
    for seq, one in good.items():
        before = good.get(seq - 1)
        if before is not None and one.record.prev != before.hash:
            yield seq, ChainBroken(seq=seq, device=one.record.device)


def _head_problems(
    seen: set[int], good: Mapping[int, Sealed], heads: Sequence[Head], closed: bool
) -> Iterator[Found]:
    for head in heads:
        there = good.get(head.up_to)
        if there is not None and there.hash != head.head_hash:
            yield head.up_to, Fork(device=head.device, seq=head.up_to)
    for cut in _tail_cuts(seen, heads):
        yield max(seen) + 1, cut
    end = max((head.up_to for head in heads), default=None)
    if closed and end is not None:
        yield from ((seq, RecordAdded(device=heads[0].device, seq=seq)) for seq in sorted(seen) if seq > end)


def _tail_cuts(seen: Collection[int], heads: Sequence[Head]) -> Iterator[TailCut]:
    last = max(seen, default=-1)
    highest = max(heads, key=lambda head: head.up_to, default=None)
    if highest is not None and highest.up_to > last:
        yield TailCut(device=highest.device, have=len(seen), want=highest.up_to + 1)
