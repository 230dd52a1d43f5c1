"""Where boxes are claimed, approved, refused, renewed and revoked; what people decide is a record of the centre."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central.authority import TLS_CA, issue_box, load_authority
from central.clock import Clock
from central.devices.claims import (
    MOST_HOURS,
    SERIAL,
    Presented,
    after_presenting,
    hash_of,
    key_of_request,
    new_claim,
    new_token,
    public_key,
    same_keys,
)
from central.devices.connections import SKEW, is_due, issue_client, moment
from central.devices.errors import (
    BadDevice,
    BadHours,
    BadMoment,
    BadRequest,
    BadSerial,
    ClaimedAlready,
    KeyRevoked,
    NobodyWaits,
    NoSuchKey,
    NotForABox,
    OtherKey,
    RevokedAlready,
    TooManyTries,
    UnknownBox,
    UnknownToken,
)
from central.devices.ledger import Entry, Ledger, connection, revoked_since, state_revoked
from central.errors import BadReason
from central.files import read_pem
from central.ingest.keyring import Keyring
from central.orders.boxes import revocation_message
from central.store.devices import Claim
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import Alarm, DeviceApproved, DeviceRefused, DeviceRevoked
from evidence.certs import Identity, pem, split_chain
from evidence.errors import BadRecord, VerificationError
from evidence.renewal import read_renewal, signer_of
from evidence.seal import keyid_of
from evidence.times import MINUTE, utc_text, utc_us

DEVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
MOST_REASON = 500
RENEW_GAP_US = 10 * MINUTE
"""A box that loses a certificate right after it came waits so long for the next; nobody fills the database."""


@dataclasses.dataclass(frozen=True)
class Certified:
    """What an approved box is given: both certificates, PEM with their intermediates."""

    certificate: str
    tls_certificate: str


class Desk:
    """`keys`: the folder of the centre's keys; `keyring`: whom the centre believes; `ledger`: where it
    stands beside the database, too."""

    def __init__(self, store: Store, keys: Path, keyring: Keyring, clock: Clock, ledger: Ledger) -> None:
        self._store, self._keys, self._keyring, self._clock, self._ledger = store, keys, keyring, clock, ledger

    def claim(self, device: str, serial: str, hours: int) -> str:
        """Keep a place for a box; its token, which is nowhere else.

        Raises BadDevice, NotForABox, BadSerial, BadHours."""
        check_device(device, self._store.device)
        if not SERIAL.fullmatch(serial):
            raise BadSerial(serial=serial)
        if not 1 <= hours <= MOST_HOURS:
            raise BadHours(most=MOST_HOURS)
        token = new_token()
        with self._store.write() as tx:
            tx.put_claim(new_claim(token, device, serial, hours, self._now_us()))
        return token

    def pending(self) -> Sequence[Claim]:
        """Boxes that wait for approval."""
        with self._store.read() as tx:
            return tx.claims("waiting")

    def knows(self, token: str, sent: Presented) -> bool:
        """Whether this box, by all of its keys, came with this token before: it may always hear how it stands."""
        with self._store.read() as tx:
            claim = tx.claim(hash_of(token))
        return claim is not None and same_keys(claim, sent)

    def present(self, token: str, sent: Presented, address: str) -> Claim:
        """A box comes with its token; what it may know of its claim. Raises BadRequest: on record, if the token is
        known."""
        with self._store.read() as tx:
            claim = tx.claim(hash_of(token))
        if claim is None:
            raise UnknownToken
        try:
            if after_presenting(claim, sent, self._now_us(), address) == claim:
                return claim
            with self._store.write() as tx:
                # Somebody else may have come meanwhile.
                changed = after_presenting(tx.claim(claim.token_hash) or claim, sent, self._now_us(), address)
                only_one_waits(tx, changed)
                tx.change_claim(changed)
                return changed
        except BadRequest as error:
            self.tell_refused(type(error).__name__, address, device=claim.device, serial=claim.serial)
            raise

    def tell_refused(self, why: str, address: str, **more: str) -> None:
        """Put a refused try on record. `why`: the name of the error."""
        code = re.sub(r"(?<!^)([A-Z])", r"_\1", why).lower()
        with self._store.write() as tx:
            self._store.append(tx, Alarm(code="claim.refused", params={"why": code, "address": address[:64], **more}))

    def approve(self, device: str, key_shown: str | None = None, by: str | None = None) -> DeviceApproved:
        """Certify the keys of the box that waits. `key_shown`: the evidence key that was compared, hex, if it is
        known; `by`: the account. Raises NobodyWaits, OtherKey, NoIntermediate."""
        claim, now_us = self._waiting(device, key_shown), self._now_us()
        key = public_key(claim.evidence_key or "")
        certificate = issue_box(self._keys, device, key, now_us)
        tls, tls_pem = self._connection(device, public_key(claim.tls_key or ""), now_us)
        own, between = split_chain(certificate)
        body = DeviceApproved(device, claim.serial, keyid_of(key), own, between, by, claim.claimed_by)
        with self._store.write() as tx:
            if tx.claim(claim.token_hash) != claim:
                raise NobodyWaits(device=device)
            record = self._store.append(tx, body).record
            tx.know_certificate(body.keyid, device, certificate)
            tx.know_connection(tls.serial_number, device, body.keyid, now_us, tls_pem)
            tx.change_claim(dataclasses.replace(
                claim, state="approved", certificate=certificate, tls_certificate=tls_pem))
            self._ledger.note(Entry(record.utc, approved=body),
                              connection(tls.serial_number, device, body.keyid, now_us))
        return body

    def refuse(self, device: str, reason: str, key_shown: str | None = None) -> DeviceRefused:
        """Refuse the box that waits. `key_shown`: its evidence key, hex, if it is known. Raises NobodyWaits, OtherKey,
        BadReason."""
        claim, reason = self._waiting(device, key_shown), checked_reason(reason)
        keyid = keyid_of(public_key(claim.evidence_key or ""))
        body = DeviceRefused(device, claim.serial, keyid, reason)
        with self._store.write() as tx:
            if tx.claim(claim.token_hash) != claim:
                raise NobodyWaits(device=device)
            self._store.append(tx, body)
            tx.change_claim(dataclasses.replace(claim, state="refused", reason=reason))
        return body

    def revoke(
        self, device: str, reason: str, keyid: str | None = None, untrusted_from: str | None = None
    ) -> list[DeviceRevoked]:
        """Believe a key of a box no longer, or all its keys, and order all boxes to do the same; or give keys that were
        revoked before an earlier moment. `untrusted_from`: utc, as in records; None: from now.

        Raises NoSuchKey, RevokedAlready, BadReason, BadMoment."""
        reason = checked_reason(reason)
        if untrusted_from is not None and not _has_been(untrusted_from, self._now_us()):
            raise BadMoment(value=untrusted_from)
        with self._store.write() as tx:
            known = {one: since for one, since in revoked_since(tx, self._store.device, device).items()
                     if keyid in (None, one)}
            moved = [one for one, since in known.items()
                     if untrusted_from is not None and utc_us(untrusted_from) < since]
            keys = [*(one for one in tx.keys_of(device) if keyid in (None, one)), *moved]
            if not keys and known:
                raise RevokedAlready(device=device, since=utc_text(max(known.values())))
            if not keys or device == self._store.device:
                raise NoSuchKey(device=device)
            bodies = [DeviceRevoked(device, one, reason, untrusted_from) for one in keys]
            now_us = self._now_us()
            state_revoked(self._store, tx, bodies, now_us)
            self._ledger.note(*(Entry(utc_text(now_us), revoked=body) for body in bodies))
        return bodies

    def renew(self, envelope: bytes) -> str:
        """A new certificate for the connections of a box whose evidence key signed the request; PEM with intermediate.

        The same key again gets the same certificate. Raises BadRequest, NoIntermediate."""
        who, key = self._asks_renewal(envelope)
        now_us = self._now_us()
        with self._store.read() as tx:
            # One from later than now was issued by a clock that somebody has set back since.
            newest = tx.newest_connection(who.keyid, now_us)
        if newest is not None:
            own = x509.load_pem_x509_certificates(newest.encode())[0]
            if own.public_key() == key and not is_due(own, now_us):
                return newest
            if own.not_valid_before_utc + SKEW > moment(now_us - RENEW_GAP_US):
                raise TooManyTries
        certificate, text = self._connection(who.name, key, now_us)
        with self._store.write() as tx:
            self._ledger.keep_up(tx)
            if who.keyid in tx.denied():
                raise KeyRevoked(orders="")
            tx.know_connection(certificate.serial_number, who.name, who.keyid, now_us, text)
            self._ledger.note(connection(certificate.serial_number, who.name, who.keyid, now_us))
        return text

    def _asks_renewal(self, envelope: bytes) -> tuple[Identity, Ed25519PublicKey]:
        """Which box asks, and the key of its connections. Raises BadRequest."""
        try:
            keyid = signer_of(envelope)
            with self._store.read() as tx:
                certificate, denied = tx.certificate_of(keyid), keyid in tx.denied()
            if certificate is None:
                raise UnknownBox
            who = self._keyring.learn(certificate)
            renewal = read_renewal(envelope, who.public_key)
            if denied:
                raise KeyRevoked(orders=self._revocation(who))
        except (BadRecord, VerificationError) as error:
            raise BadRequest(why=error) from None
        name, key = key_of_request(renewal.request)
        if not who.name == renewal.device == name or who.name == self._store.device:
            raise BadRequest(why="it is for another box than its key")
        if key == who.public_key:
            raise BadRequest(why="the key of connections is not the one of evidence")
        return who, key

    def _revocation(self, who: Identity) -> str:
        """What tells a box that its key is revoked, as the collector would bring it: the broker lets it hear no more.
        Empty for a box that was revoked by an earlier version before it had come."""
        with self._store.read() as tx:
            message = revocation_message(tx, who.name, who.keyid, read_pem(self._keys / "centre.pem"))
        return "" if message is None else message.decode("ascii")

    def _connection(self, device: str, key: Ed25519PublicKey, now_us: int) -> tuple[x509.Certificate, str]:
        authority = load_authority(self._keys / TLS_CA)
        certificate = issue_client(authority, key, device, now_us)
        return certificate, pem(certificate) + pem(authority.certificate)

    def _waiting(self, device: str, key_shown: str | None) -> Claim:
        found = [claim for claim in self.pending() if claim.device == device]
        if not found:
            raise NobodyWaits(device=device)
        if key_shown not in (None, found[0].evidence_key):
            raise OtherKey
        return found[0]

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us


def _has_been(utc: str, now_us: int) -> bool:
    try:
        return utc_us(utc) <= now_us
    except BadRecord:
        return False


def only_one_waits(tx: Tx, claim: Claim) -> None:
    """Raises ClaimedAlready where another machine waits under the same name."""
    if any(one.device == claim.device and one.token_hash != claim.token_hash for one in tx.claims("waiting")):
        raise ClaimedAlready(device=claim.device)


def check_device(device: str, centre: str) -> None:
    """Refuse what no box may be called. Raises BadDevice, NotForABox."""
    if not DEVICE.fullmatch(device):
        raise BadDevice(device=device)
    if device == centre:
        raise NotForABox(device=device)


def checked_reason(reason: str) -> str:
    """A reason that may be kept for ever. Raises BadReason."""
    reason = reason.strip()
    if not 1 <= len(reason) <= MOST_REASON or not reason.isprintable():
        raise BadReason(limit=MOST_REASON)
    return reason
