"""Receipts and gap requests: the centre's word, believed only when its seal holds and it speaks of this box."""
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage, NotOurChain, NotTheCentre
from evidence.certs import Identity
from evidence.errors import BadRecord, VerificationError
from evidence.gaps import Gap, read_gap
from evidence.receipts import Receipt, read_receipt

Word = TypeVar("Word", Receipt, Gap)


def check_receipt(envelope: bytes, site: Site, centre: Identity) -> Receipt:
    """The receipt in an envelope, sealed by `centre`. That it matches our chain is for the store to say.

    Raises NotAMessage, NotTheCentre, NotOurChain.
    """
    return _ours(read_receipt, envelope, site, centre)


def check_gap(envelope: bytes, site: Site, centre: Identity) -> Gap:
    """The gap request in an envelope, sealed by `centre`. Raises NotAMessage, NotTheCentre, NotOurChain."""
    return _ours(read_gap, envelope, site, centre)


def _ours(
    read: Callable[[bytes, Ed25519PublicKey, str], Word], envelope: bytes, site: Site, centre: Identity
) -> Word:
    try:
        word = read(envelope, centre.public_key, "a word of the centre")
    except BadRecord as error:
        raise NotAMessage(why=str(error)) from None
    except VerificationError as error:
        raise NotTheCentre(why=str(error)) from None
    if word.centre != site.centre:
        raise NotTheCentre(why=f"it is from {word.centre}")
    if word.device != site.device:
        raise NotOurChain(why=f"it is for {word.device}")
    return word
