"""The word of witnesses: which keys count, and whether a cosignature is of a checkpoint that this centre signed."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from central.errors import CannotRead, NoCheckpoint, OtherTree
from central.store.store import Store
from central.tree.errors import BadWitness, UnknownWitness
from evidence.checkpoint import cosigned_at, read_checkpoint
from evidence.errors import BadNote
from evidence.notes import COSIGNED, MAX_NOTE, NoteKey, read_key, read_note


def witness_keys(texts: Iterable[str], path: Path) -> tuple[NoteKey, ...]:
    """The keys in centre.toml. Two witnesses may not have one name. Raises BadWitness."""
    keys: dict[str, NoteKey] = {}
    for text in texts:
        try:
            key = read_key(text)
        except BadNote as error:
            raise BadWitness(path=path, key=text[:100], why=error.params["why"]) from None
        if key.kind != COSIGNED or key.name in keys:
            why = "it is no cosigner's key" if key.kind != COSIGNED else "another witness has that name"
            raise BadWitness(path=path, key=text[:100], why=why)
        keys[key.name] = key
    return tuple(keys.values())


def read_cosigned(path: Path) -> bytes:
    """A file that a witness cosigned, no more of it than a note may have. Raises CannotRead."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE + 1)
    except OSError as error:
        raise CannotRead(path=path, why=error.strerror) from None


def take_cosignatures(store: Store, keys: Sequence[NoteKey], data: bytes) -> list[str]:
    """Keep the cosignatures in a signed note, those of known witnesses alone. Returns their names.

    Raises BadNote, BadCheckpoint, BadCosignature, NoCheckpoint, OtherTree, UnknownWitness."""
    note = read_note(data)
    size = read_checkpoint(note.text).size
    with store.read() as tx:
        kept = tx.checkpoint(size)
    if kept is None:
        raise NoCheckpoint
    if read_note(kept.note).text != note.text:
        raise OtherTree
    times = {key: cosigned_at(note, key) for key in keys}
    found = {key: time_s for key, time_s in times.items() if time_s is not None}
    if not found:
        raise UnknownWitness
    with store.write() as tx:
        for key, time_s in found.items():
            lines = [one.line for one in note.signatures if (one.name, one.key_id) == (key.name, key.id)]
            tx.put_cosignature(size, key.name, time_s, lines[0])
    return [key.name for key in found]
