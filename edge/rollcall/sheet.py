"""What stands on the contact sheet of one recording: gathered from the records and the pictures that this box holds.

The answers and the verdict are those of the fold and the rules, as everywhere. Pictures of who refused or withdrew are
not shown, also while they are being erased; the enrolment photograph needs a consent that stands.
"""
from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from cryptography.exceptions import InvalidTag

from edge.enrol.consents import consents
from edge.rollcall.near import near
from edge.rollcall.proofs import Proofs
from evidence.bodies import ClassOrder, RollCall, Track
from evidence.policy import Policy
from evidence.rollcall import name_tracks
from evidence.rules import R3Finding, Reason, findings
from evidence.story import Block, Presence, Ref, Story

if TYPE_CHECKING:
    from edge.wiring import Box

UNNAMED = 56
"""Faces without a name on one sheet: those that were in view longest; the rest is counted."""
TRIES = 5
"""Best sights of a person of which the first with a picture is shown."""
State = Literal["complete", "missing", "open", "pending"]


@dataclasses.dataclass(frozen=True, eq=False)
class Sight:
    """One face in the recording. `at_us`: UTC of its best sight. `person`: whom it resembles most, and how much;
    `threshold_ppm`: from where on the pack is sure. `picture`: BGR uint8, if it is here. `void`: it was named so, and
    that does not count."""

    at_us: int
    face_px: int
    frames: int
    person: str | None
    score_ppm: int
    threshold_ppm: int
    picture: np.ndarray | None = None
    void: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """One person. `sight`: the best one, of who is shown; else the best one that was named and does not count, else the
    face that came nearest, without its picture.
    `photo`: BGR uint8, of the enrolment. `enrolled`: a face of the person is on this box; `agreed`: their pictures may
    be shown on this sheet."""

    person: str
    presence: Presence | None
    photo: np.ndarray | None
    sight: Sight | None
    enrolled: bool = True
    agreed: bool = True


@dataclasses.dataclass(frozen=True)
class Sheet:
    """Everything on a sheet, without words. `reasons`: of the rule, about this recording. `others`: who is shown and
    not due, like instructors. `omitted`: faces without a name that have no place or no picture here."""

    order: ClassOrder
    block: Block
    state: State
    reasons: tuple[Reason, ...]
    policy: Policy
    packs: tuple[str, ...]
    thresholds_ppm: tuple[int, ...]
    names: Mapping[str, str]
    shown: tuple[Row, ...]
    missed: tuple[Row, ...]
    others: tuple[Row, ...]
    unnamed: tuple[Sight, ...]
    omitted: int
    rests_on: str
    made_us: int
    simulated: bool
    for_centre: bool = False

    @property
    def pictured(self) -> tuple[str, ...]:
        """Whose pictures are on it: an enrolment photograph, a sight, or a face that resembles the person most."""
        rows = [row.person for row in (*self.shown, *self.missed, *self.others)
                if row.photo is not None or (row.sight is not None and row.sight.picture is not None)]
        alike = [one.person for one in self.unnamed if one.person is not None]
        return tuple(sorted({*rows, *alike}))


def make_sheet(box: Box, class_id: str, block_id: str, for_centre: bool = False) -> Sheet:
    """`for_centre`: it leaves this box, so that it shows nobody who did not agree to that. Raises NoSuchClass,
    NoSuchBlock, StoreBusy, OSError, and what the policy of the class does."""
    found = near(box.store, class_id, block_id, box.log())
    order, policy, story, block = found.order, found.policy, found.story, found.block
    now_us = box.clock.utc_us()
    state, reasons = _judged(story, block, policy, now_us)
    faces = _Faces(box, story, block, class_id, for_centre)
    rows = [faces.row(presence) for presence in block.presences]
    unnamed = faces.unnamed()
    calls = [call for _, call in faces.calls]
    return Sheet(
        order=order, block=block, state=state, reasons=reasons, policy=policy,
        packs=tuple(dict.fromkeys(call.pack for call in calls)),
        thresholds_ppm=tuple(sorted({call.threshold_ppm for call in calls})),
        names=box.store.names(class_id),
        shown=tuple(row for row in rows if row.presence and row.presence.answer == "shown"),
        missed=tuple(row for row in rows if row.presence and row.presence.answer != "shown"),
        others=tuple(faces.known(person) for person in dict.fromkeys(one.person for one in block.others)),
        unnamed=unnamed, omitted=faces.nameless - len(unnamed), rests_on=_rests_on(found.hashes, block.refs),
        made_us=now_us, simulated=story.simulated, for_centre=for_centre,
    )


def _judged(story: Story, block: Block, policy: Policy, now_us: int) -> tuple[State, tuple[Reason, ...]]:
    """What R3 says of the block: of its class-hours, where these are counted."""
    if not block.over(now_us):
        return "pending", ()
    ids = {block.id, *block.hours}
    for one in findings(story, policy, now_us):
        if isinstance(one, R3Finding):
            reasons = tuple(reason for reason in one.reasons if reason.params.get("id") in ids)
            if ids & set(one.recordings):
                return "missing", reasons
            return ("open" if ids & set(one.open_recordings) else "complete"), reasons
    return "pending", ()


def _rests_on(hashes: Mapping[Ref, str], refs: Collection[Ref]) -> str:
    """SHA-256 of the payload hashes (hex, LF after each) in the order of device, chain and number."""
    return hashlib.sha256("".join(f"{hashes[ref]}\n" for ref in sorted(refs)).encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A track of a roll call of the block, and when its best sight was. `void`: its name does not hold."""

    call: RollCall
    track: Track
    at_us: int
    void: bool = False


class _Faces:
    """The faces in the video of one block, by person, and the pictures of them that may be shown. Somebody who is not
    due has a name only where the story says so; a trainee who is due is told beside the photograph in any case."""

    def __init__(self, box: Box, story: Story, block: Block, class_id: str, for_centre: bool) -> None:
        self._store, self._class = box.store, class_id
        self._proofs = Proofs(box.video, box.first_volume, box.keys.data, box.proofs_lock)
        self.calls = [(ref, call) for ref, call in story.rollcalls if ref in set(block.calls)]
        self._counted = {(one.person, one.segment, one.shown_us) for one in (
            *block.others, *(one for presence in block.presences for one in presence.sightings))}
        self._known = {*block.roster, *(one.person for one in block.others)}
        self._named: dict[str, list[_Seen]] = defaultdict(list)
        self._nameless: list[_Seen] = []
        self._enrolled = box.store.enrolled(class_id)
        self._standing = consents(box.store, class_id)
        going = {one.person for one in box.store.erasures() if one.class_id == class_id and one.why != "again"}
        self._hidden = going | {person for person, said in self._standing.items() if said.said != "given"}
        self._agreed = {person for person, said in self._standing.items() if said.sheets} if for_centre else None
        self._read(story, block)

    @property
    def nameless(self) -> int:
        """How many faces have no name."""
        return len(self._nameless)

    def _read(self, story: Story, block: Block) -> None:
        facts = {fact.segment.sha256: fact for fact in story.segments if fact.certain}
        counting = set(block.counting)  # the other roll calls of a segment saw the same faces
        for ref, call in self.calls:
            fact = facts[call.segment]
            shift_us = fact.span.start_us - fact.segment.first_pts_us
            for one in name_tracks(call.tracks, call.threshold_ppm, call.margin_ppm):
                first_us, last_us = one.track.first_us + shift_us, one.track.last_us + shift_us
                if first_us < block.span.end_us and last_us >= block.span.start_us:
                    seen = _Seen(call, one.track, one.track.shown_us + shift_us)
                    if one.person in self._known:
                        self._named[one.person].append(seen)
                    elif ref in counting:
                        self._nameless.append(dataclasses.replace(seen, void=one.person is not None))
        for named in self._named.values():
            named.sort(key=lambda one: -_score(one.track))
        self._nameless.sort(key=lambda one: (-one.track.frames, one.at_us))

    def row(self, presence: Presence) -> Row:
        """Of a trainee who is due: the best sight that counts, else one that does not, or the face that came nearest.
        """
        person = presence.person
        if presence.answer == "shown":
            return self._shown(person, presence)
        sight = self._pictured(self._named.get(person, ()))
        if sight is not None:
            sight = dataclasses.replace(sight, void=True)
        else:
            near = [one for one in self._nameless if one.track.best and one.track.best.person == person]
            best = max(near, key=lambda one: _score(one.track), default=None)
            sight = None if best is None else _sight(best)
        return Row(person, presence, self._photo(person), sight, person in self._enrolled,
                   not self._hides_person(person))

    def known(self, person: str) -> Row:
        """Of somebody who is shown and not due."""
        return self._shown(person, None)

    def _shown(self, person: str, presence: Presence | None) -> Row:
        return Row(person, presence, self._photo(person), self._pictured(self._counting(person)),
                   agreed=not self._hides_person(person))

    def _counting(self, person: str) -> list[_Seen]:
        return [one for one in self._named.get(person, ()) if (person, one.call.segment, one.at_us) in self._counted]

    def unnamed(self) -> tuple[Sight, ...]:
        """The faces without a name of which a picture is here and may be shown, those in view longest first."""
        shown = [one for one in self._nameless if one.track.proof is not None and not self._hides(one)][:UNNAMED]
        wanted: dict[int, list[_Seen]] = defaultdict(list)
        for one in shown:
            wanted[id(one.call)].append(one)
        found: dict[int, np.ndarray] = {}
        for group in wanted.values():
            pictures = self._proofs.pictures(group[0].call, {str(one.track.proof) for one in group})
            found |= {id(one): pictures[str(one.track.proof)] for one in group if str(one.track.proof) in pictures}
        return tuple(_sight(one, found[id(one)]) for one in shown if id(one) in found)

    def _hides(self, one: _Seen) -> bool:
        return one.track.best is not None and self._hides_person(one.track.best.person)

    def _hides_person(self, person: str) -> bool:
        return person in self._hidden or (self._agreed is not None and person not in self._agreed)

    def _pictured(self, seen: Sequence[_Seen]) -> Sight | None:
        """The best sight with a picture; the best one without where none is here."""
        for one in seen[:TRIES]:
            if one.track.proof is None or self._hides(one):
                continue
            picture = self._proofs.pictures(one.call, {one.track.proof}).get(one.track.proof)
            if picture is not None:
                return _sight(one, picture)
        return _sight(seen[0]) if seen else None

    def _photo(self, person: str) -> np.ndarray | None:
        standing = self._standing.get(person)
        if standing is None or standing.said != "given" or self._hides_person(person):
            return None
        try:
            jpeg = self._store.shot(self._class, person)
        except InvalidTag:
            return None
        return None if jpeg is None else cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def _sight(one: _Seen, picture: np.ndarray | None = None) -> Sight:
    best = one.track.best
    return Sight(one.at_us, one.track.face_px, one.track.frames, best.person if best else None, _score(one.track),
                 one.call.threshold_ppm, picture, one.void)


def _score(track: Track) -> int:
    return track.best.score_ppm if track.best else 0
