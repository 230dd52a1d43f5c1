"""Whom the box takes orders and receipts from: the holder of its own root's certificate for the centre's name."""
from __future__ import annotations

import dataclasses

from cryptography import x509

from edge.sync.errors import NotTheCentre
from evidence.certs import Identity, fingerprint, identity
from evidence.checkpoint import log_key, origin_of
from evidence.errors import VerificationError
from evidence.notes import NoteKey

CERTIFICATE = "centre.crt"
"""The file, beside the box's keys, that remembers the centre's certificate."""


@dataclasses.dataclass(frozen=True)
class Site:
    """The box's own place: its name, the root that it trusts, the centre's name, and whether its own key is a test key.

    Boxes hold certificates of the same root, but none for a centre: no box can give orders to another."""

    device: str
    root: x509.Certificate
    centre: str
    test: bool

    def centre_of(self, certificate: str) -> Identity:
        """The centre behind a certificate (PEM). Raises NotTheCentre."""
        try:
            found = identity(certificate, self.root, "centre")
        except VerificationError as error:
            raise NotTheCentre(why=str(error)) from None
        if found.name != self.centre:
            raise NotTheCentre(why=f"it is from {found.name}")
        if found.test and not self.test:
            raise NotTheCentre(why="its key is a test key")
        return found

    def log_of(self, centre: Identity) -> NoteKey:
        """The verifier key of the centre's tree."""
        return log_key(origin_of(fingerprint(self.root), self.centre), centre.public_key)
