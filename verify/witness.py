"""A witness: it remembers the last checkpoint that it saw of a centre, and cosigns the next one only with a proof that
the tree did nothing but grow. What it catches it keeps: two checkpoints that one key signed and that contradict."""
from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.checkpoint import Stated, cosign, open_checkpoint
from evidence.errors import BadCheckpoint, BadNote, BadProof, BadTile, VerificationError
from evidence.logproof import consistency_text
from evidence.merkle import check_consistency, consistency_proof, root_hash
from evidence.notes import COSIGNED, KEY_BYTES, MAX_NOTE, PLAIN, Note, NoteKey, base64_text, good_name, read_key
from evidence.seal import KeySigner
from evidence.tiles import node_of, root_of
from evidence.times import SECOND, utc_text
from verify.errors import (
    BadKey,
    BadLogKey,
    BadState,
    CannotWrite,
    HistoryChanged,
    NoTree,
    RolledBack,
    StaleTree,
    TwoTrees,
    WitnessRuns,
)
from verify.folder import shown
from verify.source import Source

MAX_KEY = 1024
_SECRET = re.compile(r"PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n?")


@dataclasses.dataclass(frozen=True)
class Witness:
    """Who cosigns: a key by its name, and what signs with it."""

    key: NoteKey
    signer: KeySigner


@dataclasses.dataclass(frozen=True)
class Look:
    """What a look at a centre gave: its checkpoint, the size seen before (None: the first look), and the cosigned
    note."""

    stated: Stated
    before: int | None
    cosigned: Note


def look(source: Source, log: NoteKey, witness: Witness, state: Path, now_s: int) -> Look:
    """Look once: verify, remember, cosign. `state`: the file with what was seen last.

    Raises RolledBack, TwoTrees, HistoryChanged: the centre is caught, and what proves it is kept. Raises StaleTree,
    NoTree, NoLog for what anybody on the way could have shown in its place; BadState, WitnessRuns, CannotWrite."""
    with _alone(state):
        last = _remembered(state, log)
        try:
            stated = open_checkpoint(source.checkpoint(), log)
            _must_have_grown(source, last, stated, state)
        except (BadNote, BadCheckpoint, BadProof, BadTile) as error:
            raise NoTree(why=error) from None
        line = cosign(stated.note.text, witness.key, witness.signer, now_s)
        cosigned = Note(stated.note.text, (*stated.note.signatures, line))
        if last is None or stated.checkpoint.size > last.checkpoint.size or stated.time_s > last.time_s:
            # Remembered first: what was cosigned and forgotten could be contradicted later.
            write_whole(state, stated.note.bytes())
    return Look(stated, None if last is None else last.checkpoint.size, cosigned)


def _must_have_grown(source: Source, last: Stated | None, stated: Stated, state: Path) -> None:
    """Raises what `look` raises, BadProof, BadTile."""
    now = stated.checkpoint
    if last is None:
        # Nothing to compare with, but the tiles must make up the root.
        if root_of(source.tile, now.size) != now.root:
            raise BadProof(why="the tiles do not lead to the root hash of the checkpoint")
        return
    before = last.checkpoint
    if now.size == before.size:
        if now.root != before.root:
            raise TwoTrees(size=now.size, kept=_keep(state, last, stated))
    elif now.size > before.size:
        node = node_of(source.tile, now.size)
        begins, proof = root_hash(node, before.size), consistency_proof(node, before.size, now.size)
        # Only tiles that make up the root which the centre signed can accuse it: a damaged file cannot.
        check_consistency(before.size, begins, now.size, now.root, proof)
        if begins != before.root:
            kept = _keep(state, last, stated, another_past(before.size, begins, proof, stated.note.bytes()))
            raise HistoryChanged(size=now.size, known=before.size, kept=kept)
    elif stated.time_s > last.time_s:
        raise RolledBack(size=now.size, known=before.size, kept=_keep(state, last, stated))
    else:
        raise StaleTree(size=now.size, time=utc_text(stated.time_s * SECOND)[:19], known=before.size)


def another_past(size: int, root: bytes, proof: Sequence[bytes], note: bytes) -> bytes:
    """What proves, beside an older checkpoint, that a tree does not begin with it: the root hash of its first `size`
    leaves, the hashes that lead from there to its own (RFC 9162, 2.1.4.2), and its checkpoint."""
    return f"begins {size} {base64_text(root)}\n".encode() + consistency_text(size, proof, note)


# --- keys


def new_key(path: Path, name: str) -> NoteKey:
    """Make a witness's key in a new file that only its owner may read. Returns the verifier key for the centre.

    Raises BadKey, CannotWrite."""
    if not good_name(name):
        raise BadKey(path=shown(str(path)), why="a name has no spaces and no plus sign, like authority.example/w1")
    secret = Ed25519PrivateKey.generate()
    key = NoteKey(name, COSIGNED, secret.public_key().public_bytes_raw())
    text = f"PRIVATE+KEY+{name}+{key.id.hex()}+{base64_text(bytes([COSIGNED]) + secret.private_bytes_raw())}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(handle)
    except OSError as error:
        raise CannotWrite(path=shown(str(path)), why=error.strerror or str(error)) from None
    return key


def load_witness(path: Path) -> Witness:
    """The witness whose key is in a file. Raises BadKey."""
    match = _SECRET.fullmatch(_text(path, MAX_KEY))
    if match is None:
        raise BadKey(path=shown(str(path)), why="it is not what --new made")
    try:
        data = base64.b64decode(match[3], validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 1 + KEY_BYTES or data[0] != COSIGNED or not good_name(match[1]):
        raise BadKey(path=shown(str(path)), why="it is not what --new made")
    secret = Ed25519PrivateKey.from_private_bytes(data[1:])
    key = NoteKey(match[1], COSIGNED, secret.public_key().public_bytes_raw())
    if key.id.hex() != match[2]:
        raise BadKey(path=shown(str(path)), why="it does not match its own id")
    return Witness(key, KeySigner(secret))


def read_log_key(value: str) -> NoteKey:
    """The key of a centre's tree: the argument itself, or a file that holds it. Raises BadLogKey."""
    try:
        key = read_key(value if "+" in value else _text(Path(value), MAX_KEY).strip())
    except (BadNote, BadKey) as error:
        raise BadLogKey(value=shown(value), why=error.params["why"]) from None
    if key.kind != PLAIN:
        raise BadLogKey(value=shown(value), why="it is the key of a witness")
    return key


def _text(path: Path, limit: int) -> str:
    """Raises BadKey."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise BadKey(path=shown(str(path)), why=error.strerror or str(error)) from None
    return data.decode("utf-8", "replace") if len(data) <= limit else ""


# --- memory


def _remembered(state: Path, log: NoteKey) -> Stated | None:
    """What was seen last; None at the first look. A memory that cannot be read is no first look. Raises BadState."""
    try:
        with state.open("rb") as file:
            data = file.read(MAX_NOTE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadState(path=shown(str(state)), why=error.strerror or str(error)) from None
    try:
        return open_checkpoint(data, log)
    except VerificationError as error:
        raise BadState(path=shown(str(state)), why=error) from None


def _keep(state: Path, last: Stated, stated: Stated, proof: bytes | None = None) -> str:
    """Write both notes beside the memory, and the proof where they alone do not contradict each other: signed by one
    key, they prove it to anybody. Returns the names."""
    files = [(state.with_name(f"{state.name}.{stem}-{one.checkpoint.size}-{one.time_s}"), one.note.bytes())
             for stem, one in (("before", last), ("now", stated))]
    if proof is not None:
        sizes = f"{last.checkpoint.size}-{stated.checkpoint.size}"
        files.append((state.with_name(f"{state.name}.proof-{sizes}"), proof))
    for path, data in files:
        write_whole(path, data)
    return ", ".join(shown(str(path)) for path, _ in files)


def write_whole(path: Path, data: bytes) -> None:
    """All of it or nothing, on the disk when this returns. Raises CannotWrite."""
    temp = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with temp.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temp.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            temp.unlink()
        raise CannotWrite(path=shown(str(path)), why=error.strerror or str(error)) from None


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Two that look at one time could each cosign what the other must refuse. Raises WitnessRuns, CannotWrite."""
    path = state.with_name(f"{state.name}.lock")
    try:
        lock = path.open("w")
    except OSError as error:
        raise CannotWrite(path=shown(str(path)), why=error.strerror or str(error)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WitnessRuns(path=shown(str(state))) from None
        yield
