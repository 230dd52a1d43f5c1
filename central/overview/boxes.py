"""How boxes stand: what of each needs somebody, and how much. Pure but for reading; the worker keeps it."""
from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from cryptography.x509 import Certificate

from central.contact import contact
from central.store.chains import ChainHead
from central.store.heard import Heard
from central.store.live import BoxState
from central.store.tables import Tx
from evidence.certs import fingerprint, read_certificate, split_chain
from evidence.errors import ZaitangError
from evidence.heartbeats import Heartbeat, open_heartbeat
from evidence.times import HOUR, SECOND

GRADES = {
    "chain.fork": 90, "chain.cut": 90, "revoked": 80, "expired": 70, "silent": 60, "gone": 60, "full": 50, "apart": 40,
    "expires": 30, "refused": 20, "waiting": 10}
"""Code → how much it needs somebody. The most of a box is its grade."""
NEARLY_FULL = 4 << 30
"""Bytes: some hours of one camera."""
SOON_US, MANY_WAITING, APART_S = 30 * 24 * HOUR, 1000, 600


def box_states(tx: Tx, own: str, now_us: int, apart: Mapping[str, int]) -> list[BoxState]:
    """Every box that is known here. `own`: the centre's name; `apart`: device → seconds by which its clock is ahead, as
    alarms of the last day say."""
    heads: dict[str, ChainHead] = {}
    for head in tx.heads():
        # A record of a chain whose beginning never came says nothing of how the box stands.
        if head.device != own and (head.certificate is not None or head.device not in heads):
            heads[head.device] = head
    heard: dict[str, list[Heard]] = defaultdict(list)
    for one in tx.all_heard():
        heard[one.device].append(one)
    gone = tx.gone()
    refused = Counter(tx.refused_of_boxes())
    denied = tx.denied()
    never = {device for device, _ in tx.certificates()} - heads.keys() - {own}
    states = [_state(head, heard[head.device], denied, now_us, apart, refused[head.device],
                     gone.get(head.device)) for head in heads.values()]
    states += [BoxState(device, 0, (), None, 0, None, 0, None, refused[device]) for device in sorted(never)]
    return sorted(states, key=lambda one: one.device)


def _state(
    head: ChainHead, heard: Sequence[Heard], denied: frozenset[str], now_us: int, apart: Mapping[str, int],
    refused: int, gone_us: int | None,
) -> BoxState:
    """`heard`: of all its chains; a box is silent, or not, by the one in which it spoke last, as `Pulse` tells it."""
    spoken = sorted(heard, key=lambda one: (one.last_us, one.chain == head.chain), reverse=True)
    spoke = spoken[0] if spoken else None
    certificate = None if head.certificate is None else _certificate(head.certificate)
    last = next((_heartbeat(one.last) for one in spoken if one.last is not None), None)
    free = min(last.free.values(), default=None) if last else None
    expires_us = None if certificate is None else int(certificate.not_valid_after_utc.timestamp()) * SECOND
    apart_s, waiting = apart.get(head.device, 0), last.waiting if last else 0
    revoked = certificate is not None and fingerprint(certificate) in denied
    there = contact(spoke.last_us if spoke else None, now_us, gone_us)
    away = spoke is not None and (spoke.silent or there == "away")
    said = {
        "revoked": revoked, "expired": expires_us is not None and expires_us <= now_us,
        "silent": away and not revoked,
        "gone": there == "gone" and not away and not revoked, "full": free is not None and free < NEARLY_FULL,
        "apart": apart_s > APART_S, "expires": expires_us is not None and now_us < expires_us <= now_us + SOON_US,
        "refused": refused > 0, "waiting": waiting >= MANY_WAITING}
    said |= {one.against: True for one in heard if one.against and (one is spoke or one.chain == head.chain)}
    troubles = sorted((code for code, holds in said.items() if holds), key=lambda code: (-GRADES.get(code, 90), code))
    grade = max((GRADES.get(code, 90) for code in troubles), default=0)
    return BoxState(head.device, grade, tuple(troubles), spoke.last_us if spoke else None, waiting, free, apart_s,
                    expires_us, refused)


@functools.lru_cache(maxsize=20_000)
def _certificate(pem: str) -> Certificate | None:
    try:
        return read_certificate(split_chain(pem)[0])
    except ZaitangError:
        return None


@functools.lru_cache(maxsize=20_000)
def _heartbeat(envelope: bytes) -> Heartbeat:
    return open_heartbeat(envelope)[0]
