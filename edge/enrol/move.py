"""Moves face templates to another box of the same institution: only by an order of the centre, only with consent."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from cryptography import x509

from edge.box_orders import in_force
from edge.enrol.consents import consents
from edge.enrol.errors import (
    AlreadyMoved,
    BadPackage,
    ClockNotSet,
    FaceKnown,
    NobodyToMove,
    NoSuchClass,
    NoSuchOrder,
    OrderExpired,
    OtherBoxSends,
    WrongPack,
)
from edge.enrol.package import Carried, Package, open_package, read_cover, write_package
from edge.enrol.search import limit_of, search
from edge.plans import newest_orders
from edge.storage.files import sync_folder, write_new
from edge.store.people import NewFace
from edge.vision.pack import Pack
from edge.wiring import Box
from evidence.bodies import Enrolment, TemplatesMoved, TemplatesOrder, body_of
from evidence.canonical import sha256_hex
from evidence.records import Sealed
from evidence.seal import KeySigner
from evidence.times import utc_us

LEAST_LENGTH, MOST_LENGTH = 0.5, 2.0


@dataclasses.dataclass(frozen=True)
class Moved:
    """Who is in a package, and who of the order is not: no consent that holds, or no face here."""

    people: tuple[str, ...]
    left_out: tuple[str, ...]


def send(box: Box, order_hash: str, out: Path, pack_name: str, pack_sha256: str) -> tuple[Moved, str]:
    """Write a package for an order to `out`, which must not exist, and record that templates left: who moved, and to
    which box. Whoever of the order did not consent, or withdrew, is left out.

    Raises NoSuchOrder, OtherBoxSends, ClockNotSet, OrderExpired, NobodyToMove, FileExistsError."""
    order = _order(box, order_hash)
    if order.source != box.config.device:
        raise OtherBoxSends(device=order.source)
    _check_time(box, order)
    people = _carried(box, order, pack_name)
    if not people:
        raise NobodyToMove(order=order_hash)
    data = write_package(
        order_hash, order.to_key, box.config.device, box.keys.certificate, KeySigner(box.keys.device), pack_name,
        pack_sha256, people)
    moved = tuple(carried.person for carried, _ in people)
    _put(out, data, lambda: box.store.append(
        "templates.moved", TemplatesMoved(order.class_id, moved, "out", order_hash, sha256_hex(data))))
    return Moved(moved, tuple(sorted(set(order.people) - set(moved)))), order.target


def _put(out: Path, data: bytes, record: Callable[[], object]) -> None:
    """Room first, then the record, then the bytes, then the file's name: a cut leaves at `out` an empty file
    or the whole package, and no package exists that nothing tells of. What was there before stays."""
    write_new(out, b"")
    fresh = out.with_name(f".{out.name}.part")
    try:
        fresh.unlink(missing_ok=True)
        write_new(fresh, bytes(len(data)))
        record()
        with fresh.open("r+b") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(out)
    except BaseException:
        fresh.unlink(missing_ok=True)
        out.unlink(missing_ok=True)  # a stick may have been pulled out
        raise
    sync_folder(out.parent)


def receive(box: Box, data: bytes, pack: Pack) -> Moved:
    """Take over the people of a package, all or none, with records. Raises BadPackage, NotForThisBox, NoSuchOrder,
    ClockNotSet, OrderExpired, AlreadyMoved, NoSuchClass, WrongPack, NobodyToMove, FaceKnown, FacesChanged."""
    root = x509.load_pem_x509_certificate(box.keys.root.encode())
    cover = read_cover(data, root, in_force(box.store).revoked)
    order = _order(box, cover.order)
    if cover.device != order.source or box.config.device != order.target:
        raise OtherBoxSends(device=order.source)
    _check_time(box, order)
    package = open_package(data, cover, box.keys.sealing)
    if any(_came(sealed.record.body, cover.order) for sealed in _all(box, "templates.moved")):
        raise AlreadyMoved(order=cover.order)
    if order.class_id not in newest_orders(box.store.orders()):
        raise NoSuchClass(class_id=order.class_id)
    if (package.inside.pack, package.inside.pack_sha256) != (pack.name, pack.sha256):
        raise WrongPack(theirs=package.inside.pack, ours=pack.name)
    unfit = [person for person, vectors in package.templates.items() if not _fits(vectors, pack)]
    if unfit:
        raise BadPackage(why=f"{min(unfit)} is not described as the pack {pack.name} does")
    strange = {carried.person for carried in package.inside.people} - set(order.people)
    if strange:
        raise BadPackage(why=f"{min(strange)} is not in the order")
    return _take(box, order, package, pack)


def _fits(vectors: np.ndarray, pack: Pack) -> bool:
    """Whether these are descriptions of the pack: its number of dimensions, and a length as its networks give (1; of
    dlib's about 1.4)."""
    lengths = np.linalg.norm(vectors, axis=1)
    return vectors.shape[1] == pack.dimensions and bool(np.all((lengths > LEAST_LENGTH) & (lengths < MOST_LENGTH)))


def _take(box: Box, order: TemplatesOrder, package: Package, pack: Pack) -> Moved:
    said = consents(box.store, order.class_id)
    wanted = [one for one in package.inside.people if one.person not in said or said[one.person].said == "given"]
    if not wanted:
        raise NobodyToMove(order=package.cover.order)
    searched = box.store.faces_version()
    _refuse_known_faces(box, order.class_id, wanted, package, pack)
    people = tuple(one.person for one in wanted)
    fact = TemplatesMoved(order.class_id, people, "in", package.cover.order, package.sha256)
    box.store.enrol([_new(order.class_id, one, package) for one in wanted], [("templates.moved", fact)], searched)
    return Moved(people, tuple(sorted(set(order.people) - set(people))))


def _new(class_id: str, one: Carried, package: Package) -> NewFace:
    inside = package.inside
    enrolment = Enrolment(
        class_id, one.person, inside.pack, inside.pack_sha256, one.vectors, one.anchor, "box", (), one.anchor_by,
        one.anchor_commitment, one.consent)
    return NewFace(package.templates[one.person], enrolment)


def _refuse_known_faces(
    box: Box, class_id: str, wanted: Sequence[Carried], package: Package, pack: Pack,
) -> None:
    """A face that is here under another name stops the move, as it stops an enrolment."""
    everybody = box.store.all_templates(pack.name)
    classes = {one for one, _ in everybody} | {class_id}
    names = {(one, person): name for one in classes for person, name in box.store.names(one).items()}
    for one in wanted:
        vectors, known = package.templates[one.person], (class_id, one.person)
        limit = limit_of(pack, {**everybody, known: vectors}, names)
        found = search(pack, vectors, known, everybody, names, limit)
        if found is not None:
            raise FaceKnown(person=one.person, other=found.person)
        everybody[class_id, one.person] = package.templates[one.person]


def _all(box: Box, type: str) -> list[Sealed]:
    """The records of a type, also of chains before."""
    return [*box.store.past(type), *box.store.records_of(type)]


def _carried(box: Box, order: TemplatesOrder, pack: str) -> list[tuple[Carried, np.ndarray]]:
    """Everybody of the order who has a face here and whose consent holds, with what was recorded of them."""
    said, faces = consents(box.store, order.class_id), box.store.templates(order.class_id, pack)
    newest: dict[str, Enrolment] = {}
    for sealed in _all(box, "enrolment"):
        body = body_of(sealed.record)
        if isinstance(body, Enrolment) and (body.class_id, body.pack) == (order.class_id, pack):
            newest[body.person] = body
    found = []
    for person in sorted(set(order.people) & set(faces) & set(newest)):
        consent = said[person].consent if person in said else newest[person].consent
        if consent is not None:
            vectors, one = faces[person], newest[person]
            carried = Carried(
                person, len(vectors), vectors.shape[1], one.anchor, one.anchor_by, one.anchor_commitment, consent)
            found.append((carried, vectors))
    return found


def _order(box: Box, order_hash: str) -> TemplatesOrder:
    """An order of the centre that this box has accepted. Raises NoSuchOrder."""
    for sealed in box.store.orders():
        body = body_of(sealed.record)
        if sealed.hash == order_hash and isinstance(body, TemplatesOrder):
            return body
    raise NoSuchOrder(order=order_hash)


def _check_time(box: Box, order: TemplatesOrder) -> None:
    stamp = box.clock.stamp()
    if not stamp.clock.synced:
        raise ClockNotSet()
    if stamp.utc_us > utc_us(order.expires):
        raise OrderExpired(expires=order.expires)


def _came(body: Mapping[str, object], order_hash: str) -> bool:
    return body.get("way") == "in" and body.get("order") == order_hash
