"""Parsers of the centre's tree and of its witnesses: notes, checkpoints, proofs, stamps, what an export holds of it."""
from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from common.fetch import fetch
from common.stamps import check_stamp, request_stamp, stamped_at
from evidence.beginnings import beginnings_text, read_beginnings
from evidence.bodies import CheckpointSeen
from evidence.checkpoint import check_seen, cosigned_at, open_checkpoint, read_checkpoint, seen_of
from evidence.errors import (
    BadCheckpoint,
    BadCosignature,
    BadNote,
    BadProof,
    BadShape,
    BadStamp,
    BadTile,
    FetchFailed,
    VerificationError,
)
from evidence.logproof import proven_growth, proven_leaf
from evidence.notes import Note, read_key, read_note
from evidence.seal import KeySigner
from evidence.shape import decode, encode
from evidence.tiles import grow, read_tile_path, tile_path
from tests.common.authority import TestAuthority
from tests.evidence.making import Site
from tests.evidence.test_checkpoint import EYE, WITNESS
from tests.evidence.test_golden import load
from tests.evidence.test_merkle import nodes
from tests.fuzz.of_verify import _instead, _of
from tests.fuzz.parser import Bench, Parser
from tests.verify.growing import ELSEWHERE, Growing
from tests.verify.making import class_of, write_export
from verify.errors import (
    BadKey,
    BadLogKey,
    BadStampRoot,
    BadState,
    BadWitnessKey,
    NoLog,
    NotEvidence,
    NoTree,
    StaleTree,
)
from verify.source import Files
from verify.trees import read_stamp_roots, read_witness_key
from verify.witness import Witness, load_witness, look, new_key, read_log_key

OLD, SIZE = 8, 13
AT = 1_772_412_000


@functools.cache
def _grown() -> Growing:
    """The tree of a class with one box, and of another box."""
    site, box, centre = class_of()
    return Growing(site, centre, [*centre.sealed, *box.sealed, *Site().box(ELSEWHERE).alarms(5).sealed])


def _cosigned(size: int = SIZE) -> bytes:
    return _grown().note(size, eyes=[EYE])


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _note(data: bytes, _: Bench) -> object:
    return read_note(data).bytes()


def _checkpoint(data: bytes, _: Bench) -> object:
    """As it is sent, and then any text at all that the holder of the key signed."""
    with contextlib.suppress(BadNote, BadCheckpoint):
        cosigned_at(open_checkpoint(data, _grown().key).note, EYE)
    text = data[:4000].decode("utf-8", "replace").rpartition("\n\n")[0] + "\n"
    return read_checkpoint(text)


def _made_up(at: int) -> Callable[[bytes, Bench], object]:
    """A checkpoint in which one line of signature holds any bytes in the name of its key: 1 of the centre with its
    time, 2 of a witness."""
    def read(data: bytes, _: Bench) -> object:
        lines = list(read_note(_cosigned()).signatures)
        lines[at] = dataclasses.replace(lines[at], signature=data[:300] or b"x")
        text = _grown().checkpoint(SIZE).text
        return cosigned_at(open_checkpoint(Note(text, tuple(lines)).bytes(), _grown().key).note, EYE)

    return read


def _seen(data: bytes, _: Bench) -> object:
    """What a box says in its chain that it saw."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return check_seen(decode(CheckpointSeen, told, "seen"), _grown().key)


def _seen_seeds() -> list[bytes]:
    seen = seen_of(open_checkpoint(_cosigned(), _grown().key), _grown().key)
    return [json.dumps(encode(seen)).encode()]


def _inclusion(data: bytes, _: Bench) -> object:
    return proven_leaf(data, _grown().accepted[3].envelope, _grown().key)


def _beginnings(data: bytes, _: Bench) -> object:
    return read_beginnings(data, _grown().checkpoint(SIZE))


def _growth(data: bytes, _: Bench) -> object:
    return proven_growth(data, _grown().checkpoint(OLD), _grown().key)


@contextlib.contextmanager
def a_tree(folder: Path) -> Iterator[Path]:
    """The folder of an exported class that holds checkpoints and proofs, and a stamp."""
    site, box, centre = class_of()
    box.alarms(1)
    write_export(folder / "export", site, box, centre)
    *before, manifest = centre.sealed
    tree = Growing(site, centre, [*before, *box.sealed, *Site().box(ELSEWHERE).alarms(2).sealed, manifest])
    tree.write(folder / "export", OLD, SIZE)
    (folder / f"export/tree/{OLD}/stamp.tsr").write_bytes(_stamps(tree.checkpoint(OLD).text.encode())[0])
    yield folder / "export"


def _held(what: str) -> Callable[[], Sequence[bytes]]:
    return _of(a_tree, f"tree/{what}")


@functools.cache
def _authority() -> tuple[TestAuthority, contextlib.ExitStack]:
    stack = contextlib.ExitStack()
    return TestAuthority(Path(stack.enter_context(tempfile.TemporaryDirectory()))), stack


@functools.cache
def _stamps(data: bytes = b"x") -> list[bytes]:
    """An answer of a time-stamping authority over these bytes."""
    return [_authority()[0].answer(request_stamp(data).data)]


def _stamp(data: bytes, _: Bench) -> object:
    with contextlib.suppress(BadStamp):
        stamped_at(data, b"x")
    return check_stamp(data, b"x", [_authority()[0].root])


def _stamp_root(data: bytes, bench: Bench) -> object:
    """What an auditor gives as the root of an authority, and then a stamp."""
    return check_stamp(_stamps()[0], b"x", read_stamp_roots(bench.file(data, "root.pem")))


@contextlib.contextmanager
def a_witness(folder: Path) -> Iterator[Path]:
    """A witness's folder with what `zaitang-central tree write` wrote: a checkpoint, a tile."""
    tree = _grown()
    (folder / "tile/0").mkdir(parents=True)
    (folder / "checkpoint").write_bytes(_cosigned())
    (folder / "tile" / tile_path(0, 0, SIZE)).parent.mkdir(parents=True, exist_ok=True)
    (folder / "tile" / tile_path(0, 0, SIZE)).write_bytes(b"".join(tree.leaves[:SIZE]))
    yield folder


def _looks(name: str, known: int | None = None) -> Callable[[bytes, Bench], object]:
    """A look of a witness with these bytes in place of a file. `known`: the size that it remembers; of its memory, the
    bytes are that."""
    def read(data: bytes, bench: Bench) -> object:
        folder, state = bench.kept(a_witness), bench.folder / "state"
        for old in bench.folder.glob("state*"):
            old.unlink()
        before = (folder / name).read_bytes() if name != "state" else b""
        (state if name == "state" else folder / name).write_bytes(data)
        if known is not None:
            state.write_bytes(_grown().note(known))
        try:
            return look(Files(str(folder)), _grown().key, Witness(EYE, KeySigner(WITNESS)), state, AT)
        finally:
            if name != "state":
                (folder / name).write_bytes(before)

    return read


def _new_keys() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        new_key(Path(folder) / "key", "authority.example/w1")
        return [(Path(folder) / "key").read_bytes()]


def _tile_path(data: bytes, _: Bench) -> object:
    level, number, width = read_tile_path(_as_text(data))
    assert tile_path(level, number, width) == _as_text(data)
    return level


def _tile(data: bytes, _: Bench) -> object:
    """The edge of a tree as a database or another's folder holds it."""
    return grow(SIZE, {0: data[:20_000]}, _grown().leaves[:3])


def _web_answer(data: bytes, _: Bench) -> bytes:
    """Whatever somebody says in answer to a request over HTTP, who may also hang up."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(4)
        listening.settimeout(5)

        def serve() -> None:
            # He is asked again where he says that it lies elsewhere.
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listening.accept()
                    with caller, contextlib.suppress(OSError):
                        caller.settimeout(5)
                        caller.recv(4096)
                        caller.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            found = fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/checkpoint", 2000)
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)
    assert len(found) <= 2000
    return found


def _web_answers() -> list[bytes]:
    return [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]


PROOFS = (BadProof, BadNote, BadCheckpoint)
WITNESSED = (VerificationError, BadState, NoLog, NoTree, StaleTree)
HERE = ("verify/trees.py",)

PARSERS = (
    Parser("a signed note", ("evidence/notes.py",), "text",
           lambda: [_cosigned(), *(one["note"].encode() for one in load("tree")["notes"])], _note, (BadNote,), 60),
    Parser("a verifier key", ("evidence/notes.py",), "text", lambda: [EYE.text.encode(), _grown().key.text.encode()],
           lambda data, _: read_key(_as_text(data)), (BadNote,), 60),
    Parser("a checkpoint", ("evidence/checkpoint.py",), "text", lambda: [_cosigned()], _checkpoint,
           (BadNote, BadCheckpoint), 60),
    *(Parser(f"a signature that {who} made up below a checkpoint", ("evidence/checkpoint.py",), "bytes",
             lambda at=at: [read_note(_cosigned()).signatures[at].signature], _made_up(at),  # type: ignore[misc]
             (BadCheckpoint, BadCosignature), 30) for at, who in ((1, "the centre"), (2, "a witness"))),
    Parser("a checkpoint that a box says it has seen", ("evidence/checkpoint.py",), "json", _seen_seeds, _seen,
           (BadCheckpoint, BadShape), 60),
    Parser("a proof of a record", ("evidence/logproof.py", "evidence/merkle.py"), "text",
           lambda: [_grown().proof(3, SIZE, _cosigned())], _inclusion, PROOFS, 60),
    Parser("a proof of growth", ("evidence/logproof.py", "evidence/merkle.py"), "text",
           lambda: [_grown().growth(OLD, SIZE, _cosigned())], _growth, PROOFS, 60),
    Parser("proofs of growth from many trees", ("evidence/beginnings.py", "verify/seen.py"), "text",
           lambda: [beginnings_text(lambda: nodes(_grown().leaves), (1, 5, OLD), SIZE),
                    b"".join(_grown().growth(size, SIZE, b"") for size in (1, 5, OLD))], _beginnings, PROOFS, 60),
    Parser("the path of a tile", ("evidence/tiles.py",), "text", lambda: [b"0/x001/234", b"63/000.p/255"], _tile_path,
           (BadTile,), 60),
    Parser("a tile", ("evidence/tiles.py",), "bytes", lambda: [b"".join(_grown().leaves[:SIZE])], _tile, (BadTile,),
           40),
    Parser("a stamp", ("common/stamps.py",), "bytes", _stamps, _stamp, (BadStamp,), 60),
    Parser("the root of an authority that stamps", (*HERE, "common/stamps.py"), "pem",
           lambda: [(_authority()[0].folder / "root.pem").read_bytes()], _stamp_root, (BadStampRoot, BadStamp), 60),
    Parser("an answer over HTTP", ("common/fetch.py", "verify/source.py"), "text", _web_answers, _web_answer,
           (FetchFailed,), 40),
    *(Parser(f"tree/{what} of an export", HERE, form, _held(what), _instead(a_tree, f"tree/{what}"), (NotEvidence,),
             examples)
      for what, form, examples in (
          (f"{SIZE}/checkpoint", "text", 15), (f"{OLD}/checkpoint", "text", 15), (f"{OLD}/consistency", "text", 15),
          (f"{OLD}/stamp.tsr", "bytes", 20), (f"{OLD}/box-1.{'0' * 32}.5.tlog-proof", "text", 15))),
    Parser("the key of a witness that an auditor gives", HERE, "text", lambda: [EYE.text.encode()],
           lambda data, _: read_witness_key(_as_text(data)), (BadWitnessKey,)),
    Parser("the key of a tree that a witness is given", ("verify/witness.py",), "text",
           lambda: [_grown().key.text.encode()], lambda data, bench: read_log_key(str(bench.file(data, "log.key"))),
           (BadLogKey,)),
    Parser("a witness's own key", ("verify/witness.py",), "text", _new_keys,
           lambda data, bench: load_witness(bench.file(data, "w.key")), (BadKey,)),
    Parser("what a witness remembers", ("verify/witness.py",), "text", lambda: [_cosigned(OLD)], _looks("state"),
           WITNESSED, 30),
    Parser("a checkpoint that a witness looks at", ("verify/witness.py",), "text", lambda: [_cosigned()],
           _looks("checkpoint"), WITNESSED, 30),
    Parser("a tile that a witness looks at", ("verify/witness.py", "verify/source.py", "evidence/tiles.py"), "bytes",
           lambda: [b"".join(_grown().leaves[:SIZE])], _looks(f"tile/{tile_path(0, 0, SIZE)}", OLD), WITNESSED, 30),
)
