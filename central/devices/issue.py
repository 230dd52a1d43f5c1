"""Boxes whose certificate a person issues or brings, rather than a box that asked for it."""
from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central.authority import issue_box
from central.devices.desk import check_device
from central.devices.ledger import Entry
from central.wiring import Centre
from evidence.bodies import DeviceApproved
from evidence.certs import split_chain


def issue(centre: Centre, device: str, public_key: Ed25519PublicKey) -> str:
    """Issue a box's certificate (PEM) under the centre's root, and know the box from now on. Raises BadDevice,
    NotForABox."""
    check_device(device, centre.store.device)
    pem = issue_box(centre.folder / "keys", device, public_key, centre.clock.stamp().utc_us)
    add_box(centre, pem)
    return pem


def add_box(centre: Centre, certificate: str) -> str:
    """Know a box by its certificate, which the root must have issued; on record, as when it is approved. Returns its
    device id. Raises BadCertificate, TestKey, NotForABox."""
    who = centre.keyring().learn(certificate)
    check_device(who.name, centre.store.device)
    own, between = split_chain(certificate)
    with centre.store.write() as tx:
        if tx.certificate_of(who.keyid) is None:
            body = DeviceApproved(who.name, "", who.keyid, own, between)
            record = centre.store.append(tx, body).record
            tx.know_certificate(who.keyid, who.name, certificate)
            centre.ledger.note(Entry(record.utc, approved=body))
    return who.name
