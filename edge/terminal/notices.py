"""What stands across the top of the page beside the standing warnings: what the plan ends by itself or has ended, and
why the recorder does not run. Pure; sentences in the language asked for."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from common.texts import N_, translate
from edge.plans import ended_us
from edge.refusal import Refusal
from edge.sync.trust import NO_TROUBLE, Trust
from edge.terminal.memory import Known
from edge.terminal.schedule import Session, taught_today
from evidence.blocks import local
from evidence.bodies import ClassOrder
from evidence.planned import Ending, Open, next_end, taught
from evidence.policy import Policy
from evidence.records import Stamp
from evidence.times import MINUTE

DEFAULT_OFFSET_MIN = 480
WARN_US = 10 * MINUTE
"""So long before the plan ends a session it is said."""
TELL_US = 60 * MINUTE
"""So long afterwards it is said that the plan ended it."""
DISK = ("WrongVolume", "CannotWrite")

ENDS = {
    "forgotten": N_("“{title}” is ended by itself at {time}: its class-hours are over. Press end when it is done"),
    "due": N_("“{title}” is ended by itself at {time}: “{other}” is due then. Press end when it is done"),
    "unpressed": N_("“{title}” is ended by itself at {time}: nobody pressed start. If it goes on, press start"),
}
TRUST = {
    "dates": N_("The date of this box ({today}) does not fit the centre's certificate: set it. If it is right, call "
                "the centre. Records wait here"),
    "stranger": N_("Whoever answers in the centre's place is not the centre: call it. Records wait here"),
}
NOT_RENEWED = N_(
    "The centre has not renewed this box's certificate, which holds for {days} more days: check the network")
REFUSED = N_("The centre does not take this box's certificate: check the network, then call the centre. Records wait "
             "here")
ENDED = N_("“{title}” was ended by the plan at {time}: nobody had pressed end")
REFUSES = {
    "disk": N_("Nothing is recorded: have the video disk put right, then recording begins by itself ({why})"),
    "other": N_("Nothing is recorded: have this box looked at; it tries again by itself ({why})"),
}


@dataclasses.dataclass(frozen=True)
class Notices:
    """What is to be said at `now_us`. `orders`: the plans in force, by class; `refusal`: why the recorder does not run,
    None when it does or nobody knows; `trust`: what keeps the box from its centre."""

    now_us: int
    session: Session | None
    sessions: Sequence[Session]
    orders: Mapping[str, ClassOrder]
    ending: Ending | None
    refusal: Refusal | None
    trust: Trust = NO_TROUBLE

    def banners(self, lang: str) -> list[dict[str, str]]:
        """As the page wants them: code and text."""
        found = []
        if self.refusal is not None:
            kind = "disk" if self.refusal.error in DISK else "other"
            found.append({
                "code": "refused", "text": translate(REFUSES[kind], lang, why=self.refusal.words.get(lang, ""))})
        found += [{"code": code, "text": text} for code, text in self._trust(lang)]
        if self.session is not None and self.ending is not None:
            found.append({"code": "ends", "text": self._ends(self.session, self.ending, lang)})
        ended = ended_by_plan(self.sessions, self.now_us)
        if ended is not None and ended.ended_us is not None:
            text = translate(ENDED, lang, title=self._title(ended.class_id), time=self._time(ended, ended.ended_us))
            found.append({"code": "ended", "text": text})
        return found

    def _ends(self, session: Session, ending: Ending, lang: str) -> str:
        kind = "due" if ending.for_class is not None else "forgotten" if session.pressed else "unpressed"
        return translate(
            ENDS[kind], lang, title=self._title(session.class_id), time=self._time(session, ending.at_us),
            other=self._title(ending.for_class or ""))

    def _trust(self, lang: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        days = self.trust.days_left
        if self.trust.why is not None:
            today = f"{local(self.now_us, DEFAULT_OFFSET_MIN):%Y-%m-%d}"
            found.append((self.trust.why, translate(TRUST[self.trust.why], lang, today=today)))
        if days is not None:
            found.append(("certificate", translate(NOT_RENEWED if days else REFUSED, lang, days=days)))
        return found

    def _title(self, class_id: str) -> str:
        return self.orders[class_id].title if class_id in self.orders else class_id

    def _time(self, session: Session, at_us: int) -> str:
        order = self.orders.get(session.class_id)
        return f"{local(at_us, order.utc_offset_min if order else DEFAULT_OFFSET_MIN):%H:%M}"


def ending(known: Known, device: str, policy: Callable[[ClassOrder], Policy | None], now: Stamp) -> Ending | None:
    """When the plan ends the open session, if that is near. `policy`: of an order, or None."""
    session, now_us = known.session, now.utc_us
    if session is None:
        return None
    today = {order.class_id for order in taught_today(known.orders.values(), device, now_us)}
    plans = []
    for order in (known.orders[one] for one in sorted(today | {session.class_id}) if one in known.orders):
        rules = policy(order)
        plans.append(None if rules is None else taught(order, device, rules.block.pause_min.value * MINUTE))
    ends = {one.class_id: one.ended for one in known.sessions if one.ended is not None and not one.by_plan}
    open_ = Open(session.class_id, session.since_us, session.pressed)
    return next_end([plan for plan in plans if plan is not None], open_, ended_us(ends, now), now_us, WARN_US)


def ended_by_plan(sessions: Sequence[Session], now_us: int) -> Session | None:
    """The last session that ended, if the plan ended it a while ago at most and nobody has pressed start since."""
    since = [one for one in sessions[-2:] if one.by_plan or one.pressed]
    last = since[-1] if since else None
    if last is None or not last.by_plan or last.ended_us is None or now_us - last.ended_us > TELL_US:
        return None
    return last
