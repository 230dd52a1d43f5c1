"""Whose signatures the centre accepts: every certificate under its root, test keys only where the centre says so."""
from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from central.errors import UnknownSigner
from common.logs import Log
from evidence.bodies import Genesis, body_of
from evidence.certs import Identity, fingerprint, identity, join_chain
from evidence.errors import BadCertificate, RevokedKey, TestKey, ZaitangError
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, UPLOAD_TYPE, open_envelope, read_sealed, verify_seal
from evidence.uploads import Upload, peek_upload, read_upload

_LOG = Log("keyring")


class Keyring:
    """Identities by device and key. `accept_test`: whether keys marked as test keys count."""

    def __init__(self, root: x509.Certificate, accept_test: bool) -> None:
        self._root, self._accept_test = root, accept_test
        self._known: dict[tuple[str, str], Identity] = {}
        self._denied: frozenset[str] = frozenset()

    def denies(self, keyids: frozenset[str]) -> bool:
        """Believe these keys no longer, and all others. True if that is another set than before: what was checked is
        then to be checked again."""
        changed, self._denied = keyids != self._denied, keyids
        return changed

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
        where = f"record {sealed.record.seq} of {device}"
        verify_seal(envelope, RECORD_TYPE, self._signer(envelope, RECORD_TYPE, device, where).public_key, where)
        return sealed

    def check_upload(self, envelope: bytes) -> Upload:
        """The upload token in an envelope whose seal holds. Raises BadRecord or a VerificationError."""
        device = peek_upload(envelope).device
        return read_upload(envelope, self._signer(envelope, UPLOAD_TYPE, device, f"an upload of {device}").public_key)

    def _signer(self, envelope: bytes, payload_type: str, device: str, where: str) -> Identity:
        """Whose key of `device` sealed an envelope. Raises BadRecord, UnknownSigner, RevokedKey."""
        keys = [keyid for keyid, _ in open_envelope(envelope, payload_type).signatures]
        who = next((self._known[device, keyid] for keyid in keys if (device, keyid) in self._known), None)
        if who is None:
            raise UnknownSigner(device=device)
        if who.keyid in self._denied:
            raise RevokedKey(where=where)
        return who

    def _introduce(self, sealed: Sealed, body: Genesis) -> None:
        where = f"record 0 of {sealed.record.device}"
        if body.root != fingerprint(self._root):
            raise BadCertificate(where=where, why="it names another root")
        who = self.learn(join_chain(body.certificate, body.intermediates, where))
        if who.name != sealed.record.device or who.keyid != body.keyid:
            raise BadCertificate(where=where, why="it belongs to another device or key")
