"""Passwords after NIST SP 800-63B-4, 3.1.1: long, not common, nothing else; kept as argon2id hashes (RFC 9106)."""
from __future__ import annotations

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from central.accounts.errors import BadPassword
from common.texts import N_

LEAST, MOST = 10, 128
AT_ONCE = 2
"""Hashes that are computed at once: each takes 64 MiB, and a whole core."""
HASHER = PasswordHasher()
"""RFC 9106, the second recommended choice: 64 MiB, three passes."""
COMMON = frozenset({
    "0123456789", "1234567890", "12345678910", "123456789a", "1234567891", "0987654321", "1111111111", "1122334455",
    "1234512345", "1qaz2wsx3edc", "1q2w3e4r5t", "1q2w3e4r5t6y", "qwertyuiop", "qwerty12345", "qwerty123456",
    "asdfghjkl1", "zxcvbnm123", "password12", "password123", "password1234", "passw0rd123", "p@ssw0rd123",
    "administrator", "admin12345", "admin123456", "admin@1234", "iloveyou12", "iloveyou520", "woaini1314",
    "woaini1314520", "5201314520", "1314520520", "a123456789", "aa123456789", "abc123456789", "abcd123456",
    "abcd1234567", "abcdefghij", "qq123456789", "zhangwei123", "welcome123", "letmein1234", "changeme123",
    "zaitang123", "zaitang1234", "zaitang2026", "henan12345", "sanmenxia123", "peixun12345",
})
"""Of lists of stolen passwords those that have ten characters, and what people here would take next."""


class Passwords:
    """Makes and checks hashes, a few at a time."""

    def __init__(self) -> None:
        self._hasher = HASHER
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """A new hash."""
        with self._room:
            return self._hasher.hash(_bytes(password))

    def right(self, kept: str | None, password: str) -> bool:
        """Whether this is the password. Where there is none, or no such account, it takes as long to say no."""
        with self._room:
            if kept is None:
                self._nobody = self._nobody or self._hasher.hash(secrets.token_hex(16))
            try:
                return self._hasher.verify(kept or self._nobody or "", _bytes(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def stale(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, account: str) -> None:
    """Whether it may become one. Raises BadPassword."""
    plain = _plain(password)
    if len(plain) < LEAST:
        raise BadPassword(why=N_("it has ten characters at least"))
    if len(plain) > MOST:
        raise BadPassword(why=N_("it has 128 characters at most"))
    low = plain.casefold()
    if low == account or (len(account) > 3 and low.replace(account, "").strip("0123456789!@#._-") == ""):
        raise BadPassword(why=N_("it is the name of the account"))
    if low in COMMON or len(set(low)) < 3:
        raise BadPassword(why=N_("it is one that many people take"))


def _plain(password: str) -> str:
    """However a keyboard made it (SP 800-63B-4: NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    """What is hashed, of any text that somebody may send."""
    return _plain(password).encode("utf-8", "surrogatepass")
