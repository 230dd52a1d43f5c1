"""How a name is found although the database holds only sealed ones: by keyed hashes of its beginnings, class by class.

The database alone tells nobody a name, nor whether two classes know one person, nor how often a surname is met: every
class has hashes of its own. It tells who of one class have the same first character. Whoever searches needs the key,
and a hash for each class that may be searched. Only whole names and beginnings of Chinese characters are found.
"""
from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MOST_BEGINNING = 8
"""Characters of the longest beginning: more than nearly all names have."""
TOKEN_BYTES = 16
PSEUDONYM = re.compile(r"p-[0-9a-f]{12}")
_HAN = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))


class NameKeys:
    """Makes the hashes. The key is derived from that of the names, and of no use to open one."""

    def __init__(self, names_key: bytes) -> None:
        self._key = HKDF(SHA256(), 32, None, b"zaitang: how names are found").derive(names_key)

    def of_name(self, class_id: str, name: str) -> set[str]:
        """What a person of a class is found by."""
        plain = normalised(name)
        return {self.token(class_id, one) for one in (plain, *_beginnings(plain)) if one}

    def token(self, class_id: str, text: str) -> str:
        """The hash of a normalised name, or of the beginning of one, in a class."""
        said = f"{class_id}\0{text}".encode()
        return hmac.digest(self._key, said, "sha256")[:TOKEN_BYTES].hex()

    def asked(self, text: str) -> str:
        """What stands on record of a search, for everybody and for ever: a pseudonym as it is, else a hash under the
        key, which names nobody; the same text, the same hash."""
        return text if PSEUDONYM.fullmatch(text) else "#" + self.token("", normalised(text))

    def searched(self, classes: Iterable[str], text: str) -> list[str]:
        """What is looked for in these classes."""
        plain = normalised(text)
        return [self.token(class_id, plain) for class_id in classes] if plain else []


def normalised(name: str) -> str:
    """Without the differences that nobody means: width, case, blanks, the dots within a name."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in folded if not one.isspace() and one not in "·•・‧-'")


def _beginnings(plain: str) -> Iterator[str]:
    for length in range(1, min(len(plain), MOST_BEGINNING) + 1):
        if not any(first <= plain[length - 1] <= last for first, last in _HAN):
            return
        yield plain[:length]
