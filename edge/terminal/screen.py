"""Joins what the screen needs: the records, the recorder's word, the check-in desk. Judges nothing itself."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from edge.clock import Clock
from edge.config import BoxConfig
from edge.picture.told import Trouble
from edge.refusal import Refusal
from edge.rollcall.behind import Behind
from edge.sync.trust import Trust
from edge.terminal import bareface
from edge.terminal.code import ShownMark, Wanted
from edge.terminal.desk import Target
from edge.terminal.live_sign import Watched
from edge.terminal.looks import LiveLook
from edge.terminal.memory import AlarmFact, Known, Memory
from edge.terminal.notices import DEFAULT_OFFSET_MIN, Notices, ending
from edge.terminal.progress import Live, Runs, is_stuck, live_of
from edge.terminal.schedule import (
    OUT_AFTER_US,
    Lesson,
    Session,
    checkin_open,
    direction,
    lesson,
    session_block,
    taught_today,
)
from edge.terminal.seen import Seen, newest_block, seen_in
from edge.terminal.view import Facts, Sight, bare, live_sign, state
from evidence.attendance import Sign
from evidence.blocks import PlannedBlock, hour_span, plan_blocks
from evidence.bodies import ClassOrder, PinCheckIn
from evidence.enforce import Chance, Warned, chance, warning
from evidence.policy import Policy
from evidence.story import Block, HourStory, PinFact, Story
from evidence.times import MINUTE

STATUS_S = 0.4
"""Real seconds for which the recorder's word is not asked for again."""
CORRECT_US = 60 * MINUTE
"""So long after its end a wrongly started class can be put right at the terminal."""


class DeskView(Protocol):
    """What the screen asks of `edge.terminal.desk.Desk`."""

    def sight(self) -> Sight: ...

    def jpeg(self) -> bytes: ...


class CodeView(Protocol):
    """What the screen asks of `edge.terminal.code.Code`."""

    def now(self) -> ShownMark | None: ...

    def acknowledge(self, mark_id: str) -> None: ...


class BareFaceView(Protocol):
    """What the screen asks of `edge.terminal.bareface.BareFaces`."""

    def now(self) -> bareface.Shown | None: ...

    def begin(self, teacher: str | None) -> None: ...

    def put_off(self) -> None: ...


@dataclasses.dataclass(frozen=True)
class _Now:
    """The class that the screen speaks of, with its story; block: the one of the lesson, or of the open session."""

    known: Known
    now_us: int
    lesson: Lesson | None
    order: ClassOrder
    policy: Policy
    story: Story
    block: Block | None
    checkins: tuple[Sign, ...]
    hour: HourStory | None
    """The class-hour that runs."""


@dataclasses.dataclass(frozen=True)
class Pulse:
    """What a lamp can say. `session`: one is open; `state`: how the class-hour that runs stands, if one does;
    `left_us`: until the last moment at which a start still complies."""

    session: bool
    live: str
    state: str | None = None
    left_us: int | None = None


class Screen:
    """`status` asks the recorder (None: it does not answer). `test`: the box's own key is a test key.
    `picture`: what ails the picture of the room camera; `refusal`: why the recorder does not run; `behind`: how much
    video waits for its roll call; `revoked`: whether the centre has revoked this box's key; `trust`: what keeps the box
    from its centre; `watched`: whether somebody looks into the room from afar; `looks`: when somebody
    did."""

    def __init__(
        self, config: BoxConfig, clock: Clock, memory: Memory, status: Callable[[], Mapping[str, Any] | None],
        monotonic: Callable[[], float], test: bool, picture: Callable[[], Sequence[Trouble]] = lambda: (),
        refusal: Callable[[], Refusal | None] = lambda: None, behind: Callable[[], Behind | None] = lambda: None,
        revoked: Callable[[], bool] = lambda: False, trust: Callable[[], Trust] = Trust,
        watched: Callable[[], Watched | None] = lambda: None, looks: Callable[[], Sequence[LiveLook]] = lambda: (),
    ) -> None:
        self._config, self._clock, self._memory = config, clock, memory
        self._status, self._monotonic, self._test, self._picture = status, monotonic, test, picture
        self._refusal, self._behind, self._revoked = refusal, behind, revoked
        self._trust, self._watched, self._looks = trust, watched, looks
        self._offset_min = DEFAULT_OFFSET_MIN
        """Minutes that this room is ahead of UTC, as the plan said last."""
        self._lock = threading.Lock()
        self._said: tuple[float, Mapping[str, Any] | None] = (-STATUS_S, None)
        self._runs = Runs()
        self.desk: DeskView | None = None
        self.code: CodeView | None = None
        self.bareface: BareFaceView | None = None

    def target(self, fresh: bool = True) -> Target | None:
        """For whom the check-in desk is open now: for sign-ins, and for sign-outs until a while after the block. Not
        `fresh`: who came in the last seconds may be missing. A box whose key is revoked takes nobody: they would sign
        in for nothing. May raise StoreBusy."""
        if self._revoked():
            return None
        now = self._now(fresh)
        way = None if now is None or now.block is None else direction(now.block.span, now.now_us)
        if now is None or now.block is None or way is None:
            return self._signing_out(fresh)
        session = now.known.session
        if session is None and not checkin_open(now.order, now.policy, now.now_us):
            return self._signing_out(fresh)
        accepted, came = (_accepted(now.checkins, one) for one in (way, "in"))
        number = session.session if session else None
        return Target(now.order.class_id, now.policy, number, now.block.id, accepted, way, came)

    def signed_by_pin(self, target: Target, person: str, confirmed: bool) -> PinCheckIn | None:
        """The newest sign-in (or sign-out) by PIN of a person for the block of `target` that counts, or with
        `confirmed` false any. May raise StoreBusy."""
        self._memory.look()  # a press at the same time may have signed in a moment ago
        story = self._memory.story(target.class_id, target.policy)
        block = next((block for block in story.blocks if block.id == target.block), None)
        found = [one.pin for one in _near(story, block, target.policy) if isinstance(one, PinFact)
                 and (one.person, one.direction) == (person, target.direction) and (one.accepted or not confirmed)]
        return found[-1] if found else None

    def _signing_out(self, fresh: bool) -> Target | None:
        """The class whose block has just ended, and its session with it, while the next one is not open yet."""
        known, now_us = self._memory.look(), self._clock.utc_us()
        found = newest_block(known.orders.values(), self._config.device, self._memory.policy_of, now_us)
        if known.session is not None or found is None or direction(found[2].span, now_us) != "out":
            return None
        order, policy, planned = found
        story = self._memory.story(order.class_id, policy, fresh)
        near = _near(story, _block(story, planned), policy)
        accepted, came = (_accepted(near, one) for one in ("out", "in"))
        return Target(order.class_id, policy, None, planned.id, accepted, "out", came)

    def class_here(self) -> str | None:
        """The class that a start press is about. May raise StoreBusy."""
        now = self._now()
        return now.order.class_id if now is not None else None

    def today(self) -> list[ClassOrder]:
        """The classes that are taught on this box today. May raise StoreBusy."""
        return taught_today(self._memory.look().orders.values(), self._config.device, self._clock.utc_us())

    def code_wanted(self) -> Wanted | None:
        """For whom a code is shown to the room camera, if the policy asks for it and a class-hour is being recorded.
        May raise StoreBusy."""
        now, live = self._now(fresh=False), self._live()
        if now is None or now.hour is None or now.known.session is None or live.state != "recording":
            return None
        rules = now.policy.screen_code
        return None if rules is None else Wanted(now.order.class_id, now.known.session.session, rules)

    def bareface_wanted(self) -> bareface.Wanted | None:
        """The block with protective gear that is being recorded, if one is; where the policy counts class-hours, the
        one that runs. May raise StoreBusy."""
        now, live = self._now(fresh=False), self._live()
        if now is None or now.block is None or now.known.session is None or live.state != "recording":
            return None
        rules, by_hour = now.policy.bareface, now.policy.r3 is not None and now.policy.r3.occasion == "class_hour"
        unit, own = (now.hour if by_hour else now.block), set(now.block.hours)
        if by_hour and unit is not None:
            own &= {unit.id}
        gear = tuple(hour_span(hour) for hour in now.order.hours if hour.gear and hour.hour in own)
        if rules is None or unit is None or not gear:
            return None
        said = self._memory.barefaces(now.order.class_id, unit.span)
        teachers = tuple(one.person for one in now.block.teachers if one.came)
        return bareface.Wanted(
            now.order.class_id, now.known.session.session, unit.id, rules, gear, said, teachers)

    def correctable(self) -> Session | None:
        """The session whose class can be put right here: the open one, or the last one for a while; none of which a
        correction would not count, after a restart with a clock that is not set. May raise StoreBusy."""
        last = self._memory.look().last
        stamp = self._clock.stamp()
        if last is None or (last.ended_us is not None and stamp.utc_us - last.ended_us > CORRECT_US):
            return None
        return last if all(self._memory.correctable(one, stamp) for one in last.ids) else None

    def early_end(self) -> int | None:
        """The unbroken minutes that the practical class-hour of now still has to get, if it runs and has not got them:
        whoever ends it says why. May raise StoreBusy."""
        its = self._chance(self._now(), self._live())
        return None if its is None or its.whole or its.state == "done" else its.needed_us // MINUTE

    def pulse(self) -> Pulse:
        """What a lamp can say now. May raise StoreBusy."""
        now, live = self._now(fresh=False), self._live()
        its = self._chance(now, live)
        if now is None or its is None:
            return Pulse(self._memory.look().session is not None, live.state)
        left_us = None if its.restart_by_us is None else its.restart_by_us - now.now_us
        return Pulse(now.known.session is not None, live.state, its.state, left_us)

    def stuck(self) -> bool | None:
        """Whether the recorder answers and yet does not go on: its disk hangs. None: it does not answer."""
        said = self._recorder()
        return None if said is None else is_stuck(said)

    def open_class(self) -> str | None:
        """The class whose session is open. May raise StoreBusy."""
        session = self._memory.look().session
        return None if session is None else session.class_id

    def due_warning(self, own: Sequence[tuple[Warned, int]] = ()) -> tuple[str, Warned] | None:
        """The class and the alarm about its class-hour that must be stated now. `own`: what the caller has stated, for
        the story may be some seconds old. May raise StoreBusy."""
        now = self._now(fresh=False)
        its = self._chance(now, self._live())
        if now is None or now.hour is None or its is None or not self._clock.stamp().clock.synced:
            return None
        said = [(Warned(alarm.code, str(alarm.params.get("hour")), 0), at_us)  # type: ignore[arg-type]
                for _, alarm, at_us in now.story.alarms if alarm.code in ("hour.at_risk", "hour.lost")]
        found = warning(now.hour, its, [*said, *own], now.now_us)
        return None if found is None else (now.order.class_id, found)

    def live_sign(self, lang: str) -> dict[str, str] | None:
        """The sign that somebody looks into this room from afar; None: nobody does. No store is asked: it waits for
        nothing."""
        return live_sign(self._watched(), self._offset_min, lang)

    def state(self, lang: str) -> dict[str, Any]:
        """The JSON value of /state.json. May raise StoreBusy."""
        now, live = self._now(fresh=False), self._live()
        known = now.known if now is not None else self._memory.look()
        sight = self.desk.sight() if self.desk is not None else self._blind()
        seen_order, seen = self._seen(now, known)
        seen_class = None if seen_order is None else seen_order.class_id
        behind = self._behind()
        facts = Facts(
            now_us=now.now_us if now is not None else self._clock.utc_us(),
            rate=self._clock.rate,
            device=self._config.device,
            lesson=now.lesson if now is not None else None,
            session=known.session,
            session_order=now.order if now is not None and known.session is not None else None,
            chance=self._chance(now, live),
            correctable=self.correctable(),
            today=self.today(),
            live=live,
            sight=sight,
            block=now.block if now is not None else None,
            pin_share=now.policy.checkin.pin_share_pct if now is not None else None,
            seen=seen,
            seen_of="" if seen_order is None or (now and now.order.class_id == seen_class) else seen_order.title,
            behind_us=None if behind is None else behind.video_us,
            again_us=0 if behind is None else behind.again_us,
            refused=None if behind is None or seen_class is None else behind.refused.get(seen_class),
            names=self._names(now, seen_class),
            notices=self._notices(known, live),
            banners=self._banners(now.policy if now is not None else self._memory.policy(self._config.policy)),
            alarms=(*known.alarms, *self._current_alarms(now)),
            cameras={camera.id: camera.role for camera in self._config.cameras},
            waiting=known.unreceipted if self._config.sync is not None else None,
            looks=self._looks(),
            watched=self._watched(),
        )
        mark = self.code.now() if self.code is not None else None
        asked = self.bareface.now() if self.bareface is not None else None
        return state(facts, lang) | {
            "code": None if mark is None else dataclasses.asdict(mark), "bareface": bare(asked, facts.names, lang)}

    def _blind(self) -> Sight:
        """What a box without a check-in camera sees."""
        target = self.target(fresh=False)
        return Sight("closed", 0) if target is None else Sight("camera_unset", 0, direction=target.direction)

    def _now(self, fresh: bool = True) -> _Now | None:
        known, now_us = self._memory.look(), self._clock.utc_us()
        running = known.session
        here = None if running else lesson(known.orders.values(), self._config.device, now_us)
        order = known.orders.get(running.class_id) if running else here.order if here else None
        policy = self._memory.policy_of(order) if order else None
        if order is None or policy is None:
            return None
        self._offset_min = order.utc_offset_min
        blocks, planned = plan_blocks(order, policy.block.pause_min.value * MINUTE), None
        if running is not None:
            planned = session_block(blocks, running.since_us, now_us)
            here = lesson([order], self._config.device, now_us, planned) if planned is not None else None
        elif here is not None:
            planned = next((block for block in blocks if here.hour in block.hours), None)
        story = self._memory.story(order.class_id, policy, fresh)
        block = _block(story, planned)
        near, hour = _near(story, block, policy), _hour(story, here)
        return _Now(known, now_us, here, order, policy, story, block, near, hour)

    def _chance(self, now: _Now | None, live: Live) -> Chance | None:
        """How the class-hour that runs stands, if one does."""
        classes, ours = self._memory.look().classes, now.order.class_id if now is not None else ""
        ails = [one for one in self._picture() if one.run == live.name] if live.run is not None else []
        heard = self._runs.hear(live, lambda session: classes.get(session, ours) == ours, ails)
        return None if now is None or now.hour is None else chance(now.hour, heard, now.policy, now.now_us)

    def _seen(self, now: _Now | None, known: Known) -> tuple[ClassOrder | None, Seen | None]:
        """Whom the roll call has seen, and of which class: in the block of the session, else in the newest one."""
        if now is not None and now.block is not None and known.session is not None:
            return now.order, seen_in(now.story, now.block, now.now_us)
        now_us = self._clock.utc_us()
        found = newest_block(known.orders.values(), self._config.device, self._memory.policy_of, now_us)
        if found is None:
            return None, None
        order, policy, planned = found
        story = self._memory.story(order.class_id, policy, fresh=False)
        block = next((block for block in story.blocks if block.id == planned.id), None)
        return order, seen_in(story, block, now_us) if block is not None else None

    def _names(self, now: _Now | None, seen_class: str | None) -> dict[str, str]:
        """The names that the page may need: pseudonyms are random, so those of two classes never meet."""
        classes = {seen_class, now.order.class_id if now is not None else None}
        return {person: name for one in classes if one is not None for person, name in self._memory.names(one).items()}

    def _recorder(self) -> Mapping[str, Any] | None:
        with self._lock:
            if self._monotonic() - self._said[0] >= STATUS_S:
                self._said = (self._monotonic(), self._status())
            return self._said[1]

    def _live(self) -> Live:
        return live_of(self._recorder(), self._clock, self._config.recorder.max_gap_ms * 1000)

    def _current_alarms(self, now: _Now | None) -> list[AlarmFact]:
        """What is wrong at the recorder, with the picture or with the room for video right now, as if said now.

        What the sub stream shows is said before the start press too, once people come: at night a room is dark."""
        near = now is not None and (now.known.session is not None or checkin_open(now.order, now.policy, now.now_us))
        now_us, warned, said = self._clock.utc_us(), self._memory.warned(), self._recorder() or {}
        codes = [str(alarm["code"]) for alarm in said.get("alarms", ())]
        codes += ["recorder.stuck"] if is_stuck(said) else []
        run = said.get("run")
        codes += [f"picture.{one.what}" for one in self._picture() if (near if one.run is None else one.run == run)]
        found = [] if warned is None else [dataclasses.replace(warned, at_us=now_us)]
        return found + [AlarmFact(code, {}, now_us) for code in codes]

    def _notices(self, known: Known, live: Live) -> Notices:
        absent, now_us = live.state == "absent", self._clock.utc_us()
        acts = not absent and self._clock.stamp().clock.synced  # else nothing ends by itself
        soon = ending(known, self._config.device, self._memory.policy_of, self._clock.stamp()) if acts else None
        refusal = self._refusal() if absent else None
        return Notices(now_us, known.session, known.sessions, known.orders, soon, refusal, self._trust())

    def _banners(self, policy: Policy | None) -> list[str]:
        clock = self._clock.stamp().clock
        told = {
            "revoked": self._revoked(),
            "clock": not clock.synced,
            "simulated": clock.source == "simulated",
            "liveness": policy is not None and not policy.liveness_required,
            "test": self._test,
        }
        return [code for code, shown in told.items() if shown]


def _block(story: Story, planned: PlannedBlock | None) -> Block | None:
    return next((block for block in story.blocks if planned is not None and block.id == planned.id), None)


def _hour(story: Story, here: Lesson | None) -> HourStory | None:
    """The class-hour that runs now, from the story."""
    if here is None or here.phase != "now":
        return None
    return next((hour for hour in story.hours if hour.hour.hour == here.hour.hour), None)


def _near(story: Story, block: Block | None, policy: Policy) -> tuple[Sign, ...]:
    """The attempts that belong to a block."""
    if block is None:
        return ()
    before_us = policy.block.checkin_before_min.value * MINUTE
    first_us, end_us = block.span.start_us - before_us, block.span.end_us
    ends_us = {"in": end_us, "out": end_us + OUT_AFTER_US}
    return tuple(c for c in story.signs if first_us <= c.at_us < ends_us[c.direction])


def _accepted(checkins: Sequence[Sign], way: str) -> frozenset[str]:
    """Who has signed in, or out, by the face or by PIN."""
    return frozenset(c.person for c in checkins if c.accepted and c.person is not None and c.direction == way)
