"""The secret keys in a centre's folder `keys`, which may lie under a passphrase (common/lock.py): read, and written so.

Not locked are what a program of others reads (tls.pem) and what others know as well: mail.password, bucket.toml,
webhook-NAME.secret."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.errors import BadKeyFile
from central.files import read, replace
from common.lock import NEXT, Lock, is_locked, lock, new_salt, salt_of
from common.texts import N_

FIRST = "centre.key"
"""What every centre has, and by which one sees whether keys lie locked there."""
OTHERS = ("names.key", "sealing.key", "accounts.key", "people.key", "ca.pem", "tls-ca.pem", "tls-ca-*.pem")
CHANGING = N_("the passphrase of the keys is being changed: run the installer again, and then this")


def secret_files(folder: Path) -> Sequence[str]:
    """The names of those that there are."""
    return [*(path.name for one in OTHERS for path in sorted(folder.glob(one))), FIRST]


LOCK = Lock("zaitang.centre-keys", secret_files, read, replace, BadKeyFile)


def read_secret(path: Path, word: bytes | None = None) -> bytes:
    """What a secret file holds. `word`: the passphrase, if not the machine's. Raises BadKeyFile, NoCentre."""
    return LOCK.plain(path, word)


def to_keep(path: Path, plain: bytes) -> bytes:
    """What is to be written to a secret file: locked, where the keys beside it are, or where it is the first one and
    the machine holds a passphrase. Raises BadKeyFile, NoCentre."""
    first = path.with_name(FIRST)
    if path == first:
        word, salt = LOCK.passphrase(), new_salt()
    elif not is_locked(data := read(first)):
        return plain
    else:
        if first.with_name(FIRST + NEXT).exists():
            raise BadKeyFile(path=path, why=CHANGING)
        read_secret(first)
        word, salt = LOCK.passphrase(), salt_of(data)
    return plain if word is None else lock(path.name, plain, word, salt)


def load_private(path: Path, passphrase: bytes | None = None, word: bytes | None = None) -> Ed25519PrivateKey:
    """The first private key of a PEM file. `passphrase`: of the PEM; `word`: as in `read_secret`. Raises BadKeyFile."""
    try:
        key = serialization.load_pem_private_key(read_secret(path, word), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        why = N_("it is not a private key in PEM") if passphrase is None else N_("the passphrase does not open it")
        raise BadKeyFile(path=path, why=why) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(path=path, why=N_("it is not an Ed25519 key"))
    return key
