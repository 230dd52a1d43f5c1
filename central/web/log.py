"""The transparency tree over HTTP: C2SP tlog-tiles below /log, proofs, and the place where witnesses cosign.

Records are longer than the entry bundles of tlog-tiles allow, so they have an address of their own with longer lengths.
"""
from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from central.errors import NoCheckpoint, NotInTree
from central.store.tables import Tx
from central.store.trees import Kept
from central.tree.tree import cosigned_note, prove_growth, prove_leaf
from central.tree.witnesses import take_cosignatures
from central.web.access import Public, Routes
from central.wiring import Centre
from evidence.errors import BadNote
from evidence.logproof import consistency_text, inclusion_text
from evidence.merkle import HASH_BYTES, MAX_SIZE
from evidence.notes import MAX_NOTE
from evidence.tiles import WIDTH, read_tile_path

Number = Annotated[int, Query(ge=0, le=MAX_SIZE)]
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
LENGTH_BYTES = 4
ALL = Public("whoever is to watch a transparency log must be able to read it")
WITNESSES = Public("a cosignature that no known witness signed is refused")


def log(centre: Centre) -> APIRouter:
    """Routes of the tree."""
    routes = Routes(centre.store.device, "/log", default_response_class=PlainTextResponse)

    @routes.get("/checkpoint", ALL)
    def checkpoint(size: Annotated[int | None, Query(ge=0, le=MAX_SIZE)] = None) -> Response:
        with centre.store.read() as tx:
            return _text(cosigned_note(tx, _signed(tx, size)).bytes())

    @routes.get("/key", ALL)
    def key() -> Response:
        return _text(centre.tree().key.text.encode() + b"\n")

    @routes.get("/tile/{path:path}", ALL)
    def tile(path: str) -> Response:
        level, number, width = read_tile_path(path)
        with centre.store.read() as tx:
            hashes = tx.tile(level, number)[:width * HASH_BYTES]
        if len(hashes) < width * HASH_BYTES:
            raise NotInTree
        return Response(hashes, media_type="application/octet-stream", headers=FOR_EVER)

    @routes.get("/records/{path:path}", ALL)
    def records(path: str) -> Response:
        """The data of the leaves of a tile of level 0, each behind its length: four bytes, the highest first."""
        _, number, width = read_tile_path("0/" + path)
        with centre.store.read() as tx:
            found = tx.envelopes_from(number * WIDTH, width) if tx.tree_size() >= number * WIDTH + width else []
        if len(found) < width:
            raise NotInTree
        data = b"".join(len(one).to_bytes(LENGTH_BYTES, "big") + one for one in found)
        return Response(data, media_type="application/octet-stream", headers=FOR_EVER)

    @routes.get("/inclusion", ALL)
    def inclusion(leaf: Number, size: Annotated[int | None, Query(ge=0, le=MAX_SIZE)] = None) -> Response:
        with centre.store.read() as tx:
            kept = _signed(tx, size)
            return _text(inclusion_text(leaf, prove_leaf(tx, leaf, kept.size), cosigned_note(tx, kept).bytes()))

    @routes.get("/consistency", ALL)
    def consistency(old: Number, size: Annotated[int | None, Query(ge=0, le=MAX_SIZE)] = None) -> Response:
        with centre.store.read() as tx:
            kept = _signed(tx, size)
            return _text(consistency_text(old, prove_growth(tx, old, kept.size), cosigned_note(tx, kept).bytes()))

    @routes.add(["POST"], "/cosignatures", WITNESSES)
    async def cosignatures(request: Request) -> Response:
        data = b""
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_NOTE:
                raise BadNote(why=f"more than {MAX_NOTE} bytes")
        names = await run_in_threadpool(take_cosignatures, centre.store, centre.witnesses, data)
        return _text("".join(f"{name}\n" for name in names).encode())

    return routes.router


def _signed(tx: Tx, size: int | None) -> Kept:
    """Proofs are given for signed trees alone."""
    kept = tx.checkpoint(size)
    if kept is None:
        raise NoCheckpoint
    return kept


def _text(data: bytes) -> Response:
    return PlainTextResponse(data)
