"""Guided enrolment at the terminal: presses and camera frames in, records at the end (what the page shows: guide_view).

Nothing is stored before the end: whoever walks away leaves no trace. A refusal is stored at once.
"""
from __future__ import annotations

import contextlib
import threading

import numpy as np

from common.logs import Log
from edge.enrol.card import Anchor, anchored
from edge.enrol.consent import Shown, standings
from edge.enrol.enrol import roster_of
from edge.enrol.erase import withdraw
from edge.enrol.errors import (
    NeedsAnchor,
    NobodyToEnrol,
    NoInspector,
    NoSuchClass,
    NotConfirmed,
    NotNow,
    TextChanged,
)
from edge.enrol.gates import Pose, poses_of
from edge.enrol.guide_view import opening, text_of, view_of
from edge.enrol.guided import GuideView, Lang, Place, Sitting
from edge.enrol.look import jpeg, measure
from edge.enrol.pins import Pins
from edge.enrol.same import Odd, odd_ones, same_limit
from edge.enrol.search import Found, limit_of, search
from edge.enrol.shots import Shots
from edge.enrol.steps import Event, State, after
from edge.errors import FaceErasing, FacesChanged
from edge.store import Store
from edge.store.people import NewFace
from evidence.blocks import local
from evidence.bodies import Alarm, ClassOrder, Enrolment

IDLE_S = 120.0
"""Real seconds without a press or a face after which the guide closes: nobody stands there any more."""
MOST_NAME = 40
ODD_OFTEN = 3
"""After so many rounds whose pictures are not of one face the PIN is offered."""


class Guide:
    """One at each terminal. Presses come from the page's threads, frames from the desk's: a pack is used by one thread
    at a time. Methods may raise StoreBusy; then nothing has changed, and the same press can come again."""

    def __init__(self, store: Store, pins: Pins, place: Place) -> None:
        self._store, self._pins, self._place = store, pins, place
        self._log, self._lock = Log("enrol.guide"), threading.RLock()
        self._state: State = "closed"
        self._sitting = Sitting()
        self._class_id: str | None = None
        self._touched = 0.0

    # --- what the page asks

    @property
    def active(self) -> bool:
        """Whether frames belong to the guide and not to the check-in."""
        return self._state != "closed"

    @property
    def pose(self) -> Pose | None:
        """How the person is asked to look now; None: no shot is being taken."""
        shots = self._sitting.shots
        return None if self._state != "shots" or shots is None else shots.pose

    def view(self, lang: Lang = "zh") -> GuideView:
        """What the page shows now; the text of consent in its language."""
        with self._lock:
            if self._class_id is None:
                return GuideView("closed")
            return view_of(self._store, self._place, self._order(), self._state, self._sitting, lang)

    def open(self, class_id: str) -> None:
        """Begin with a class. Raises NotNow, NoSuchClass."""
        with self._lock:
            if class_id not in self._place.orders():
                raise NoSuchClass(class_id=class_id)
            self._go("open")
            self._class_id = class_id

    def choose(self, person: str) -> None:
        """Who stands here. Raises NotNow, NobodyToEnrol."""
        with self._lock:
            self._known(person)
            self._go("chosen_again" if person in self._store.enrolled(self._its_class()) else "chosen")
            self._sitting.person = person

    def confirm(self, instructor: str | None = None, pin: str | None = None) -> None:
        """An instructor confirms that somebody is enrolled again. Raises NotNow, NotConfirmed, what the PIN raises."""
        with self._lock:
            self._check("confirmed")
            self._place.confirm(self._its_class(), instructor, pin)
            self._go("confirmed")

    def agree(self, lang: Lang, sha256: str | None = None) -> None:
        """The person consents to the text that was shown in `lang`. `sha256`: of what the page showed; None: it is the
        newest for sure. Raises NotNow, TextChanged."""
        with self._lock:
            self._check("agreed")
            text = self._text(lang)
            if sha256 is not None and sha256 != text.sha256:
                raise TextChanged()
            self._sitting.shown, self._sitting.agreed_at = text, self._store.head().record.seq
            self._go("agreed")

    def refuse(self, lang: Lang) -> None:
        """The person refuses: that is recorded, a face that is here goes, and a PIN is chosen. Raises NotNow."""
        with self._lock:
            self._check("refused")
            class_id, person = self._its_class(), self._its_person()
            said = ("consent", self._text(lang).said(class_id, person, False))
            here = [person] if person in self._store.enrolled(class_id) else []
            self._store.ask_erasure(class_id, here, "withdrawn", facts=[said])
            self._go("refused")

    def cannot(self) -> None:
        """The face cannot be used, or is not wanted here: a PIN is chosen. Raises NotNow."""
        with self._lock:
            self._go("cannot")
            self._sitting.shots = None

    def read_card(self) -> None:
        """Anchor to the ID card on the reader. Raises NotNow, NoReader, NoCard, BadCard, CardOfAnother."""
        with self._lock:
            self._check("anchored")
            class_id, person = self._its_class(), self._its_person()
            today = local(self._place.utc_us(), self._order().utc_offset_min).date()
            name = self._store.names(class_id).get(person)
            found = anchored(self._place.reader, name, class_id, person, self._place.centre_key, today)
            self._begin_shots(found)

    def vouch(self, inspector: str) -> None:
        """Anchor to an inspector's word, on the day on which the class opens. Raises NotNow, NoInspector."""
        with self._lock:
            self._check("anchored")
            name = " ".join(inspector.split())
            if not 2 <= len(name) <= MOST_NAME or not name.isprintable():
                raise NoInspector(most=MOST_NAME)
            if not opening(self._place, self._order()):
                raise NotNow()
            self._begin_shots(Anchor("inspector", name))

    def unanchored(self) -> None:
        """Go on without an anchor, which will be a finding. Raises NotNow."""
        with self._lock:
            self._check("anchored")
            self._begin_shots(Anchor())

    def overrule(self, person: str, instructor: str | None = None, pin: str | None = None) -> None:
        """Go on although the face is known under another name (twins), or is not the earlier one: only with an anchor,
        and an instructor other than `person` confirms, who is the one chosen. It is stated as an alarm. Raises NotNow,
        NeedsAnchor, FacesChanged (a face that is found now and was not), what `Pins.confirm` raises."""
        with self._lock:
            self._check("overruled")
            self._still(person)
            if self._sitting.anchor.anchor == "none":
                raise NeedsAnchor()
            by = self._place.confirm(self._its_class(), instructor, pin)
            if by == person:
                raise NotConfirmed()
            self._found_still()
            found = self._sitting.found
            params = {"person": self._its_person(), "by": by, "why": found.why if found else ""}
            self._keep("overruled", Alarm("enrol.overruled", params, self._its_class()))

    def choose_pin(
        self, pin: str, old: str | None = None, instructor: str | None = None, instructor_pin: str | None = None,
        code: bool = False,
    ) -> None:
        """Choose the PIN; perhaps an instructor confirms, or the maintenance code was given. Raises NotNow, what
        `Pins.choose` and, with an instructor, `Pins.confirm` raise."""
        with self._lock:
            self._check("pin_set")
            class_id, person = self._its_class(), self._its_person()
            teaches = any(one.person == person and one.role == "instructor" for one in self._order().roster)
            by = None if instructor is None else self._place.confirm(class_id, instructor, instructor_pin)
            self._pins.choose(class_id, person, pin, old, teaches=teaches, by=by, code=code)
            self._go("pin_set")

    def withdraw(self, person: str, instructor: str | None = None, pin: str | None = None) -> None:
        """The person who was chosen withdraws the consent; an instructor confirms that it is this person. Raises
        NotNow, NotConfirmed, what the PIN raises."""
        with self._lock:
            self._check("withdrawn")
            self._still(person)
            self._place.confirm(self._its_class(), instructor, pin)
            withdraw(self._store, self._its_class(), person, "terminal")
            self._go("withdrawn")

    def next(self) -> None:
        """The next person. Raises NotNow."""
        with self._lock:
            self._check("next")
            self._state_odd()
            self._go("next")
            self._sitting = Sitting()

    def close(self) -> None:
        """Back to the check-in, from anywhere."""
        with self._lock:
            self._state_odd()
            self._go("close")
            self._class_id = None
            self._sitting = Sitting()

    def close_if_idle(self) -> None:
        """Close when nobody stands there any more: from the desk and from the page, because a box may lack either."""
        with self._lock:
            if self.active and self._place.monotonic() - self._touched > IDLE_S:
                self.close()

    # --- what the desk gives

    def frame(self, bgr: np.ndarray | None) -> None:
        """The newest frame (uint8 BGR, not mirrored), or None while the camera is silent. May raise StoreBusy, or what
        is wrong with the pack."""
        with self._lock:
            self.close_if_idle()
            shots = self._sitting.shots
            if self._state != "shots" or shots is None:
                return
            if shots.pose is not None:
                self._look(shots, bgr)
            if shots.pose is None:
                self._search(shots)

    # --- inside

    def _look(self, shots: Shots, bgr: np.ndarray | None) -> None:
        if bgr is None:
            shots.nothing()
            self._sitting.advice = None
        else:
            self._sitting.advice = shots.offer(bgr, measure(self._place.pack(), bgr), self._place.monotonic())
        if self._sitting.advice not in (None, "nobody"):
            self._touched = self._place.monotonic()

    def _search(self, shots: Shots) -> None:
        """All shots are taken: are they of one face, and is it nobody else's?"""
        found = self._compare(shots)
        if isinstance(found, Odd):
            self._not_one(shots, found)
        elif found is not None:
            self._state_found(found)
            self._go("stopped")
        else:
            with contextlib.suppress(FacesChanged):  # the next frame searches anew
                self._keep("enrolled")

    def _compare(self, shots: Shots) -> Odd | Found | None:
        """The shots, with each other and with everybody who has a face here now."""
        pack, me = self._place.pack(), (self._its_class(), self._its_person())
        self._sitting.searched = self._store.faces_version()
        everybody = self._store.all_templates(pack.name)
        classes = {class_id for class_id, _ in everybody} | {me[0]}
        names = {(one, person): name for one in classes for person, name in self._store.names(one).items()}
        limit = limit_of(pack, {**everybody, me: shots.vectors}, names)
        odd = odd_ones(pack, shots.vectors, same_limit(pack, limit))
        return odd if odd is not None else search(pack, shots.vectors, me, everybody, names, limit)

    def _state_found(self, found: Found) -> None:
        params = {"person": self._its_person(), "other": found.person, "other_class": found.class_id,
                  "score_ppm": found.score_ppm}
        self._store.append("alarm", Alarm(f"enrol.{found.why}", params, self._its_class()))
        self._log.warning("enrol.stopped", why=found.why)
        self._sitting.found = found

    def _found_still(self) -> None:
        """What an instructor decides on must be what stands there in that moment. Raises FacesChanged."""
        sitting = self._sitting
        if sitting.shots is None or sitting.searched == self._store.faces_version():
            return
        found = self._compare(sitting.shots)
        if isinstance(found, Odd):
            self._not_one(sitting.shots, found)
            sitting.found = None
            self._go("odd")
            raise FacesChanged()
        if found is not None and found != sitting.found:
            self._state_found(found)
            raise FacesChanged()

    def _not_one(self, shots: Shots, odd: Odd) -> None:
        """An alarm at once, because a power cut must hide nothing: whoever stood in for somebody came for a reason."""
        before = self._sitting.odd
        times = int(str(before.params["times"])) + 1 if before is not None else 1
        params = {"person": self._its_person(), "score_ppm": odd.score_ppm, "times": times,
                  "shots": ", ".join(shots.poses[index] for index in odd.pictures)}
        alarm = Alarm("enrol.two_faces", params, self._its_class())
        if before is None:
            self._store.append("alarm", alarm)
        self._sitting.odd = alarm
        self._sitting.advice = "odd" if times < ODD_OFTEN else "odd_still"
        shots.again(self._sitting.advice, self._place.monotonic())

    def _state_odd(self) -> None:
        """How often it was, at the end of a sitting: whoever tries again and again fills no chain."""
        odd = self._sitting.odd
        if odd is not None and odd.params["times"] != 1:
            self._store.append("alarm", odd)
        self._sitting.odd = None

    def _keep(self, event: Event, *alarms: Alarm) -> None:
        """Store the face with its records, unless the consent was withdrawn after it was given here."""
        sitting, pack = self._sitting, self._place.pack()
        class_id, person = self._its_class(), self._its_person()
        shots, shown = sitting.shots, sitting.shown
        assert shots is not None and shown is not None
        if person in standings(self._store.records_of("consent.withdrawn", sitting.agreed_at), class_id):
            sitting.shots = None
            self._go("withdrawn")
            return
        enrolment = sitting.anchor.put_into(Enrolment(
            class_id, person, pack.name, pack.sha256, len(shots.taken), "none", "camera",
            tuple(taken.shot for taken in shots.taken)))
        new = NewFace(shots.vectors, enrolment, shown.said(class_id, person, True), jpeg(shots.taken[0].crop),
                      sitting.anchor.sealed)
        try:
            self._store.enrol([new], [("alarm", alarm) for alarm in alarms], sitting.searched)
        except FaceErasing as error:
            self._state_odd()
            # Somebody asked for it elsewhere meanwhile; it is over in a moment, and the person can be chosen again.
            self._go("erasing")
            self._sitting = Sitting(told=error)
            return
        # Not before: what the store refuses for a moment is tried again with the same shots.
        sitting.shots = None
        self._go(event)

    def _begin_shots(self, anchor: Anchor) -> None:
        pack = self._place.pack()
        self._sitting.anchor, self._sitting.shots = anchor, Shots(pack, poses_of(pack.challenge))
        self._go("anchored")

    def _text(self, lang: Lang) -> Shown:
        return text_of(self._place, self._order(), lang)

    def _order(self) -> ClassOrder:
        class_id = self._its_class()
        order = self._place.orders().get(class_id)
        if order is None:
            raise NoSuchClass(class_id=class_id)
        return order

    def _known(self, person: str) -> None:
        if person not in roster_of(self._store, self._its_class()):
            raise NobodyToEnrol(class_id=self._its_class(), person=person)

    def _still(self, person: str) -> None:
        """A press for somebody else than who was chosen came from a page that is late, or hostile."""
        if person != self._sitting.person:
            raise NotNow()

    def _its_class(self) -> str:
        if self._class_id is None:
            raise NotNow()
        return self._class_id

    def _its_person(self) -> str:
        if self._sitting.person is None:
            raise NotNow()
        return self._sitting.person

    def _check(self, event: Event) -> State:
        state = after(self._state, event)
        if state is None:
            raise NotNow()
        return state

    def _go(self, event: Event) -> None:
        self._state, self._touched = self._check(event), self._place.monotonic()
