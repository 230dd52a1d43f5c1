"""Looks at new records of alarms and at what stands now, and keeps what people are to be told, each thing once.

An alarm and where we stand are one transaction: a watcher that is killed tells nothing twice and leaves nothing out.
"""
from __future__ import annotations

import threading

from central.alarms.conditions import Condition, Now, Place, conditions, needed
from central.alarms.event import alarm_event
from central.alarms.urgency import KNOWN, urgency
from central.alarms.words import kept_params
from central.clock import Clock
from central.ingest.presence import EAR_US, SETTLE_US, ear_of
from central.live.rooms import Rooms
from central.store.alarms import Alarmed, State
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from common.notify import READY, Watchdog, tell
from evidence.bodies import Alarm, body_of
from evidence.canonical import parse
from evidence.errors import BadRecord
from evidence.records import Record, Sealed
from evidence.times import HOUR, MINUTE, SECOND

TICK_S = 5.0
LEAF = "alarms_leaf"
"""What the database keeps: from which record on none was told yet."""
AT_ONCE = 500
AGAIN_US = HOUR
"""The same alarm of the same box is told once in so long, and once more if it has become urgent: a camera with a loose
plug says it each minute."""
STEP_US = 10 * SECOND
"""From one look to the next no clock that only runs slower or faster gets so far."""
MOST_BEGUN = 3
"""So often in an hour it is told that something began: a line that comes and goes is one trouble, not sixty."""
MOST_UNKNOWN = 3
"""So many codes of a box that this version does not know are told in an hour: one that makes them up would crowd all
others out of the letters."""
MOST_CAMERAS = 4
"""So many cameras of a box, of which it says the same, are told in an hour; what names no camera counts as one."""
SOON_US = 3 * MINUTE
"""After a heartbeat: so many may be lost."""
KEEP_US = 90 * 24 * HOUR
OF_BOXES = frozenset({"box.silent", "clock.apart", "chain.fork", "chain.cut", "chain.hole", "chain.left", "box.floods"})
"""What the centre states of a box, which its parameters name."""
OF_A_RECORD = (ArithmeticError, AttributeError, BadRecord, LookupError, TypeError, ValueError)
"""What may be wrong with words about a record; none of it is of the database."""
_LOG = Log("alarms")


class Watcher:
    """`others`: whether other systems are told of alarms (`[[webhook.targets]]`)."""

    def __init__(self, store: Store, clock: Clock, others: bool) -> None:
        self._store, self._clock, self._others = store, clock, others
        self._rooms = Rooms(store, clock)
        self._ahead_us: int | None = None
        """How far the wall clock was ahead of CLOCK_BOOTTIME at the last look."""
        self._again_mono_us = 0

    def run(self, stop: threading.Event) -> None:
        """Until it is stopped. What goes wrong is told in the log, and tried again."""
        watchdog = Watchdog()
        tell(READY)
        while not stop.is_set():
            try:
                self.turn()
            except Exception as error:  # whatever it is: a process that ended would tell nobody anything any more
                _LOG.failed("alarms.failed", error)
            watchdog.step()
            stop.wait(TICK_S)

    def turn(self) -> None:
        """One look. Raises DatabaseUnusable."""
        while self._look_at_records() == AT_ONCE:
            pass
        if self._clock_went_on():
            self._look_at_now()

    def _clock_went_on(self) -> bool:
        """Whether nobody has set the clock within the time in which every box can be heard anew: by a clock that was
        set ahead, as after a pause of a virtual machine, all boxes were heard long ago."""
        now = self._clock.stamp()
        ahead_us, self._ahead_us = self._ahead_us, now.utc_us - now.mono_us
        if ahead_us is not None and abs(self._ahead_us - ahead_us) > STEP_US:
            self._again_mono_us = now.mono_us + SETTLE_US + EAR_US
            _LOG.warning("clock.set")
        return now.mono_us >= self._again_mono_us

    # --- records

    def _look_at_records(self) -> int:
        with self._store.read() as tx:
            note, leaves = tx.meta(LEAF), tx.leaves()
            found = [] if note is None else tx.alarm_records(int(note), AT_ONCE)
        if note is not None and leaves == int(note):
            return 0
        with self._store.write() as tx:
            for leaf, sealed in found:  # of before the first start nobody is told
                try:
                    self._take(tx, sealed)
                except OF_A_RECORD as error:  # what a box wrote must not silence all that comes after
                    _LOG.failed("alarm.left_out", error, leaf=leaf)
            tx.set_meta(LEAF, str(found[-1][0] + 1 if len(found) == AT_ONCE else leaves))
            tx.forget_alarms(self._now_us() - KEEP_US)
        return len(found)

    def _take(self, tx: Tx, sealed: Sealed) -> None:
        body = body_of(sealed.record)
        if not isinstance(body, Alarm) or urgency(body.code, body.params.get("why")) == "never":
            return
        device, named = sealed.record.device, body.params.get("device")
        if device == self._store.device and body.code in OF_BOXES and isinstance(named, str):
            device = named[:64]
        matters = sealed.record.device == self._store.device or self._matters(tx, sealed.record, device)
        urgent = matters and urgency(body.code) == "now"
        told = [_camera(one) for one in tx.params_within(device, body.code[:64], AGAIN_US, self._now_us(), urgent)]
        if _camera(kept_params(body.params)) in told or len(told) >= MOST_CAMERAS:
            return
        if body.code not in KNOWN and tx.others_within(device, KNOWN, AGAIN_US, self._now_us()) >= MOST_UNKNOWN:
            return
        class_id, institution = self._whose(tx, device, body.class_id)
        self._tell(tx, "said", (device, body.code[:64]), Condition(class_id, institution, body.params), urgent)

    def _matters(self, tx: Tx, record: Record, device: str) -> bool:
        """Whether what a box says calls for somebody now: while it is needed, and of now, not of a day without a
        line."""
        now_us = self._now_us()
        fresh = now_us - record.utc_us < AGAIN_US or (not record.clock.synced and _by_heartbeat(tx, record))
        return fresh and any(needed(room, now_us) for room in self._rooms.of(device))

    def _whose(self, tx: Tx, device: str, class_id: str | None) -> tuple[str | None, str | None]:
        """The class that an alarm is of, if it has this box, and its institution; else whose room the box is in. A box
        may name any class, and would have the people of another school called."""
        booked = {one.class_id: one.institution for one in tx.bookings_of(device)}
        if class_id in booked:
            return class_id, booked[class_id]
        held = self._rooms.of(device)
        return None, held[0].institution if held else None

    # --- what stands

    def _look_at_now(self) -> None:
        rooms = self._rooms.now()
        with self._store.read() as tx:
            standing = tx.standing_alarms()
            now = Now(self._now_us(), rooms, tx.heard_at({one.device for one in rooms}), tx.gone(), ear_of(tx),
                      tx.box_states(1, None, 10**9), self._store.device)
        found = conditions(now, standing)
        begun = {place: one for place, one in found.items() if place not in standing and one is not None}
        over = [place for place in standing if place not in found]
        if not begun and not over:
            return
        with self._store.write() as tx:
            for place, one in sorted(begun.items()):
                self._begin(tx, place, one)
            for place in over:
                self._end(tx, place, standing[place], now)

    def _begin(self, tx: Tx, place: Place, one: Condition) -> None:
        number = 0
        if len(tx.params_within(*place, AGAIN_US, self._now_us())) < MOST_BEGUN:
            if place[1] != "box.away":
                one = Condition(None, self._whose(tx, place[0], None)[1], one.params)
            number = self._tell(tx, "begun", place, one, urgency(place[1]) == "now")
        tx.put_standing(*place, number)

    def _end(self, tx: Tx, place: Place, number: int, now: Now) -> None:
        """What ends because the class is over while the box is still away is not told: it is not back."""
        tx.drop_standing(*place)
        if number == 0 or (place[1] == "box.away" and self._still_away(tx, place[0], now)):
            return
        began = tx.alarm(number)
        if began is not None:
            self._put(tx, Alarmed(0, "over", began.code, began.device, began.urgent, began.class_id, began.institution,
                                  self._now_us(), began.params))

    def _still_away(self, tx: Tx, device: str, now: Now) -> bool:
        return Now(now.now_us, (), tx.heard_at([device]), now.gone, now.ear, (), now.centre).is_away(device)

    def _tell(self, tx: Tx, state: State, place: Place, one: Condition, urgent: bool) -> int:
        device, code = place
        return self._put(tx, Alarmed(0, state, code, device, urgent, one.class_id, one.institution, self._now_us(),
                                     kept_params(one.params)))

    def _put(self, tx: Tx, alarm: Alarmed) -> int:
        number = tx.put_alarm(alarm)
        if self._others:
            event = alarm_event(alarm, number, self._store.device)
            tx.put_event(event.id, event.kind, alarm.class_id or "", event.body, alarm.at_us)
        _LOG.info("alarm.told", code=alarm.code, state=alarm.state, device=alarm.device, number=number)
        return number

    def _now_us(self) -> int:
        return self._clock.stamp().utc_us


def _by_heartbeat(tx: Tx, record: Record) -> bool:
    """Whether a box whose clock is not set made this about when it was last heard. Of what comes long after the last
    heartbeat nobody can tell: it may have waited since."""
    known = tx.heard(record.device, record.chain)
    beat = None if known is None else known.last_heartbeat
    return (beat is not None and beat.boot_id == record.boot_id
            and -SOON_US <= beat.mono_us - record.mono_us < AGAIN_US)


def _camera(params: str) -> object:
    return parse(params.encode()).get("camera")
