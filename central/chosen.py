"""What belongs to the export of a class: the chains of its boxes, its video, and what of that was removed."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from central.classes.orders import boxes_of, order_of
from central.errors import NothingToExport
from central.store.chains import ChainHead
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import Export, Head, Segment, SegmentRemoved, VideoRemoved, body_of
from evidence.corrections import corrections
from evidence.records import Record, Sealed
from evidence.removals import removals
from evidence.seal import read_sealed


@dataclasses.dataclass(frozen=True)
class File:
    """A segment of the export, and the record that names it."""

    device: str
    chain: str
    seq: int
    segment: Segment

    @property
    def path(self) -> str:
        """Within the export."""
        return f"segments/{self.device}/{self.segment.file}"


@dataclasses.dataclass(frozen=True)
class Gone(File):
    """A segment that was deleted. `by`: the record that says so."""

    by: Record


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What belongs to the export of a class. `chains`: of its boxes, each to its head; `files`: its video; `removed`:
    what a record says was deleted."""

    class_id: str
    chains: list[tuple[Head, list[Sealed]]]
    files: list[File]
    removed: list[Gone]


def choose(centre: Centre, tx: Tx, class_id: str, manifest: Sealed | None = None) -> Chosen:
    """The chains of the boxes of a class, and its video, as the export record tells that was stated of it; None: as it
    would tell now, of all that is receipted. Raises UnknownClass, NothingToExport."""
    order_of(tx, class_id)
    export = None if manifest is None else body_of(manifest.record)
    heads = list(export.heads) if isinstance(export, Export) else _box_heads(tx, class_id)
    if not heads:
        raise NothingToExport(class_id=class_id)
    chains = [(h, [read_sealed(e) for e in tx.chain_envelopes(h.device, h.chain, h.up_to)]) for h in heads]
    own, stated = _removals(chains), _certificates(centre, tx, class_id, manifest)
    said = removals(((record, body) for record, body in own), (body for _, body in stated))
    by = {file.segment: record for record, body in stated for file in body.files}
    own_by = {(record.device, record.chain, body.segment): record for record, body in own}
    files, away = list[File](), list[Gone]()
    for record, file in _files(chains, class_id):
        sha256 = file.segment.sha256
        # What was certified and is held since lies here still.
        if said.names(record, class_id, sha256) and not centre.has_video(sha256):
            certificate = own_by.get((record.device, record.chain, sha256)) or by[sha256]
            away.append(Gone(file.device, file.chain, file.seq, file.segment, certificate))
        else:
            files.append(file)
    return Chosen(class_id, chains, files, away)


def _removals(chains: Sequence[tuple[Head, list[Sealed]]]) -> list[tuple[Record, SegmentRemoved]]:
    """What the boxes say that they deleted."""
    return [(one.record, body) for _, sealed in chains for one in sealed
            if isinstance(body := body_of(one.record), SegmentRemoved)]


def _certificates(
    centre: Centre, tx: Tx, class_id: str, manifest: Sealed | None,
) -> list[tuple[Record, VideoRemoved]]:
    """What the centre says that it deleted, before the export was stated."""
    return [(one.record, body) for one in tx.of_type("video.removed", class_id)
            if one.record.device == centre.store.device
            and (manifest is None or one.record.seq < manifest.record.seq)
            and isinstance(body := body_of(one.record), VideoRemoved)]


def _box_heads(tx: Tx, class_id: str) -> list[Head]:
    """Receipted heads of every chain of the boxes of a class."""
    known: list[ChainHead] = [head for device in boxes_of(tx, class_id) for head in tx.heads(device)]
    return [Head(h.device, h.chain, h.up_to, h.head_hash) for h in known if h.up_to >= 0]


def _files(chains: Sequence[tuple[Head, list[Sealed]]], class_id: str) -> list[tuple[Record, File]]:
    """The segments of the class, also those that were removed, each with its record."""
    bodies = [(s.record, body_of(s.record)) for _, sealed in chains for s in sealed]
    counted = corrections(record for record, _ in bodies)
    return [(record, File(record.device, record.chain, record.seq, body)) for record, body in bodies
            if isinstance(body, Segment) and counted.class_of(record) == class_id]
