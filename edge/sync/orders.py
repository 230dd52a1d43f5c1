"""Orders: read one message of the centre and decide, without touching anything, whether this box takes it."""
from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from common.sheets import check_sheet, open_sheet
from edge.sync.centre import Site
from edge.sync.errors import BadNames, NotAMessage, NotNewer, NotTheCentre, NotThisBox, UnknownPolicy
from evidence.bodies import Body, ClassOrder, body_of
from evidence.canonical import parse
from evidence.certs import Identity
from evidence.errors import BadInput, BadRecord, VerificationError
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, read_sealed, verify_seal

MOST = 1000
"""So many records fit into one message."""


@dataclasses.dataclass(frozen=True)
class Order:
    """A class order whose seal holds. `sheet`: names, still sealed to this box; `certificate`: the centre's (PEM)."""

    sealed: Sealed
    body: ClassOrder
    sheet: bytes | None
    certificate: str


def read_order(message: bytes, site: Site) -> Order:
    """The order in a message `{"order": base64, "names": base64 or null, "certificate": PEM}`, its seal verified.

    Raises NotAMessage, NotTheCentre.
    """
    try:
        fields = parse(message)
        sheet, certificate = fields.get("names"), fields.get("certificate")
        sheet = None if sheet is None else decoded(sheet)
        if not isinstance(certificate, str):
            raise BadRecord(why="it holds no certificate")
        sealed = sealed_by(fields.get("order"), site.centre_of(certificate))
        body = body_of(sealed.record)
    except BadRecord as error:
        raise NotAMessage(why=str(error)) from None
    if not isinstance(body, ClassOrder):
        raise NotAMessage(why=f"{sealed.record.type} is not an order")
    return Order(sealed, body, sheet, certificate)


def read_list(message: bytes, name: str, site: Site) -> tuple[list[tuple[Sealed, Body | None]], str]:
    """The records in a message `{NAME: [base64 …], "certificate": PEM}` whose seals hold, and the certificate: all of
    one kind that the centre states for this box, because a broker keeps the last message only.

    Raises NotAMessage, NotTheCentre; then none of them is taken."""
    try:
        fields = parse(message)
        texts, certificate = fields.get(name), fields.get("certificate")
        if not isinstance(texts, list) or len(texts) > MOST or not isinstance(certificate, str):
            raise BadRecord(why="it holds no list of records, or no certificate")
        centre = site.centre_of(certificate)
        sealed = [sealed_by(text, centre) for text in texts]
        return [(one, body_of(one.record)) for one in sealed], certificate
    except BadRecord as error:
        raise NotAMessage(why=str(error)) from None


def sealed_by(text: object, centre: Identity) -> Sealed:
    """A record of the centre in base64, its seal verified. Raises BadRecord, NotTheCentre."""
    envelope = decoded(text)
    sealed = read_sealed(envelope)
    if sealed.record.device != centre.name:
        raise NotTheCentre(why=f"the record is of {sealed.record.device}")
    try:
        verify_seal(envelope, RECORD_TYPE, centre.public_key, "order")
    except VerificationError as error:
        raise NotTheCentre(why=str(error)) from None
    return sealed


def judge(
    order: Order, device: str, known: Sealed | None, policies: Mapping[str, str], sealing: X25519PrivateKey
) -> bool:
    """Whether the order is new (False: it is the one that we have). `known`: our newest order for that class;
    `policies`: id → SHA-256 of those on this box. Raises a Refused for every order that must not be taken."""
    if device not in {place.device for place in order.body.boxes}:
        raise NotThisBox(device=device)
    new, before = known is None or known.hash != order.sealed.hash, None if known is None else body_of(known.record)
    if new and isinstance(before, ClassOrder) and order.body.number <= before.number:
        raise NotNewer(number=order.body.number, known=before.number)
    # A class is judged by one policy to its end, also where this box was brought to a version with another one since.
    begun = isinstance(before, ClassOrder) and before.policy == order.body.policy
    if not begun and policies.get(order.body.policy.id) != order.body.policy.sha256:
        raise UnknownPolicy(policy=order.body.policy.id)
    if order.sheet is not None:
        check_names(order.body, order.sheet, sealing)
    return new


def check_names(order: ClassOrder, sheet: bytes, sealing: X25519PrivateKey) -> None:
    """The sheet opens with this box's key and holds exactly the names that the order commits to. Raises BadNames."""
    try:
        check_sheet(open_sheet(sheet, sealing, order.class_id), order.roster, order.class_id)
    except BadInput as error:
        raise BadNames(why=str(error)) from None


def decoded(text: object) -> bytes:
    """Base64 as bytes. Raises BadRecord."""
    try:
        if not isinstance(text, str):
            raise ValueError
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadRecord(why="not base64") from None
