"""The centre's own certificate for connections, in keys/tls.pem: made when there is none, renewed in good time.

Key, certificate and intermediate lie in one file, so that a power cut leaves the old ones or the new ones.
"""
from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.authority import TLS_CA, TLS_ROOT, load_authority
from central.devices.connections import Authority, is_due, issue_server
from central.files import private_pem, read, replace
from common import tls
from common.logs import Log
from evidence.certs import UNREADABLE, pem
from evidence.errors import ZaitangError

OWN = "tls.pem"
_LOG = Log("devices")


def keep_certificate(keys: Path, device: str, names: Sequence[str], now_us: int) -> bool:
    """See to it that keys/tls.pem is good for these names. True if it is a new one.

    Raises NoIntermediate, BadKeyFile."""
    path, authority = keys / OWN, load_authority(keys / TLS_CA)
    if path.exists() and _is_good(read(path), authority, names, now_us):
        return False
    key = Ed25519PrivateKey.generate()
    own = issue_server(authority, key.public_key(), device, names, now_us)
    replace(path, private_pem(key) + pem(own).encode() + pem(authority.certificate).encode())
    return True


def server_context(keys: Path) -> ssl.SSLContext:
    """TLS 1.3 alone, with the certificate that lies there now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(keys / OWN)
    return context


def client_context(keys: Path) -> tls.ClientContext:
    """For the collector: it trusts its own site's broker, and shows the centre's certificate."""
    context = tls.client_context()
    context.load_verify_locations(keys / TLS_ROOT)
    context.load_cert_chain(keys / OWN)
    return context


class OwnTls:
    """A context that keeps up with the certificate. `keep`: sees to it that keys/tls.pem is good."""

    def __init__(self, context: ssl.SSLContext, keys: Path, keep: Callable[[], object]) -> None:
        self.context, self._keys, self._keep = context, keys, keep

    @property
    def trouble(self) -> tls.Trouble | None:
        """What ailed the last connection that failed by a certificate, if we are the client."""
        return self.context.trouble if isinstance(self.context, tls.ClientContext) else None

    def refresh(self) -> None:
        """Renew if it is time, and show what lies there from the next connection on. What fails is in the log."""
        try:
            self._keep()
            self.context.load_cert_chain(self._keys / OWN)
        except (ZaitangError, OSError) as error:
            _LOG.failed("certificate.not_renewed", error)


def _is_good(data: bytes, authority: Authority, names: Sequence[str], now_us: int) -> bool:
    try:
        certificate = x509.load_pem_x509_certificates(data)[0]
        certificate.verify_directly_issued_by(authority.certificate)
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
        return False
    known = {str(one.value) for one in said}
    return known == set(names) and not is_due(certificate, now_us)
