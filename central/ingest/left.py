"""What a chain that begins leaves behind at its box: a chain of before that was ended before all of it came here.

Where several collectors share a database under different names, which no command does, one may look while another has
the last records of that chain in work. Then it is stated although all of it comes: `head_hash` lets readers see that.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from central.store.chains import ChainHead
from central.store.tables import Tx
from evidence.bodies import ChainBegun, body_as, body_of
from evidence.certs import fingerprint, read_certificate, split_chain
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, open_envelope

MOST_BEFORE = 20
"""So many chains of a box are looked through, the newest, and as many of which no more than the beginning is here: each
that names none before was told already, and one of nothing must not push out one that holds something."""


@dataclasses.dataclass(frozen=True)
class Ended:
    """A chain that goes on no more. `next`: the chain that the box began then; `named`: that names this one; `last`:
    the last record of this one, as far as it is known; `all_here`: up to that it is here."""

    next: str
    named: bool
    last: int
    all_here: bool


def left_behind(tx: Tx, sealed: Sealed) -> Iterator[dict[str, str | int]]:
    """The chains that a record 1 leaves behind: `before`; `last`: its last record, as far as it is known; `have`: up to
    where it is here, and nothing more of it will come; `head_hash`: of the last record, where it names that.

    Of a chain that it names (`chain.begun`) that and the heartbeats say how much there was. One of the same key that
    no chain names is told in any case: how much it held nobody can tell."""
    device, chain, _ = sealed.record.key
    if tx.hashes_at(device, chain, [1]).get(1) != sealed.hash:
        return  # a fork: another one is here
    begun = body_as(sealed.record, ChainBegun)
    leaf, heads = tx.leaf_of(device, chain, 1), _heads(tx, device)
    ended = {one.chain for name, one in _begun(tx, heads) if name != chain}
    for head in heads:
        if head.chain in ended | {chain, begun and begun.chain} or tx.leaf_of(device, head.chain, 0) > leaf:
            continue
        last = max(head.up_to, _heard_up_to(tx, device, head.chain))
        if head.up_to < last or _same_key(head, sealed):
            yield {"before": head.chain, "last": last, "have": head.up_to}
    if begun is not None and not (end := _end(tx, device, chain, begun)).all_here:
        known = tx.head(device, begun.chain)
        # Should all of it come yet, from a collector that has it in work: that very record shows it.
        whole = {"head_hash": begun.head_hash} if end.last == begun.up_to else {}
        yield {"before": begun.chain, "last": end.last, "have": known.up_to if known else -1, **whole}


def ended_chains(tx: Tx, device: str) -> dict[str, Ended]:
    """The chains of a box that go on no more, by their ids."""
    heads = _heads(tx, device)
    found = {head.chain: Ended(heads[-1].chain, False, head.up_to, False) for head in heads[:-1]}
    return found | {begun.chain: _end(tx, device, name, begun) for name, begun in _begun(tx, heads)}


def _end(tx: Tx, device: str, name: str, begun: ChainBegun) -> Ended:
    here, known = tx.hashes_at(device, begun.chain, [begun.up_to]), tx.head(device, begun.chain)
    last = max(begun.up_to, _heard_up_to(tx, device, begun.chain))
    return Ended(name, True, last, here.get(begun.up_to) == begun.head_hash and known is not None
                 and known.up_to >= last)


def _heads(tx: Tx, device: str) -> list[ChainHead]:
    """The newest chains of a box whose beginning is here, the newest last."""
    return tx.newest_heads(device, MOST_BEFORE)


def _begun(tx: Tx, heads: Iterable[ChainHead]) -> Iterator[tuple[str, ChainBegun]]:
    """Which of them name another one, and what they say of it."""
    for head in heads:
        first = tx.record(head.device, head.chain, 1)
        body = body_of(first.record) if first is not None and first.record.type == "chain.begun" else None
        if isinstance(body, ChainBegun):
            yield head.chain, body


def _heard_up_to(tx: Tx, device: str, chain: str) -> int:
    """Up to where a box has said that a chain goes; -1 if it said nothing."""
    known = tx.heard(device, chain)
    highest = known.highest_heartbeat if known is not None else None
    return -1 if highest is None else highest.up_to


def _same_key(head: ChainHead, sealed: Sealed) -> bool:
    """Whether the key of a chain, which is here from its beginning, signed a record."""
    own = fingerprint(read_certificate(split_chain(head.certificate or "")[0]))
    return own == open_envelope(sealed.envelope, RECORD_TYPE).signatures[0][0]
