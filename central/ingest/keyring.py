"""Whose signatures the centre accepts: every box under its root, test keys only where the centre says so."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central.errors import UnknownSigner
from central.ingest.signatures import Signed
from common.logs import Log
from evidence.bodies import Genesis, body_of, read_known
from evidence.certs import Identity, fingerprint, identity, join_chain
from evidence.errors import BadCertificate, BadSeal, RevokedKey, TestKey, ZaitangError
from evidence.heartbeats import HEARTBEAT_TYPE, Heartbeat, open_heartbeat
from evidence.live import LiveFragment, peek_live, read_live
from evidence.own_links import OWN_TYPE, OwnLink, peek_own_link, read_own_link
from evidence.records import Sealed
from evidence.seal import LIVE_TYPE, RECORD_TYPE, UPLOAD_TYPE, Opened, open_envelope, pae, verify_opened
from evidence.uploads import Upload, peek_upload, read_upload

_LOG = Log("keyring")


@dataclasses.dataclass(frozen=True)
class Claim:
    """A record whose signature nobody has checked yet; all else about its seal holds. `known`: whether its body is."""

    sealed: Sealed
    known: bool
    signed: Signed
    where: str

    def settle(self, holds: bool) -> Sealed:
        """The record, whose body `body_of` takes, once it is said whether the signature holds. Raises BadSeal,
        BadRecord."""
        if not holds:
            raise BadSeal(where=self.where)
        if not self.known:
            body_of(self.sealed.record)
        return self.sealed


class Keyring:
    """Identities by device and key. `accept_test`: whether keys marked as test keys count."""

    def __init__(self, root: x509.Certificate, accept_test: bool) -> None:
        self._root, self._accept_test = root, accept_test
        self._known: dict[tuple[str, str], Identity] = {}
        self._denied: frozenset[str] = frozenset()
        self._looked_at: set[str] = set()

    def denies(self, keyids: frozenset[str]) -> bool:
        """Believe these keys no longer, and all others. True if that is another set than before: what was checked is
        then to be checked again."""
        changed, self._denied = keyids != self._denied, keyids
        return changed

    def learn(self, certificate: str) -> Identity:
        """Trust a certificate that the root has issued for a box. Raises BadCertificate, TestKey."""
        who = identity(certificate, self._root, "box")
        if who.test and not self._accept_test:
            raise TestKey(where=f"the certificate of {who.name}")
        self._known[who.name, who.keyid] = who
        return who

    def learn_all(self, certificates: Iterable[str]) -> None:
        """Trust those of them that the root has issued; the others are logged. Each is looked at once: what a stranger
        signs has all of them brought here again."""
        for pem in certificates:
            if pem in self._looked_at:
                continue
            self._looked_at.add(pem)
            try:
                self.learn(pem)
            except ZaitangError as error:
                _LOG.failed("certificate.refused", error)

    def claim(self, envelope: bytes) -> Claim:
        """The record in an envelope, signed by a key that is believed, if its signature holds. Raises BadRecord or a
        VerificationError that says why not."""
        opened = open_envelope(envelope, RECORD_TYPE)
        record, known = read_known(opened.payload)
        sealed = Sealed(envelope=envelope, payload=opened.payload, record=record)
        if record.seq == 0:
            body = body_of(record)
            assert isinstance(body, Genesis)
            self._introduce(sealed, body)
        where = f"record {record.seq} of {record.device}"
        key = self._signer(record.device, opened, where).public_bytes_raw()
        return Claim(sealed, known, Signed(key, opened.signatures[0][1], pae(opened.payload, RECORD_TYPE)), where)

    def check(self, envelope: bytes) -> Sealed:
        """The record in an envelope whose seal holds. Raises BadRecord or a VerificationError that says why not."""
        claim = self.claim(envelope)
        if not claim.signed.holds():
            raise BadSeal(where=claim.where)
        return claim.sealed

    def check_upload(self, envelope: bytes) -> Upload:
        """The upload token in an envelope whose seal holds. Raises BadRecord or a VerificationError."""
        device = peek_upload(envelope).device
        opened = open_envelope(envelope, UPLOAD_TYPE)
        return read_upload(envelope, self._signer(device, opened, f"an upload of {device}"))

    def check_live(self, envelope: bytes) -> LiveFragment:
        """The word for a piece of live pictures in an envelope whose seal holds. Raises BadRecord or a
        VerificationError."""
        device = peek_live(envelope).device
        opened = open_envelope(envelope, LIVE_TYPE)
        return read_live(envelope, self._signer(device, opened, f"a live piece of {device}"))

    def check_own_link(self, envelope: bytes) -> tuple[OwnLink, str]:
        """The own link in an envelope whose seal holds, and the keyid of the box. Raises BadRecord or a
        VerificationError."""
        device = peek_own_link(envelope).device
        opened = open_envelope(envelope, OWN_TYPE)
        key = self._signer(device, opened, f"an own link of {device}")
        return read_own_link(envelope, key), opened.signatures[0][0]

    def heartbeat(self, envelope: bytes) -> Heartbeat:
        """The heartbeat in an envelope whose seal holds. Raises BadRecord or a VerificationError that says why not."""
        heartbeat, opened = open_heartbeat(envelope)
        where = f"a heartbeat of {heartbeat.device}"
        verify_opened(opened, HEARTBEAT_TYPE, self._signer(heartbeat.device, opened, where), where)
        return heartbeat

    def _signer(self, device: str, opened: Opened, where: str) -> Ed25519PublicKey:
        """The key of a device that an envelope says signed it. Raises UnknownSigner, RevokedKey."""
        for keyid, _ in opened.signatures:
            if (device, keyid) in self._known:
                if keyid in self._denied:
                    raise RevokedKey(where=where)
                return self._known[device, keyid].public_key
        raise UnknownSigner(device=device)

    def _introduce(self, sealed: Sealed, body: Genesis) -> None:
        where = f"record 0 of {sealed.record.device}"
        if body.root != fingerprint(self._root):
            raise BadCertificate(where=where, why="it names another root")
        who = self.learn(join_chain(body.certificate, body.intermediates, where))
        if who.name != sealed.record.device or who.keyid != body.keyid:
            raise BadCertificate(where=where, why="it belongs to another device or key")
