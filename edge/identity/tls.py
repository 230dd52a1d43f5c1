"""The box's key and certificate for connections: keys/tls.pem (key, certificate, intermediate) and keys/tls-root.crt.

keys/tls.wait.pem holds a key whose certificate has not come yet. Keys are made here and never leave the box.
"""
from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from common import tls
from common.kernel_clock import kernel_clock_state
from common.texts import N_
from edge.errors import BadKeyFile
from edge.storage.files import replace

OWN, WAITING, ROOT = "tls.pem", "tls.wait.pem", "tls-root.crt"
_PKCS8 = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
MAX_FILE = 65536


def waiting_key(keys: Path) -> Ed25519PrivateKey:
    """The key for which a certificate is asked: the one that waits, or a new one. Raises BadKeyFile."""
    path = keys / WAITING
    try:
        if path.exists():
            return _private(path)
        key = Ed25519PrivateKey.generate()
        replace(path, key.private_bytes(*_PKCS8))
    except OSError as error:
        raise BadKeyFile(path=path, why=error.strerror or str(error)) from None
    return key


def take_certificate(keys: Path, chain_pem: str) -> None:
    """Put the certificate of the waiting key to use, with it; `forget_waiting` comes last. Raises BadKeyFile: it is for
    another key."""
    key = waiting_key(keys)
    if _leaf(chain_pem.encode(), keys / OWN).public_key() != key.public_key():
        raise BadKeyFile(path=keys / WAITING, why=N_("the certificate that came is for another key"))
    try:
        replace(keys / OWN, key.private_bytes(*_PKCS8) + chain_pem.encode())
    except OSError as error:
        raise BadKeyFile(path=keys / OWN, why=error.strerror or str(error)) from None


def forget_waiting(keys: Path) -> None:
    """The next certificate is asked for another key. Until everything that came is kept, the same must be asked for."""
    (keys / WAITING).unlink(missing_ok=True)


def own_certificate(keys: Path) -> x509.Certificate:
    """The certificate that is in use. Raises BadKeyFile."""
    try:
        return _leaf((keys / OWN).read_bytes()[:MAX_FILE], keys / OWN)
    except OSError as error:
        raise BadKeyFile(path=keys / OWN, why=error.strerror or str(error)) from None


def request_for(key: Ed25519PrivateKey, device: str) -> str:
    """A certificate request (PKCS #10, PEM), signed by the key itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, None)
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def empty_context() -> tls.ClientContext:
    """TLS 1.3 alone; trusts nobody yet. Dates of certificates count while the kernel says that its clock is set: the
    only road on which a wrong clock is found out must not depend on it."""
    return tls.client_context(lambda: kernel_clock_state().synced)


def client_context(root_pem: str) -> tls.ClientContext:
    """To servers of this site alone, without a certificate of one's own. Raises BadKeyFile."""
    context = empty_context()
    try:
        context.load_verify_locations(cadata=root_pem)
    except (ssl.SSLError, ValueError, TypeError):  # a TypeError for letters that are not ASCII
        raise BadKeyFile(path=ROOT, why=N_("it is damaged")) from None
    return context


def load_own(context: ssl.SSLContext, keys: Path) -> None:
    """Show the certificate that lies in keys/tls.pem from the next connection on. Raises BadKeyFile."""
    try:
        context.load_cert_chain(keys / OWN)
    except (OSError, ssl.SSLError) as error:
        raise BadKeyFile(path=keys / OWN, why=error.strerror or str(error)) from None


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes()[:MAX_FILE], None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise BadKeyFile(path=path, why=N_("it is damaged")) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(path=path, why=N_("it is of the wrong kind"))
    return key


def _leaf(data: bytes, path: Path) -> x509.Certificate:
    """The first certificate, whose key can be read."""
    try:
        leaf = x509.load_pem_x509_certificates(data)[0]
        leaf.public_key()
        return leaf
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError, x509.InvalidVersion):
        raise BadKeyFile(path=path, why=N_("it is damaged")) from None
