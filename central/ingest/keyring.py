"""Whose signatures the centre accepts: every certificate under its root, test keys only where the centre says so."""
from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central.errors import UnknownSigner
from evidence.bodies import Genesis, body_of
from evidence.certs import Identity, fingerprint, identity
from evidence.errors import BadCertificate, TestKey
from evidence.heartbeats import HEARTBEAT_TYPE, Heartbeat, open_heartbeat
from evidence.records import Sealed, read_record
from evidence.seal import RECORD_TYPE, Opened, open_envelope, verify_opened


class Keyring:
    """Identities by device and key. `accept_test`: whether keys marked as test keys count."""

    def __init__(self, root: x509.Certificate, accept_test: bool) -> None:
        self._root, self._accept_test = root, accept_test
        self._known: dict[tuple[str, str], Identity] = {}

    def learn(self, certificate: str) -> Identity:
        """Trust a certificate that the root has issued. Raises BadCertificate, TestKey."""
        who = identity(certificate, self._root)
        if who.test and not self._accept_test:
            raise TestKey(where=f"the certificate of {who.name}")
        self._known[who.name, who.keyid] = who
        return who

    def check(self, envelope: bytes) -> Sealed:
        """The record in an envelope whose seal holds. Raises BadRecord or a VerificationError that says why not."""
        opened = open_envelope(envelope, RECORD_TYPE)
        sealed = Sealed(envelope=envelope, payload=opened.payload, record=read_record(opened.payload))
        record = sealed.record
        if record.seq == 0:
            body = body_of(record)
            assert isinstance(body, Genesis)
            self._introduce(sealed, body)
        key, where = self._signer(record.device, opened), f"record {record.seq} of {record.device}"
        verify_opened(opened, RECORD_TYPE, key, where)
        return sealed

    def heartbeat(self, envelope: bytes) -> Heartbeat:
        """The heartbeat in an envelope whose seal holds. Raises BadRecord or a VerificationError that says why not."""
        heartbeat, opened = open_heartbeat(envelope)
        key = self._signer(heartbeat.device, opened)
        verify_opened(opened, HEARTBEAT_TYPE, key, f"a heartbeat of {heartbeat.device}")
        return heartbeat

    def _signer(self, device: str, opened: Opened) -> Ed25519PublicKey:
        """The key of a device that an envelope says signed it. Raises UnknownSigner."""
        for keyid, _ in opened.signatures:
            if (device, keyid) in self._known:
                return self._known[device, keyid].public_key
        raise UnknownSigner(device=device)

    def _introduce(self, sealed: Sealed, body: Genesis) -> None:
        where = f"record 0 of {sealed.record.device}"
        if body.root != fingerprint(self._root):
            raise BadCertificate(where=where, why="it names another root")
        who = self.learn(body.certificate)
        if who.name != sealed.record.device or who.keyid != body.keyid:
            raise BadCertificate(where=where, why="it belongs to another device or key")
