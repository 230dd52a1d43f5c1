"""What people withdrew at another box to or from which their face may have moved: read it, and follow it here."""
from __future__ import annotations

from edge.enrol.consents import consents
from edge.store import Store
from edge.sync.centre import Site
from edge.sync.errors import NotAMessage
from edge.sync.orders import MOST, decoded
from evidence.bodies import Consent, ConsentWithdrawn, OrderAccepted, body_of
from evidence.canonical import parse
from evidence.certs import identity
from evidence.errors import BadRecord, VerificationError
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, read_sealed, verify_seal

Withdrawal = tuple[Sealed, Consent | ConsentWithdrawn, str]
"""The record, its body, and the key that signed it."""


def read_withdrawals(message: bytes, site: Site) -> list[Withdrawal]:
    """The refusals and withdrawals in a message `{"withdrawn": [{"record": base64, "certificate": PEM} …]}`, each
    signed by the box of this site that recorded it, and the keyid of that box.

    Raises NotAMessage; then none of them is taken."""
    try:
        items = parse(message).get("withdrawn")
        if not isinstance(items, list) or len(items) > MOST:
            raise BadRecord(why="it holds no withdrawals")
        return [_one(item, site) for item in items]
    except (BadRecord, VerificationError) as error:
        raise NotAMessage(why=str(error)) from None


def _one(item: object, site: Site) -> Withdrawal:
    """Raises BadRecord, VerificationError."""
    certificate = item.get("certificate") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(certificate, str):
        raise BadRecord(why="it holds no certificate")
    envelope, who = decoded(item.get("record")), identity(certificate, site.root, "box")
    sealed = read_sealed(envelope)
    verify_seal(envelope, RECORD_TYPE, who.public_key, "record")
    if who.name != sealed.record.device or (who.test and not site.test):
        raise BadRecord(why=f"{who.name} signed for {sealed.record.device}")
    body = body_of(sealed.record)
    if isinstance(body, ConsentWithdrawn) or (isinstance(body, Consent) and not body.given):
        return sealed, body, who.keyid
    raise BadRecord(why=f"{sealed.record.type} withdraws nothing")


def follow(store: Store, sealed: Sealed, body: Consent | ConsentWithdrawn) -> None:
    """Record here that the consent is gone, and ask for the erasure of a face that is here: all or none. Whoever has
    consented here since, by two clocks that were set, has consented. May raise StoreBusy."""
    accepted = ("order.accepted", OrderAccepted(body.class_id, sealed.hash))
    if _consented_since(store, sealed, body):
        store.append(*accepted)
        return
    here = [body.person] if body.person in store.enrolled(body.class_id) else []
    said = ("consent.withdrawn", ConsentWithdrawn(body.class_id, body.person, "order"))
    store.ask_erasure(body.class_id, here, "withdrawn", facts=[said, accepted])


def _consented_since(store: Store, sealed: Sealed, body: Consent | ConsentWithdrawn) -> bool:
    standing = consents(store, body.class_id).get(body.person)
    if standing is None or standing.said != "given":
        return False
    given, then = standing.record, sealed.record
    return given.clock.synced and then.clock.synced and given.utc_us > then.utc_us
