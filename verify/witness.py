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
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.checkpoint import Stated, cosign, open_checkpoint
from evidence.errors import BadNote, BadProof, BadTile, VerificationError
from evidence.merkle import check_consistency, consistency_proof
from evidence.notes import COSIGNED, KEY_BYTES, MAX_NOTE, PLAIN, Note, NoteKey, base64_text, good_name, read_key
from evidence.seal import KeySigner
from evidence.tiles import node_of, root_of
from verify.errors import BadKey, BadLogKey, BadState, CannotWrite, HistoryChanged, RolledBack, TwoTrees, WitnessRuns
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

    Raises BadNote, BadCheckpoint, RolledBack, TwoTrees, HistoryChanged, NoLog, BadState, WitnessRuns, CannotWrite."""
    with _alone(state):
        last = _remembered(state, log)
        stated = open_checkpoint(source.checkpoint(), log)
        if last is not None:
            _must_have_grown(source, last, stated, state)
        else:
            _must_be_whole(source, stated)
        line = cosign(stated.note.text, witness.key, witness.signer, now_s)
        cosigned = Note(stated.note.text, (*stated.note.signatures, line))
        # Remembered first: what was cosigned and forgotten could be contradicted later.
        _write(state, stated.note.bytes())
    return Look(stated, None if last is None else last.checkpoint.size, cosigned)


def _must_have_grown(source: Source, last: Stated, stated: Stated, state: Path) -> None:
    before, now = last.checkpoint, stated.checkpoint
    if now.size < before.size:
        raise RolledBack(size=now.size, known=before.size, kept=_keep(state, last, stated))
    if now.size == before.size:
        if now.root != before.root:
            raise TwoTrees(size=now.size, kept=_keep(state, last, stated))
        return
    try:
        proof = consistency_proof(node_of(source.tile, now.size), before.size, now.size)
        check_consistency(before.size, before.root, now.size, now.root, proof)
    except (BadProof, BadTile) as error:
        kept = _keep(state, last, stated)
        raise HistoryChanged(size=now.size, known=before.size, why=error.params["why"], kept=kept) from None


def _must_be_whole(source: Source, stated: Stated) -> None:
    """At the first look there is nothing to compare with, but the tiles must make up the root. Raises BadProof."""
    if root_of(source.tile, stated.checkpoint.size) != stated.checkpoint.root:
        raise BadProof(why="the tiles do not lead to the root hash of the checkpoint")


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


def _keep(state: Path, last: Stated, stated: Stated) -> str:
    """Write both notes beside the memory: signed by one key, they prove what they contradict. Returns the names."""
    names = []
    for stem, one in (("before", last), ("now", stated)):
        path = state.with_name(f"{state.name}.{stem}-{one.checkpoint.size}-{one.time_s}")
        _write(path, one.note.bytes())
        names.append(shown(str(path)))
    return ", ".join(names)


def _write(path: Path, data: bytes) -> None:
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
