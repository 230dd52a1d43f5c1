"""`box pack`: everything that the centre holds of one box in one file, from which a box with a new card is restored.

A tar archive (ustar, names in a fixed order, no times): the same state of the centre gives the same bytes. No name and
no face is in it.
"""
from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import secrets
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from central.devices.errors import NothingToPack, PackFailed, PackThere
from central.parts import sync_folder
from central.store.chains import ChainHead
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import ClassOrder, Head, Segment, SegmentRemoved, body_of
from evidence.box_packs import (
    MANIFEST,
    ORDERS,
    VIDEO,
    BoxPack,
    PackFile,
    PackVideo,
    chain_file,
    policy_file,
    receipts_file,
    seal_pack,
    video_line,
)
from evidence.errors import BadRecord
from evidence.places import CENTRE_TYPES
from evidence.records import Sealed
from evidence.seal import read_sealed

OF_OTHER_BOXES = ("consent", "consent.withdrawn")
"""What a box keeps that another box stated, when it follows it."""
SPOOL = 64 << 20


@dataclasses.dataclass(frozen=True)
class Packed:
    """What is in a pack."""

    chains: int
    records: int
    orders: int
    video: int


def pack_box(centre: Centre, device: str, target: Path) -> Packed:
    """Write the pack of a box. Raises NothingToPack, PackThere, PackFailed; nothing is left behind then."""
    target = target.absolute()
    if target.exists():
        raise PackThere(path=target)
    temp = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with _Files() as files:
            packed, heads = _fill(centre, device, files)
            manifest = seal_pack(
                BoxPack(1, centre.store.device, device, heads, tuple(files.files)), centre.keys.signer)
            with temp.open("xb") as out:
                os.fchmod(out.fileno(), 0o600)  # who signed in when is nobody else's to read
                files.write(out, manifest)
                out.flush()
                os.fsync(out.fileno())
        temp.rename(target)
        sync_folder(target.parent)
    except (OSError, BadRecord) as error:
        raise PackFailed(path=target, why=getattr(error, "strerror", None) or error) from None
    finally:
        temp.unlink(missing_ok=True)
    return packed


class _Files:
    """The files of a pack, one behind the other, before its manifest can be sealed; small ones stay in memory."""

    def __init__(self) -> None:
        self.files: list[PackFile] = []
        self._spool = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, name: str, lines: Iterable[bytes]) -> int:
        """Add a file of lines; how many there were."""
        count, size, digest = 0, 0, hashlib.sha256()
        for line in lines:
            count, size = count + 1, size + len(line)
            digest.update(line)
            self._spool.write(line)
        self.files.append(PackFile(name, size, digest.hexdigest()))
        return count

    def write(self, out: IO[bytes], manifest: bytes) -> None:
        """The archive: the manifest, and the files in their order."""
        self._spool.seek(0)
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            tar.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
            for one in self.files:
                tar.addfile(_member(one.name, one.size), self._spool)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _fill(centre: Centre, device: str, files: _Files) -> tuple[Packed, tuple[Head, ...]]:
    with centre.store.read() as tx:
        heads = [head for head in tx.heads(device) if head.up_to >= 0]
        if not heads or device == centre.store.device:
            raise NothingToPack(device=device)
        records, named, video = 0, set[str](), list[PackVideo]()
        for head in heads:
            sealed = [read_sealed(one) for one in tx.chain_envelopes(device, head.chain, head.up_to)]
            records += files.add(chain_file(head.chain), (one.envelope + b"\n" for one in sealed))
            files.add(receipts_file(head.chain), (
                envelope + b"\n" for up_to, envelope in tx.receipts(device, head.chain) if up_to <= head.up_to))
            named |= {str(one.record.body.get("order")) for one in sealed
                      if one.record.type in ("order.accepted", "order.answered")}
            video += _video(centre, head, sealed)
        orders = list(_orders(tx, named))
        files.add(ORDERS, (one.envelope + b"\n" for one in orders))
        for sha256, toml in _policies(tx, orders):
            files.add(policy_file(sha256), [toml])
        files.add(VIDEO, (video_line(one) + b"\n" for one in video))
    told = tuple(Head(head.device, head.chain, head.up_to, head.head_hash) for head in heads)
    return Packed(len(heads), records, len(orders), len(video)), told


def _orders(tx: Tx, named: set[str]) -> Iterator[Sealed]:
    """What the box kept of the centre and of other boxes, in a fixed order."""
    for type_ in (*sorted(CENTRE_TYPES), *OF_OTHER_BOXES):
        yield from (one for one in (tx.of_type(type_) if named else ()) if one.hash in named)


def _policies(tx: Tx, orders: Iterable[Sealed]) -> Iterator[tuple[str, bytes]]:
    wanted = {body.policy.sha256 for one in orders if isinstance(body := body_of(one.record), ClassOrder)}
    for sha256 in sorted(wanted):
        toml = tx.policy(sha256)
        if toml is not None:
            yield sha256, toml


def _video(centre: Centre, head: ChainHead, sealed: Iterable[Sealed]) -> Iterator[PackVideo]:
    bodies = [(one.record.seq, body_of(one.record)) for one in sealed
              if one.record.type in ("segment", "segment.removed")]
    removed = {body.segment for _, body in bodies if isinstance(body, SegmentRemoved)}
    for seq, body in bodies:
        if isinstance(body, Segment):
            sha256 = body.sha256
            if sha256 in removed:
                yield PackVideo(head.chain, seq, sha256, "removed")
            elif centre.objects.has(sha256):
                yield PackVideo(head.chain, seq, sha256, "centre")
            else:
                there = centre.fetcher.there(sha256) is not None
                yield PackVideo(head.chain, seq, sha256, "bucket" if there else "box")
