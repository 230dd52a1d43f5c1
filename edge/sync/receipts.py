"""Receipts: the centre's word, believed only when its seal holds and it speaks of this box."""
from __future__ import annotations

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage, NotOurChain, NotTheCentre
from evidence.certs import Identity
from evidence.errors import BadRecord, VerificationError
from evidence.receipts import Receipt, read_receipt


def check_receipt(envelope: bytes, site: Site, centre: Identity) -> Receipt:
    """The receipt in an envelope, sealed by `centre`. That it matches our chain is for the store to say.

    Raises NotAMessage, NotTheCentre, NotOurChain.
    """
    try:
        receipt = read_receipt(envelope, centre.public_key, "receipt")
    except BadRecord as error:
        raise NotAMessage(why=str(error)) from None
    except VerificationError as error:
        raise NotTheCentre(why=str(error)) from None
    if receipt.centre != site.centre:
        raise NotTheCentre(why=f"it is from {receipt.centre}")
    if receipt.device != site.device:
        raise NotOurChain(why=f"it is for {receipt.device}")
    return receipt
