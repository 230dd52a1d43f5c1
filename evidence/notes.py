"""Signed notes (C2SP signed-note): a text, an empty line, and lines of Ed25519 signatures by named keys.

Only two kinds of signature are read: plain ones over the text (`PLAIN`), and those of a cosigner, which hold a time
(`COSIGNED`, see checkpoint.py). What other keys signed is left alone, as the specification asks.
"""
from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.errors import BadNote
from evidence.seal import Signer

PLAIN, COSIGNED = 1, 4
"""Signature types of the specification: Ed25519, and timestamped Ed25519 of a cosigner."""
MAX_NOTE = 65536
"""Bytes; a longer one is refused before it is taken apart."""
MAX_SIGNATURES = 64
MAX_NAME = 255
MARK = "\u2014 "
KEY_BYTES, ID_BYTES = 32, 4
_KEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", re.ASCII)


@dataclasses.dataclass(frozen=True)
class NoteKey:
    """A key by its name, what it signs (PLAIN or COSIGNED), and its 32 public bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_BYTES]

    @property
    def text(self) -> str:
        """The verifier key, as it is handed to others: NAME+ID+BASE64."""
        return f"{self.name}+{self.id.hex()}+{base64_text(bytes([self.kind]) + self.public)}"

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made a signature of 64 bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclasses.dataclass(frozen=True)
class NoteSignature:
    """One line: whose it says it is, and the bytes behind the four of the key's id."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, with its end."""
        return f"{MARK}{self.name} {base64_text(self.key_id + self.signature)}\n"


@dataclasses.dataclass(frozen=True)
class Note:
    """`text` ends with a line's end. Nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def by(self, key: NoteKey) -> tuple[bytes, ...]:
        """What a key is said to have signed with."""
        return tuple(one.signature for one in self.signatures if (one.name, one.key_id) == (key.name, key.id))

    def bytes(self) -> bytes:
        """The note as it is kept and sent."""
        return (self.text + "\n" + "".join(one.line for one in self.signatures)).encode()


def read_note(data: bytes) -> Note:
    """The note in bytes. Raises BadNote."""
    if len(data) > MAX_NOTE:
        raise BadNote(why=f"more than {MAX_NOTE} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadNote(why="it is not UTF-8") from None
    if any(char < " " and char != "\n" for char in whole):
        raise BadNote(why="it holds control characters")
    text, between, lines = whole.rpartition("\n\n")
    if not between or not text or not lines.endswith("\n"):
        raise BadNote(why="it is no text with signatures below")
    signatures = tuple(read_signature(line) for line in lines.removesuffix("\n").split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise BadNote(why=f"more than {MAX_SIGNATURES} signatures")
    return Note(text + "\n", signatures)


def read_signature(line: str) -> NoteSignature:
    """One line of signature, without its end. Raises BadNote."""
    name, space, encoded = line.removeprefix(MARK).partition(" ")
    if not line.startswith(MARK) or not space or not good_name(name):
        raise BadNote(why="a line of it is no signature")
    data = unbase64(encoded)
    if len(data) <= ID_BYTES:
        raise BadNote(why="a line of it is no signature")
    return NoteSignature(name, data[:ID_BYTES], data[ID_BYTES:])


def verified(note: Note, key: NoteKey) -> None:
    """Check the plain signatures of `key`: one at least, and none that does not match. Raises BadNote."""
    found = note.by(key)
    if not found:
        raise BadNote(why=f"it is not signed by {key.name}")
    if not all(key.verify(signature, note.text.encode()) for signature in found):
        raise BadNote(why=f"the signature of {key.name} does not match")


def signed(text: str, key: NoteKey, signer: Signer) -> NoteSignature:
    """The plain signature of `key`, which `signer` holds, over a text."""
    return NoteSignature(key.name, key.id, signer.sign(text.encode()))


def read_key(text: str) -> NoteKey:
    """A verifier key: NAME+ID+BASE64. Raises BadNote."""
    match = _KEY.fullmatch(text)
    if match is None or not good_name(match[1]):
        raise BadNote(why="a verifier key is NAME+ID+BASE64")
    data = unbase64(match[3])
    if len(data) != 1 + KEY_BYTES or data[0] not in (PLAIN, COSIGNED):
        raise BadNote(why="the verifier key is not an Ed25519 key")
    key = NoteKey(match[1], data[0], data[1:])
    if key.id.hex() != match[2]:
        raise BadNote(why="the verifier key does not match its id")
    return key


def good_name(name: str) -> bool:
    """Whether a key may be called so: no spaces, no plus, nothing that cannot be seen."""
    return 0 < len(name) <= MAX_NAME and name.isprintable() and not any(one.isspace() or one == "+" for one in name)


def base64_text(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def unbase64(text: str) -> bytes:
    """Its bytes, from the one spelling that `base64_text` writes. Raises BadNote."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(why="not base64") from None
    if base64_text(data) != text:
        raise BadNote(why="not the canonical base64 of its bytes")
    return data
