"""Who looks into which room now, and what is made of it: reach, reason, order, and how the room stands.

Players ask for a piece a second, each of them: what a request needs is kept for seconds, and read once for all who ask.
"""
from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, NoReturn, TypeVar

from central.accounts.looks import LIVE, WALL, looked, state_again, state_anew, state_look, state_went_on
from central.accounts.people import Actor
from central.accounts.scope import Scope, scope_of
from central.clock import Clock
from central.live.cameras import camera_of, dark_since
from central.live.decide import Form, Ordered, Standing, State, comes, due, is_heard, state_of
from central.live.errors import RoomAtRest, RoomNotYet, RoomOutOfReach
from central.live.hub import Hub
from central.live.looking import Looking, Span
from central.live.orders import newest_order, order_if_due
from central.live.rooms import Room, Rooms
from central.orders.errors import NoSuchBox
from central.store.store import Store
from evidence.bodies import CentreLook, Institution
from evidence.times import HOUR, MINUTE, utc_text

T = TypeVar("T")
REACH_S, LOOK_S, ORDER_S = 5.0, 5.0, 1.0
"""So many seconds what is within reach, that a reason is on record, and what became of an order are good for."""
MOST = 8192
SEEN_KEPT_US = 7 * 24 * HOUR
"""Whoever writes down an inspection later than this saw nothing."""


class Fresh(Generic[T]):
    """Answers of a question by key, each good for some seconds. For any thread."""

    def __init__(self, good_s: float) -> None:
        self._good_s, self._lock = good_s, threading.Lock()
        self._known: dict[Hashable, tuple[float, T]] = {}
        self._forgotten = 0

    def ask(self, key: Hashable, question: Callable[[], T]) -> T:
        """The answer; what the question raises is raised and not kept."""
        with self._lock:
            known, forgotten = self._known.get(key), self._forgotten
        if known is not None and time.monotonic() < known[0] + self._good_s:
            return known[1]
        said = question()
        with self._lock:
            if len(self._known) >= MOST:
                self._known.clear()
            if forgotten == self._forgotten:  # else it may be the answer of before
                self._known[key] = (time.monotonic(), said)
        return said

    def forget(self, key: Hashable) -> None:
        """Ask anew next time."""
        with self._lock:
            self._known.pop(key, None)
            self._forgotten += 1


Known = tuple[Ordered | None, int | None, int | None]
"""The newest order to a box, when it was heard last, and since when the broker calls it away."""


@dataclasses.dataclass(frozen=True)
class Situation:
    """How a room stands. `room`: of whom it is now, the class that runs first; `heard_us`: when its box proved last
    that it lives, UTC; `dark_us`: since when no picture comes because its camera sends none, UTC by its clock, None:
    nobody said so; `runs`: a class-hour of that class goes on."""

    state: State
    stands: Standing
    ordered: Ordered | None
    heard_us: int | None
    dark_us: int | None
    room: Room
    runs: bool


class LiveDesk:
    """One for a process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.hub, self.rooms, self.looking = Hub(clock), Rooms(store, clock), Looking(lambda: clock.stamp().mono_us)
        self._store, self._clock = store, clock
        self._reach, self._looks = Fresh[tuple[Room, ...]](REACH_S), Fresh[CentreLook | None](LOOK_S)
        self._went_on = Fresh[None](LOOK_S)
        self._orders = Fresh[Known](ORDER_S)
        self._dark = Fresh[int | None](REACH_S)
        self._institutions = Fresh[Mapping[str, Institution]](REACH_S)

    def scope(self, actor: Actor) -> Scope:
        """What an actor sees, by the institutions of some seconds ago."""

        def ask() -> Mapping[str, Institution]:
            with self._store.read() as tx:
                return scope_of(tx, actor).institutions

        return Scope(actor, self._institutions.ask("all", ask))

    def reach(self, actor: Actor, device: str) -> Room:
        """The room of a box within somebody's reach, now. Raises RoomOutOfReach, RoomAtRest, RoomNotYet."""

        def ask() -> tuple[Room, ...]:
            scope = self.scope(actor)
            return tuple(one for one in self.rooms.of(device) if scope.holds(one.institution))

        now_us = self._clock.stamp().utc_us
        found = self._reach.ask((actor.account, actor.role, actor.scope, device), ask)
        near = tuple(one for one in found if one.is_near(now_us))
        if not near:
            self._raise_at_rest(actor, device, now_us, bool(found))
        found = near
        return next((one for one in found if one.runs(now_us)), found[0])

    def _raise_at_rest(self, actor: Actor, device: str, now_us: int, theirs: bool) -> NoReturn:
        """A box may be another school's until a class of one's own begins: then when that is, and no more. Raises
        RoomOutOfReach, RoomAtRest, RoomNotYet."""
        scope = self.scope(actor)
        ahead = [(start, one.utc_offset_min) for one in self.rooms.ahead(device) if scope.holds(one.institution)
                 for start, _ in one.hours if start > now_us]
        if ahead:
            start_us, offset_min = min(ahead)
            raise RoomNotYet(next=utc_text(start_us + offset_min * MINUTE)[:16].replace("T", " "))
        raise RoomAtRest if theirs else RoomOutOfReach

    def rooms_of(self, class_id: str) -> tuple[Room, ...]:
        """The rooms into which may be looked now because of this class."""
        now_us = self._clock.stamp().utc_us
        return tuple(one for one in self.rooms.now() if one.class_id == class_id and one.is_near(now_us))

    def look(self, actor: Actor, what: str, device: str | None) -> CentreLook | None:
        """What this person said within the hour why they look."""
        return self._looks.ask(
            (actor.account, what, device),
            lambda: looked(self._store, actor, what, self._clock.stamp().utc_us, device=device))

    def begin(self, actor: Actor, room: Room, why: str) -> None:
        """This person looks into a room live, for this reason; empty: for the one that they gave within the hour. Each
        beginning is on record, without a class: one is named once a picture of it reached them."""
        now_us, look = self._clock.stamp().utc_us, self.look(actor, LIVE, room.device)
        going = look is not None and self._goes_on(actor, room)
        if look is None or (why and look.why != why):
            state_anew(self._store, actor, LIVE, why, room.device)
        elif not going:
            state_again(self._store, actor, look)
        self._looks.forget((actor.account, LIVE, room.device))
        if not going:
            with self._store.write() as tx:
                tx.forget_seen_live(actor.account, room.device, now_us - SEEN_KEPT_US)
        self.looking.begin(actor.account, room.device, now_us, anew=not going)
        self.watch(actor, room, "video", asked=True)

    def _goes_on(self, actor: Actor, room: Room) -> bool:
        """Whether this person looks into the room already: a button was pressed twice, or in two windows."""
        return (self.hub.watches(room.device, "video", actor.account)
                and not self.looking.over(actor.account, room.device))

    def looks_in(self, actor: Actor, device: str) -> CentreLook | None:
        """What this person said why they look, while their look goes on. After a pause it is another look on record."""
        if self.looking.over(actor.account, device) or (look := self.look(actor, LIVE, device)) is None:
            return None
        goes = self.looking.ask(actor.account, device)
        if goes == "again":
            state_again(self._store, actor, look)
        return None if goes == "over" else look

    def looks_at_room(self, actor: Actor, room: Room, why: str) -> None:
        """This person has a room on the wall, for the reason of the wall: on record when that begins, also again.
        Raises TooManyViewers, TooManyRooms: then nothing is."""
        going = self.hub.watches(room.device, "pictures", actor.account)
        self.hub.see(room.device, "pictures", actor.account)
        look = self.look(actor, WALL, room.device)
        if look is None:
            self.state_look(actor, WALL, room, why)
            return
        if not going:
            state_again(self._store, actor, look)
        self.keep_looking(actor, WALL, room, look)

    def end(self, actor: Actor, device: str) -> None:
        """This person looks into a room no more."""
        self.looking.end(actor.account, device)
        for class_id, span in self.looking.spans(actor.account, device).items():
            self._keep(actor.account, device, class_id, span)
        self.hub.leave(device, "video", actor.account)

    def shown(self, actor: Actor, device: str, look: CentreLook) -> None:
        """A piece of the video reaches this person: with the class that goes on it is on record before it does."""
        room, now_us = self.reach(actor, device), self._clock.stamp().utc_us
        if room.runs(now_us):
            self.keep_looking(actor, LIVE, room, look)
            key = (actor.account, device, room.class_id)
            before = None if self.looking.knows(*key) else self.seen(*key)
            span = self.looking.gave(*key, now_us, before)
            if span is not None:
                self._keep(*key, span)

    def seen(self, account: str, device: str, class_id: str) -> Span | None:
        """From the first to the newest piece of this class that reached somebody in their newest look, UTC µs; None
        without one. The end may be some seconds early where the centre was started since."""
        known = self.looking.spans(account, device).get(class_id)
        if known is not None:
            return known
        with self._store.read() as tx:
            return tx.seen_live(account, device, class_id)

    def _keep(self, account: str, device: str, class_id: str, span: Span) -> None:
        with self._store.write() as tx:
            tx.put_seen_live(account, device, class_id, span)

    def is_theirs(self, actor: Actor, device: str, came_us: int) -> bool:
        """Whether the room of a box was within somebody's reach when a piece came (CLOCK_BOOTTIME): of the minute that
        is here the first part may be of another school."""
        stamp, scope = self._clock.stamp(), self.scope(actor)
        at_us = stamp.utc_us - (stamp.mono_us - came_us)
        return any(scope.holds(one.institution) for one in self.rooms.of(device, at_us))

    def state_look(self, actor: Actor, what: str, room: Room | None, why: str) -> None:
        """State that this person looks at pictures of a room, or at the wall (None), for this reason."""
        now_us = self._clock.stamp().utc_us
        device = None if room is None else room.device
        class_id = room.class_id if room is not None and room.runs(now_us) else None
        state_look(self._store, actor, what, now_us, class_id=class_id, why=why, device=device)
        self._looks.forget((actor.account, what, device))

    def keep_looking(self, actor: Actor, what: str, room: Room, look: CentreLook) -> None:
        """Whoever sees a room while another class runs there than when they began looks at that one, too."""
        now_us = self._clock.stamp().utc_us
        if room.runs(now_us) and look.class_id != room.class_id:
            self._went_on.ask((actor.account, what, room.device, room.class_id),
                              lambda: state_went_on(self._store, actor, look, room.class_id, now_us))

    def watch(self, actor: Actor, room: Room, form: Form, asked: bool = False) -> None:
        """Somebody watches: note it, and order pictures where that is due. `asked`: they did it just now, no page by
        itself. Raises TooManyViewers, TooManyRooms."""
        self.hub.see(room.device, form, actor.account)
        now_us = self._clock.stamp().utc_us
        if asked:
            self._orders.forget((room.device, form))
        newest, heard_us, gone_us = self._order(room.device, form)
        heard = is_heard(heard_us, now_us, gone_us)
        if not due(newest, heard, asked, now_us):
            return
        with self._store.read() as tx:
            camera = camera_of(tx, room.device, room.class_id)
        with contextlib.suppress(NoSuchBox):  # it never introduced itself: the page says that nothing was heard of it
            order_if_due(self._store, room.device, form, actor.account, heard, asked, camera, now_us)
        self._orders.forget((room.device, form))

    def situation(self, room: Room, form: Form) -> Situation:
        """How a room stands."""
        stamp = self._clock.stamp()
        stands = self.hub.stands(room.device, form)
        ordered, heard_us, gone_us = self._order(room.device, form)
        dark_us = None if comes(stands, stamp.mono_us) else self._dark_us(room)
        state = state_of(ordered, stands, heard_us, dark_us is not None, stamp.utc_us, stamp.mono_us, gone_us)
        return Situation(state, stands, ordered, heard_us, dark_us, room, room.runs(stamp.utc_us))

    def _dark_us(self, room: Room) -> int | None:
        def ask() -> int | None:
            with self._store.read() as tx:
                return dark_since(tx, room.device, room.class_id)

        return self._dark.ask((room.device, room.class_id), ask)

    def _order(self, device: str, form: Form) -> Known:
        def ask() -> Known:
            with self._store.read() as tx:
                return (newest_order(tx, device, form, self._clock.stamp().utc_us), tx.heard_at([device]).get(device),
                        tx.gone_since(device))

        return self._orders.ask((device, form), ask)
