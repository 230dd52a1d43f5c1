"""Boxes that come by themselves, before anybody named them: what is kept of them and for how long. Decides.

    introduced --a person types the code of its screen--> waiting --an administrator--> approved or refused

Anybody in the network can introduce anything: it is kept apart, bounded, and shown to nobody who does not know its
code. From `waiting` on it is a claim as any other (claims.py).
"""
from __future__ import annotations

import dataclasses
import ipaddress
from collections import Counter
from collections.abc import Sequence

from central.devices.claims import Presented, hash_of, keys_of, same_keys
from central.devices.errors import CodeUsed, NoRoom, OtherKey, TokenUsed, UnknownCode
from central.store.devices import Claim
from evidence.claim_code import claim_code
from evidence.times import HOUR

HOLDS_US = 48 * HOUR
AGAIN_US = HOUR
"""A box that still asks is kept anew when less than HOLDS_US without this is left."""
MOST, EACH = 256, 64
"""So many introductions are kept at once, and from one address: a school installs all its boxes behind one."""
MOST_ROOM = 100


@dataclasses.dataclass(frozen=True)
class Named:
    """What a person says of a new box. `device` is what the centre calls it; `policy`: of what belongs to no class."""

    device: str
    room: str
    institution: str | None
    policy: str
    lang: str


def code_of(sent: Presented) -> str:
    """The code that the box shows."""
    return claim_code(sent.evidence_key.public_bytes_raw(), sent.tls_key.public_bytes_raw(), sent.serial)


def after_introducing(known: Claim | None, sent: Presented, now_us: int, address: str) -> Claim:
    """What is kept of a box that asks, for the first time or again. Raises TokenUsed: another one has its code."""
    if known is not None and not (same_keys(known, sent) and known.serial == sent.serial):
        raise TokenUsed
    if known is not None and (known.state != "introduced" or known.expires_us - now_us > HOLDS_US - AGAIN_US):
        return known
    return Claim(hash_of(code_of(sent)), sent.device, sent.serial, now_us + HOLDS_US, "introduced", *keys_of(sent),
                 now_us, address[:64])


def in_the_way(kept: Sequence[Claim], address: str) -> str | None:
    """The hash of what must go for one more from this address; None: there is room. Whoever sends many loses the own
    ones, by the network and in it by the address, so that nobody who sends one is driven out by them. Raises NoRoom."""
    mine, network = place_of(address)
    places = [place_of(one.asked_from or "") for one in kept]
    own = sum(place == mine for place, _ in places)
    if own >= EACH:
        raise NoRoom
    if len(kept) < MOST:
        return None
    networks = Counter(where for _, where in places)
    fullest, count = networks.most_common(1)[0]
    if fullest != network and count <= networks[network] + 1:
        raise NoRoom
    largest, count = Counter(place for place, where in places if where == fullest).most_common(1)[0]
    if fullest == network and count <= own + 1:
        raise NoRoom
    oldest = min((one for one, (place, _) in zip(kept, places, strict=True) if place == largest),
                 key=lambda one: (one.asked_us or 0, one.token_hash))
    return oldest.token_hash


def place_of(address: str) -> tuple[str, str]:
    """Whose an address is, and in which network, as far as it tells: of IPv4 its first 24 bits. Of IPv6 a single
    machine has all addresses of 64 bits, and a site all of 48."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address, address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(_within(found, 64)), str(_within(found, 48))
        found = found.ipv4_mapped
    return str(found), str(_within(found, 24))


def _within(found: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> object:
    return ipaddress.ip_network((found, bits), strict=False)


def after_claiming(known: Claim | None, key: str, named: Named, by: str, now_us: int) -> Claim:
    """The claim of a box once somebody named it. `key`: the evidence key that the person was shown, hex. Raises
    UnknownCode, CodeUsed, OtherKey."""
    claim = found(known, now_us)
    if claim.evidence_key != key:
        raise OtherKey
    return dataclasses.replace(claim, state="waiting", device=named.device, room=named.room, policy=named.policy,
                               institution=named.institution, lang=named.lang, claimed_by=by)


def found(known: Claim | None, now_us: int) -> Claim:
    """What waits under a code. Raises UnknownCode, CodeUsed."""
    if known is None or (known.state == "introduced" and known.expires_us <= now_us):
        raise UnknownCode
    if known.state != "introduced":
        raise CodeUsed
    return known
