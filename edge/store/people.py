"""People in the store: names, face templates, the kept shot, PINs, sealed numbers; how they come and how they go.

An erasure is written down before anything is erased, and done step by step, so that it can be taken up after a power
cut: *asked* (from now on the face is not given out), *deleted* (rows and free pages are gone, the log is not yet
empty), *done* (the log is empty, `face.erased` is recorded).
"""
from __future__ import annotations

import abc
import dataclasses
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from cryptography.exceptions import InvalidTag

from common.logs import Log
from common.sheets import open_sheet, seal_sheet
from edge.errors import BadTemplate, FaceErasing, FacesChanged
from edge.keys import decrypt, encrypt
from edge.store import sql
from evidence.bodies import Alarm, CheckIn, Consent, Enrolment, FaceErased
from evidence.checkin import without

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from edge.store.database import Database
    from evidence.records import Sealed

Why = Literal["withdrawn", "over", "again", "order"]
FACES = "faces"
"""The note that changes with every face that comes or goes, so that other processes drop what they hold."""


@dataclasses.dataclass(frozen=True, eq=False)
class NewFace:
    """What an enrolment brings. `vectors`: float32 (n, d). `consent`: recorded with it; `enrolment` gets its hash.
    `shot`: the crop of the front shot or the best photo, JPEG. `anchor`: salt and number that were read, sealed to the
    centre."""

    vectors: np.ndarray
    enrolment: Enrolment
    consent: Consent | None = None
    shot: bytes | None = None
    anchor: bytes | None = None


@dataclasses.dataclass(frozen=True)
class Erasure:
    """An erasure that is under way. `names` (1 or 0): the name goes, too, and must never come
    back with a sheet."""

    number: int
    class_id: str
    person: str
    why: Why
    names: int
    templates: int
    shots: int
    state: Literal["asked", "deleted", "done"]


@dataclasses.dataclass(frozen=True)
class PinRow:
    """What is kept of a PIN: its hash (sealed), wrong tries, until when (CLOCK_BOOTTIME of a boot) none is taken,
    whether it is `locked` (1 or 0)."""

    sealed: bytes
    failed: int
    boot_id: str
    until_mono_us: int
    locked: int


class PeopleTables(abc.ABC):
    """The part of `Store` that keeps people. Methods raise StoreBusy, BadStore."""

    _db: Database
    _sealing: X25519PrivateKey
    _data_key: bytes

    @abc.abstractmethod
    def _add(self, items: Sequence[tuple[str, object]], head: Sealed | None) -> list[Sealed]:
        """Seal facts behind `head`, within the transaction that is open."""

    @abc.abstractmethod
    def _head(self) -> Sealed | None:
        """The newest record."""

    # --- names

    def put_names(self, class_id: str, sheet: bytes) -> None:
        """Keep a class's sheet of names (encrypted), without the names that were erased here: the centre's copy still
        holds them. Raises BadSheet if it is not for this box."""
        names = open_sheet(sheet, self._sealing, class_id)
        with self._db.transaction():
            gone = {str(row[0]) for row in self._db.rows(sql.ERASED_NAMES)} & set(names)
            if gone:
                kept = {person: name for person, name in names.items() if person not in gone}
                sheet = seal_sheet(kept, self._sealing_key(), class_id)
            self._db.execute(sql.PUT_NAMES, (class_id, sheet))

    def names(self, class_id: str) -> dict[str, str]:
        """Names by pseudonym; empty for a class without a sheet."""
        sheet = self._db.one(sql.NAMES, (class_id,))
        if sheet is None:
            return {}
        return {person: name.name for person, name in open_sheet(sheet, self._sealing, class_id).items()}

    # --- faces

    def enrol(
        self, faces: Iterable[NewFace], facts: Sequence[tuple[str, object]] = (), searched: str | None = None,
    ) -> None:
        """Keep new faces with their records, and append `facts`: all or none. What was kept of the same people in the
        same class before is erased, and that is recorded. `searched`: the `faces_version` of before everybody was
        searched for them. Raises FacesChanged if another face came or went since, FaceErasing while one of these is
        being erased."""
        with self._db.transaction():
            if searched is not None and searched != self.faces_version():
                raise FacesChanged()
            self._add(facts, self._head())
            for face in faces:
                self._enrol(face)
            self._touch()

    def put_templates(
        self, class_id: str, pack: str, people: Mapping[str, np.ndarray], facts: Sequence[tuple[str, object]] = (),
    ) -> None:
        """Keep the face vectors, float32 (n, d), of several people, and append `facts` about it: all or none."""
        with self._db.transaction():
            for person, vectors in people.items():
                self._put_template(class_id, person, pack, vectors)
            self._add(facts, self._head())
            self._touch()

    def templates(self, class_id: str, pack: str) -> dict[str, np.ndarray]:
        """Face vectors by person, float32 (n, d) each; of nobody whose erasure is asked for. Rows that cannot be read
        are left out, with an alarm."""
        rows = self._db.rows(sql.TEMPLATES, (class_id, pack))
        found = self._readable(pack, [(class_id, person, sealed) for person, sealed in rows])
        return {person: vectors for (_, person), vectors in found.items()}

    def all_templates(self, pack: str) -> dict[tuple[str, str], np.ndarray]:
        """Face vectors of everybody on this box, by class and person. Rows that cannot be read are left out, with an
        alarm."""
        return self._readable(pack, self._db.rows(sql.ALL_TEMPLATES, (pack,)))

    def enrolled(self, class_id: str) -> set[str]:
        """Who of a class has a face here, with whichever pack."""
        return {str(row[0]) for row in self._db.rows(sql.ENROLLED, (class_id,))}

    def kept(self) -> list[tuple[str, str]]:
        """Class and person of everybody of whom a face, a picture, an anchor or a PIN is here."""
        return [(str(row[0]), str(row[1])) for row in self._db.rows(sql.ALL_KEPT)]

    def kept_faces(self) -> list[tuple[str, str]]:
        """The same without those of whom only a PIN is here."""
        return [(str(row[0]), str(row[1])) for row in self._db.rows(sql.KEPT_FACES)]

    def faces_version(self) -> str:
        """Changes with every face that comes or goes: who holds templates in memory drops them then."""
        return str(self._db.one(sql.GET_META, (FACES,)) or "")

    def shot(self, class_id: str, person: str) -> bytes | None:
        """The crop (JPEG) that was kept at the enrolment."""
        sealed = self._db.one(sql.SHOT, (class_id, person))
        return None if sealed is None else decrypt(self._data_key, sealed, f"shot/{class_id}/{person}")

    def anchor(self, class_id: str, person: str) -> bytes | None:
        """Salt and number of an anchor, sealed to the centre: this box cannot open it."""
        sealed = self._db.one(sql.ANCHOR, (class_id, person))
        return None if sealed is None else bytes(sealed)

    def append_attempt(self, attempt: CheckIn) -> Sealed | None:
        """Record an attempt at the terminal, without whoever's face is gone or going: what was measured with it before
        is not used any more. None, and nothing, where nothing else is left of it."""
        named = {one.person for one in (attempt.best, attempt.second) if one is not None} | set(attempt.alike)
        with self._db.transaction():
            gone = {person for person in named - self.enrolled(attempt.class_id)
                    if self._db.one(sql.WAS_ERASED, (attempt.class_id, person))}
            left = without(attempt, gone)
            return None if left is None else self._add([("checkin", left)], self._head())[0]

    # --- erasure

    def ask_erasure(
        self, class_id: str, people: Iterable[str], why: Why, names: bool = False,
        facts: Sequence[tuple[str, object]] = (),
    ) -> None:
        """Write down that people's face data must go, with `facts` about it: all or none. From now on no template of
        them is given out."""
        with self._db.transaction():
            self._add(facts, self._head())
            self._ask_erasure(class_id, people, why, names)

    def erasures(self) -> list[Erasure]:
        """Those that are not done, oldest first."""
        return [Erasure(*row) for row in self._db.rows(sql.ERASURES)]

    def erasures_asked(self) -> int:
        """How many there ever were: who looks for faces in a recording stops when there is one more."""
        return int(self._db.one(sql.ERASURES_ASKED))

    def erase(self, erasure: Erasure) -> None:
        """Delete what is here of a person in a class. Again is no harm: only a state *asked* deletes anything."""
        where = (erasure.class_id, erasure.person)
        with self._db.transaction():
            if self._db.one(sql.ERASURE_STATE, (erasure.number,)) != "asked":
                return
            templates, shots = self._delete_face(*where)
            self._db.execute(sql.DROP_ANCHOR, where)
            if _with_pin(erasure):
                self._db.execute(sql.DROP_PIN, where)
            if erasure.names:
                self._drop_name(*where)
            self._db.execute(sql.ERASURE_DELETED, (templates, shots, erasure.number))
            self._touch()

    def sweep(self) -> bool:
        """Empty the write-ahead log, where deleted rows still lie; False while another process reads it."""
        return not self._db.one(sql.CHECKPOINT)

    def finish_erasure(self, erasure: Erasure, proofs: int = 0) -> None:
        """Record that a face is gone, `proofs` pictures from roll calls too: call it once nothing is left. Of one that
        was replaced that is said already. Another process may have said it meanwhile."""
        body = FaceErased(erasure.class_id, erasure.person, erasure.why, erasure.templates, erasure.shots, proofs)
        with self._db.transaction():
            if self._db.execute(sql.ERASURE_DONE, (erasure.number,)) and erasure.why != "again":
                self._add([("face.erased", body)], self._head())

    # --- PINs

    def pin(self, class_id: str, person: str) -> PinRow | None:
        """What is kept of a person's PIN."""
        rows = self._db.rows(sql.PIN, (class_id, person))
        return PinRow(*rows[0]) if rows else None

    def pins(self, class_id: str) -> dict[str, bool]:
        """Who of a class has a PIN, and whether it is locked."""
        return {str(row[0]): bool(row[1]) for row in self._db.rows(sql.PINS, (class_id,))}

    def put_pin(
        self, class_id: str, person: str, row: PinRow, facts: Sequence[tuple[str, object]] = (),
    ) -> None:
        """Keep it, and append `facts` about it: all or none."""
        with self._db.transaction():
            self._db.execute(sql.PUT_PIN, (class_id, person, *dataclasses.astuple(row)))
            self._add(facts, self._head())

    def pin_goes(self, class_id: str, person: str) -> bool:
        """Whether an erasure that takes the PIN, too, is under way."""
        return any((one.class_id, one.person, one.state) == (class_id, person, "asked") and _with_pin(one)
                   for one in self.erasures())

    def count_pin(
        self, class_id: str, person: str, row: PinRow, facts: Sequence[tuple[str, object]] = (),
    ) -> None:
        """Keep the counters of a try, and append `facts` about it: all or none. Where the PIN was replaced or erased
        since it was read nothing is kept: a try that took long brings back nothing."""
        counters = (row.failed, row.boot_id, row.until_mono_us, row.locked)
        with self._db.transaction():
            if self._db.execute(sql.COUNT_PIN, (*counters, class_id, person, row.sealed)):
                self._add(facts, self._head())

    # --- inside

    def _enrol(self, face: NewFace) -> None:
        enrolment = face.enrolment
        items: list[tuple[str, object]] = []
        class_id, person = enrolment.class_id, enrolment.person
        if self._db.one(sql.ERASURE_UNDER_WAY, (class_id, person)) is not None:
            raise FaceErasing(person=person)
        templates, shots = self._delete_face(class_id, person)
        self._db.execute(sql.DROP_ANCHOR, (class_id, person))
        if templates or shots:
            items.append(("face.erased", FaceErased(class_id, person, "again", templates, shots)))
            self._db.execute(sql.REPLACED, (class_id, person, templates, shots))
        if face.consent is not None:
            said = self._add([("consent", face.consent)], self._head())[0]
            enrolment = dataclasses.replace(enrolment, consent=said.hash)
        self._put_template(class_id, person, enrolment.pack, face.vectors)
        if face.shot is not None:
            sealed = encrypt(self._data_key, face.shot, f"shot/{class_id}/{person}")
            self._db.execute(sql.PUT_SHOT, (class_id, person, sealed))
        if face.anchor is not None:
            self._db.execute(sql.PUT_ANCHOR, (class_id, person, face.anchor))
        self._add([*items, ("enrolment", enrolment)], self._head())

    def _put_template(self, class_id: str, person: str, pack: str, vectors: np.ndarray) -> None:
        plain = json.dumps(vectors.shape).encode() + b"\n" + vectors.astype("<f4").tobytes()
        sealed = encrypt(self._data_key, plain, f"{class_id}/{person}/{pack}")
        self._db.execute(sql.PUT_TEMPLATE, (class_id, person, pack, sealed))

    def _readable(self, pack: str, rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, str], np.ndarray]:
        found = {}
        for class_id, person, sealed in rows:
            try:
                found[class_id, person] = self._vectors(class_id, person, pack, sealed)
            except BadTemplate as error:
                self._tell_bad(class_id, person, pack, sealed, error)
        return found

    def _tell_bad(self, class_id: str, person: str, pack: str, sealed: bytes, error: BadTemplate) -> None:
        """An alarm, once for each row as it lies there."""
        note, now = f"unreadable/{class_id}/{person}/{pack}", hashlib.sha256(sealed).hexdigest()
        if self._db.one(sql.GET_META, (note,)) == now:
            return
        Log("store.people").failed("template.unreadable", error)
        with self._db.transaction():
            self._db.execute(sql.PUT_META, (note, now))
            self._add([("alarm", Alarm("template.unreadable", {"person": person}, class_id))], self._head())

    def _vectors(self, class_id: str, person: str, pack: str, sealed: bytes) -> np.ndarray:
        """Raises BadTemplate."""
        try:
            shape, _, plain = decrypt(self._data_key, sealed, f"{class_id}/{person}/{pack}").partition(b"\n")
            vectors = np.frombuffer(plain, "<f4").reshape(json.loads(shape)).astype(np.float32)
        except (InvalidTag, ValueError, TypeError):
            raise BadTemplate(person=person, class_id=class_id) from None
        if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
            raise BadTemplate(person=person, class_id=class_id)
        return vectors

    def _delete_face(self, class_id: str, person: str) -> tuple[int, int]:
        """Rows of templates count by vector: what a person would call the pictures; one that cannot be read, as 1."""
        packs = self._db.rows(sql.PACKS_OF, (class_id, person))
        vectors = sum(self._count(class_id, person, pack, sealed) for pack, sealed in packs)
        self._db.execute(sql.DROP_TEMPLATES, (class_id, person))
        return vectors, self._db.execute(sql.DROP_SHOT, (class_id, person))

    def _count(self, class_id: str, person: str, pack: str, sealed: bytes) -> int:
        try:
            return len(self._vectors(class_id, person, pack, sealed))
        except BadTemplate:
            return 1

    def _drop_name(self, class_id: str, person: str) -> None:
        sheet = self._db.one(sql.NAMES, (class_id,))
        names = {} if sheet is None else open_sheet(sheet, self._sealing, class_id)
        if names.pop(person, None) is not None:
            self._db.execute(sql.PUT_NAMES, (class_id, seal_sheet(names, self._sealing_key(), class_id)))

    def _ask_erasure(self, class_id: str, people: Iterable[str], why: Why, names: bool = False) -> None:
        """Within the transaction that is open."""
        for person in people:
            self._db.execute(sql.ASK_ERASURE, (class_id, person, why, int(names)))
        self._touch()

    def _touch(self) -> None:
        self._db.execute(sql.PUT_META, (FACES, secrets.token_hex(8)))

    def _sealing_key(self) -> str:
        return self._sealing.public_key().public_bytes_raw().hex()


def _with_pin(erasure: Erasure) -> bool:
    """A PIN is no face: who withdraws the consent goes on signing in by it, until the purpose is over or the person
    leaves, name and all."""
    return erasure.why == "over" or bool(erasure.names)
