"""Makes sealed records of bodies, without a store."""
from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock
from evidence.bodies import TYPES, Genesis
from evidence.chain import next_record
from evidence.records import Sealed
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode

_SIGNER = KeySigner(Ed25519PrivateKey.generate())
_NAMES = {kind: name for name, kind in TYPES.items()}


def sealed_all(bodies: Sequence[object]) -> list[Sealed]:
    """The bodies as records of one chain, from number 1 on."""
    stamp, found = SystemClock().stamp(), []
    head = None
    for body in (Genesis(_SIGNER.keyid, "", "0" * 64, "test"), *bodies):
        record = next_record(head, device="box-1", chain="0" * 32, type=_NAMES[type(body)],
                             body=encode(body), stamp=stamp)
        head = seal_record(record, _SIGNER)
        found.append(head)
    return found[1:]
