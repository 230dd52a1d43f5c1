"""Who certifies at a site: the root, in a folder that the operator carries away, and the centre's two intermediates.

    root/root.key root.pem tls-root.pem     the key under a passphrase; in no use but for `init` and `root sign`
    keys/ca.pem tls-ca.pem                  an intermediate each, certificate and key: for boxes, for connections
    keys/tls-ca-SERIAL.pem                  an earlier one, whose certificates still hold
"""
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from central.devices.connections import Authority, make_tls_authority, make_tls_root
from central.errors import BadKeyFile, NoIntermediate, OtherRoot, WeakPassphrase
from central.files import PUBLIC, private_pem, read_pem, replace, write_new
from central.locked import load_private, read_secret, to_keep
from common.texts import N_
from evidence.certs import fingerprint, is_test, issue, make_intermediate, make_root, pem, read_certificate

ROOT_DAYS, INTERMEDIATE_DAYS, CERTIFICATE_DAYS = 7300, 1825, 3650
MIN_PASSPHRASE = 12
CA, TLS_CA, TLS_ROOT, ROOT = "ca.pem", "tls-ca.pem", "tls-root.pem", "root.pem"
EARLIER = "tls-ca-*.pem"
ROOT_KEY = "root.key"
_BEGIN = "-----BEGIN CERTIFICATE-----"


def make_site_root(folder: Path, name: str, start_us: int, test: bool, passphrase: bytes | None) -> None:
    """Make a site's root in `folder`, which must not exist. Only a test root may do without a passphrase.

    Raises WeakPassphrase, OSError."""
    if not test and len(passphrase or b"") < MIN_PASSPHRASE:
        raise WeakPassphrase(least=MIN_PASSPHRASE)
    folder.mkdir(mode=0o700)
    key = Ed25519PrivateKey.generate()
    root = make_root(key, name, x509.random_serial_number(), start_us, ROOT_DAYS, test)
    tls_root = make_tls_root(Authority(root, key), name, start_us, ROOT_DAYS)
    write_new(folder / ROOT_KEY, private_pem(key, passphrase))
    write_new(folder / ROOT, pem(root).encode(), PUBLIC)
    write_new(folder / TLS_ROOT, pem(tls_root).encode(), PUBLIC)


def load_root(folder: Path, passphrase: bytes | None) -> Authority:
    """The root with its key. Raises BadKeyFile, BadCertificate."""
    certificate, key = read_certificate(read_pem(folder / ROOT), str(folder / ROOT)), folder / ROOT_KEY
    root = Authority(certificate, load_private(key, passphrase))
    if root.key.public_key() != certificate.public_key():
        raise BadKeyFile(path=key, why=N_("it does not belong to root.pem"))
    return root


def is_locked(folder: Path) -> bool:
    """Whether a passphrase opens the root's key. Raises BadKeyFile."""
    return "ENCRYPTED" in read_pem(folder / ROOT_KEY)


def sign_intermediates(
    root_folder: Path, passphrase: bytes | None, keys: Path, name: str, start_us: int, forget: bool = False,
) -> None:
    """Make both intermediates of a centre anew, signed by its root. What earlier ones certified goes on to hold;
    `forget`: but for connections, of which the broker then takes none that they certified.

    Raises OtherRoot, BadKeyFile, BadCertificate."""
    root = load_root(root_folder, passphrase)
    known = keys / ROOT
    if known.exists() and fingerprint(read_certificate(read_pem(known), str(known))) != fingerprint(root.certificate):
        raise OtherRoot(folder=root_folder, path=known)
    test = is_test(root.certificate)
    for name_of in (ROOT, TLS_ROOT):
        replace(keys / name_of, read_pem(root_folder / name_of).encode(), PUBLIC)
    own, tls = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    certificate = make_intermediate(
        root.certificate, root.key, own.public_key(), f"{name} authority", x509.random_serial_number(), start_us,
        INTERMEDIATE_DAYS, test)
    connections = make_tls_authority(root, tls.public_key(), f"{name} connections", start_us, INTERMEDIATE_DAYS)
    if not forget:
        _put_aside(keys / TLS_CA)
    _write(keys / TLS_CA, Authority(connections, tls))
    _write(keys / CA, Authority(certificate, own))
    if forget:
        for path in keys.glob(EARLIER):
            path.unlink()


def load_authority(path: Path) -> Authority:
    """An intermediate of the centre. Raises NoIntermediate, BadKeyFile, BadCertificate."""
    if not path.exists():
        raise NoIntermediate(folder=path.parent.parent)
    certificate = read_certificate(_BEGIN + _text(path).partition(_BEGIN)[2], str(path))
    return Authority(certificate, load_private(path))


def tls_authorities(keys: Path) -> Iterable[Authority]:
    """Everybody whose certificates for connections may still hold, the newest first."""
    yield load_authority(keys / TLS_CA)
    for path in sorted(keys.glob(EARLIER)):
        yield load_authority(path)


def issue_box(keys: Path, device: str, public_key: Ed25519PublicKey, start_us: int) -> str:
    """The certificate (PEM, with the intermediate's) of an evidence key; a test site issues test certificates."""
    authority = load_authority(keys / CA)
    certificate = issue(authority.certificate, authority.key, public_key, device, x509.random_serial_number(), start_us,
                        CERTIFICATE_DAYS, is_test(authority.certificate), "box")
    return pem(certificate) + pem(authority.certificate)


def issue_centre(root: Authority, name: str, public_key: Ed25519PublicKey, start_us: int) -> str:
    """The certificate (PEM) of a centre's evidence key, by the root itself: no intermediate makes a centre."""
    return pem(issue(root.certificate, root.key, public_key, name, x509.random_serial_number(), start_us,
                     CERTIFICATE_DAYS, is_test(root.certificate), "centre"))


def _put_aside(path: Path) -> None:
    """An authority that is replaced keeps signing its list of revoked certificates, without which the broker would
    refuse all that it certified. Written anew: what is locked is so under its name."""
    if path.exists():
        earlier = load_authority(path)
        _write(path.with_name(f"tls-ca-{earlier.certificate.serial_number:040x}.pem"), earlier)


def _write(path: Path, authority: Authority) -> None:
    replace(path, to_keep(path, private_pem(authority.key) + pem(authority.certificate).encode()))


def _text(path: Path) -> str:
    return read_secret(path).decode("ascii", "replace")
