"""Checkpoints: a centre's signed word how its tree looks at a size (C2SP tlog-checkpoint), and the word of witnesses
that it only ever grew (C2SP tlog-cosignature, `cosignature/v1`).

The centre signs each twice with its evidence key: the note itself, and, as any cosigner does, with the time.
"""
from __future__ import annotations

import dataclasses
import functools
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.bodies import CheckpointSeen
from evidence.errors import BadCheckpoint, BadCosignature, BadNote, BadRecord
from evidence.merkle import HASH_BYTES, MAX_SIZE
from evidence.notes import (
    COSIGNED,
    PLAIN,
    Note,
    NoteKey,
    NoteSignature,
    base64_text,
    read_note,
    signed,
    unbase64,
    verified,
)
from evidence.seal import Signer
from evidence.times import SECOND, utc_text, utc_us

TIME_BYTES, SIGNATURE_BYTES = 8, 64
MAX_TIME = 253402300799
"""Seconds; the last second of the year 9999."""
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """How a tree looks: whose, how many leaves, and the 32 bytes of its root hash."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"


@dataclasses.dataclass(frozen=True)
class Stated:
    """A checkpoint that the centre signed, `time_s` seconds after the epoch by its own clock."""

    checkpoint: Checkpoint
    time_s: int
    note: Note


def origin_of(root: str, centre: str) -> str:
    """What a centre's tree is called: by the fingerprint of the site's root and the id of the centre. A new database of
    the same centre begins no other tree: that it lost the old one must show."""
    return f"zaitang/{root}/{centre}"


def log_key(origin: str, key: Ed25519PublicKey) -> NoteKey:
    """The verifier key of a centre's tree."""
    return NoteKey(origin, PLAIN, key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign_checkpoint(checkpoint: Checkpoint, key: NoteKey, signer: Signer, time_s: int) -> Note:
    """The signed note; `signer` holds `key`, the verifier key of the tree."""
    text = checkpoint.text
    return Note(text, (signed(text, key, signer), cosign(text, timed(key), signer, time_s)))


def open_checkpoint(data: bytes, key: NoteKey) -> Stated:
    """The checkpoint in a note that the holder of `key` signed. Raises BadNote, BadCheckpoint."""
    note = read_note(data)
    verified(note, key)
    checkpoint = read_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise BadCheckpoint(why="it is of another tree")
    try:
        time_s = cosigned_at(note, timed(key))
    except BadCosignature as error:
        raise BadCheckpoint(why=str(error.params["why"])) from None
    if time_s is None:
        raise BadCheckpoint(why="the centre did not sign its time")
    return Stated(checkpoint, time_s, note)


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in the text of a note: three lines, for this product writes no others. Raises BadCheckpoint."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise BadCheckpoint(why="it has not three lines")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_SIZE:
        raise BadCheckpoint(why="its size is no number")
    try:
        root = unbase64(lines[2])
    except BadNote as error:
        raise BadCheckpoint(why=str(error.params["why"])) from None
    if len(root) != HASH_BYTES:
        raise BadCheckpoint(why="its root is no hash")
    return Checkpoint(lines[0], int(lines[1]), root)


def timed(key: NoteKey) -> NoteKey:
    """The same key of the same name, for signatures with a time."""
    return dataclasses.replace(key, kind=COSIGNED)


def seen_of(stated: Stated, key: NoteKey) -> CheckpointSeen:
    """What a box records of a checkpoint that it has seen. `key`: that of the tree."""
    at = stated.time_s.to_bytes(TIME_BYTES, "big")
    data = next(one for one in stated.note.by(timed(key)) if one.startswith(at))
    checkpoint = stated.checkpoint
    return CheckpointSeen(
        checkpoint.origin, checkpoint.size, checkpoint.root.hex(), utc_text(stated.time_s * SECOND),
        base64_text(data[TIME_BYTES:]),
    )


def check_seen(seen: CheckpointSeen, key: NoteKey) -> None:
    """Whether the centre signed what a box says that it has seen, at that time. Raises BadCheckpoint."""
    text = Checkpoint(seen.origin, seen.size, bytes.fromhex(seen.root_hash)).text
    try:
        time_us, signature = utc_us(seen.time), unbase64(seen.signature)
    except (BadRecord, BadNote) as error:
        raise BadCheckpoint(why=str(error.params["why"])) from None
    if seen.origin != key.name:
        raise BadCheckpoint(why="it is of another tree")
    if time_us % SECOND or not 0 <= time_us // SECOND <= MAX_TIME:
        raise BadCheckpoint(why="its time is out of range")
    if not timed(key).verify(signature, _message(text, time_us // SECOND)):
        raise BadCheckpoint(why="the signature does not match")


@functools.lru_cache(maxsize=1 << 14)
def was_signed(seen: CheckpointSeen, key: NoteKey) -> bool:
    """The same as an answer, remembered: a class is folded again and again, and a signature takes long on a box."""
    try:
        check_seen(seen, key)
    except BadCheckpoint:
        return False
    return True


def cosign(text: str, key: NoteKey, signer: Signer, time_s: int) -> NoteSignature:
    """A cosigner's signature over the text of a checkpoint, at a time. `signer` holds `key`."""
    signature = signer.sign(_message(text, time_s))
    return NoteSignature(key.name, key.id, time_s.to_bytes(TIME_BYTES, "big") + signature)


def cosigned_at(note: Note, key: NoteKey) -> int | None:
    """When a cosigner signed this note, the first time if more than once; None if it did not. Raises BadCosignature for
    a signature in its name that does not match."""
    times = []
    for data in note.by(key):
        if len(data) != TIME_BYTES + SIGNATURE_BYTES:
            raise BadCosignature(witness=key.name, why="it has not the length of a cosignature")
        time_s = int.from_bytes(data[:TIME_BYTES], "big")
        if time_s > MAX_TIME:
            raise BadCosignature(witness=key.name, why="its time is out of range")
        if not key.verify(data[TIME_BYTES:], _message(note.text, time_s)):
            raise BadCosignature(witness=key.name, why="the signature does not match")
        times.append(time_s)
    return min(times, default=None)


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
