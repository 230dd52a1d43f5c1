"""Whose signatures the centre accepts: every certificate under its root, test keys only where the centre says so."""
from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from central.errors import UnknownSigner
from common.logs import Log
from evidence.bodies import Genesis, body_of
from evidence.certs import Identity, fingerprint, identity
from evidence.errors import BadCertificate, TestKey, ZaitangError
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, UPLOAD_TYPE, open_envelope, read_sealed, verify_seal
from evidence.uploads import Upload, peek_upload, read_upload

_LOG = Log("keyring")


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

    def learn_all(self, certificates: Iterable[str]) -> None:
        """Trust those of them that the root has issued; the others are logged."""
        for pem in certificates:
            try:
                self.learn(pem)
            except ZaitangError as error:
                _LOG.failed("certificate.refused", error)

    def check(self, envelope: bytes) -> Sealed:
        """The record in an envelope whose seal holds. Raises BadRecord or a VerificationError that says why not."""
        sealed = read_sealed(envelope)
        body = body_of(sealed.record)
        if isinstance(body, Genesis):
            self._introduce(sealed, body)
        device = sealed.record.device
        who = self._signer(envelope, RECORD_TYPE, device)
        verify_seal(envelope, RECORD_TYPE, who.public_key, f"record {sealed.record.seq} of {device}")
        return sealed

    def check_upload(self, envelope: bytes) -> Upload:
        """The upload token in an envelope whose seal holds. Raises BadRecord or a VerificationError."""
        device = peek_upload(envelope).device
        return read_upload(envelope, self._signer(envelope, UPLOAD_TYPE, device).public_key)

    def _signer(self, envelope: bytes, payload_type: str, device: str) -> Identity:
        """Whose key of `device` sealed an envelope. Raises BadRecord, UnknownSigner."""
        keys = [keyid for keyid, _ in open_envelope(envelope, payload_type).signatures]
        who = next((self._known[device, keyid] for keyid in keys if (device, keyid) in self._known), None)
        if who is None:
            raise UnknownSigner(device=device)
        return who

    def _introduce(self, sealed: Sealed, body: Genesis) -> None:
        where = f"record 0 of {sealed.record.device}"
        if body.root != fingerprint(self._root):
            raise BadCertificate(where=where, why="it names another root")
        who = self.learn(body.certificate)
        if who.name != sealed.record.device or who.keyid != body.keyid:
            raise BadCertificate(where=where, why="it belongs to another device or key")
