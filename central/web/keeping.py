"""The page of keeping: which video is held until when and why, what may go, and how much room it takes."""
from __future__ import annotations

import dataclasses
import threading

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from central.accounts.actions import Action
from central.accounts.people import Actor
from central.accounts.scope import sees_class
from central.classes.orders import latest_orders
from central.keeping.arithmetic import Reckoning, Share, reckon
from central.keeping.erasing import FaceErasing, erasures
from central.keeping.plan import ClassKept, KeepPlan
from central.keeping.words import Line, erasing_words, lines, size_words, until_words
from central.store.tables import Tx
from central.web.access import Routes, actor_of
from central.web.errors import StillReckoned
from central.web.localtime import LocalTime
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import words
from evidence.times import MINUTE, utc_us

AGAIN_US = 10 * MINUTE
"""So long a plan is shown again: it may tell whole classes."""
WAIT_S = 5.0
CHINA_MIN = 480


@dataclasses.dataclass(frozen=True)
class ClassView:
    """A class of which something was recorded."""

    class_id: str
    title: str
    until: str
    files: int
    here: str
    recorded: str
    copies: int
    held: tuple[str, ...]
    groups: tuple[Line, ...]


@dataclasses.dataclass(frozen=True)
class FaceView:
    """A face that is to be erased and is not certified: since when, and how far that is."""

    class_id: str
    person: str
    asked: str
    says: str


class _Plans:
    """The plan of a while ago, and the erasures of then, made by one visitor at a time."""

    def __init__(self, centre: Centre) -> None:
        self._centre, self._lock, self._made = centre, threading.Lock(), None

    _made: tuple[KeepPlan, list[FaceErasing]] | None

    def plan(self) -> tuple[KeepPlan, list[FaceErasing]]:
        """While one visitor's is made the others see the one of before; where there is none they wait for so long
        that not all who serve are kept from the rest. Raises StillReckoned."""
        made = self._made
        if self._lock.acquire(timeout=WAIT_S if made is None else 0):
            try:
                made, now_us = self._made, self._centre.clock.stamp().utc_us
                if made is None or not 0 <= now_us - made[0].now.us < AGAIN_US:
                    made = self._made = self._reckoned(now_us)
            finally:
                self._lock.release()
        if made is None:
            raise StillReckoned
        return made

    def _reckoned(self, now_us: int) -> tuple[KeepPlan, list[FaceErasing]]:
        plan = self._centre.remover().plan()
        with self._centre.store.read() as tx:
            faces = erasures(self._centre.store, tx, now_us)
        return plan, [one for one in faces if one.certificate is None]


def keeping(centre: Centre) -> APIRouter:
    """The route of the page."""
    routes, plans = Routes(centre.store.device, default_response_class=HTMLResponse), _Plans(centre)

    @routes.get("/keeping", Action.KEEPING)
    def show(request: Request) -> Response:
        (plan, asked), lang = plans.plan(), lang_of(request)
        with centre.store.read() as tx:
            seen = [one for one in plan.classes if _sees(tx, actor_of(request), one.held_here.class_id)]
            faces = [one for one in asked if sees_class(tx, actor_of(request), one.class_id)]
            reckoning = _reckon(tx, seen, plan.now.us)
        local, witness_us = LocalTime(CHINA_MIN, lang), plan.now.witness_us
        mine = dataclasses.replace(plan, classes=tuple(seen))
        return page(
            request, centre, "keeping.html", classes=_views(mine, lang), sums=reckoning, size=size_words,
            as_of=local.full(plan.now.us), witness="" if witness_us is None else local.full(witness_us),
            certain=plan.now.certain, behind=plan.now.behind, removes=centre.config.keeping.remove,
            may_go=[one for one in lines(mine, lang) if one.goes], faces=[_face(one, local, lang) for one in faces])

    return routes.router


def _face(one: FaceErasing, local: LocalTime, lang: str) -> FaceView:
    asked = "" if one.asked is None else local.full(one.asked.record.utc_us)
    return FaceView(one.class_id, one.person, asked, erasing_words(one, lang))


def _sees(tx: Tx, actor: Actor, class_id: str | None) -> bool:
    """What belongs to no class only administrators see."""
    return actor.role == "administrator" if class_id is None else sees_class(tx, actor, class_id)


def _views(plan: KeepPlan, lang: str) -> list[ClassView]:
    return [ClassView(
        one.held_here.class_id or "", one.title or "", until_words(one, None, lang), one.held_here.files,
        size_words(one.held_here.bytes), size_words(one.held_here.recorded_bytes), one.copies,
        tuple(words(reason, lang) for reason in one.held),
        tuple(lines(dataclasses.replace(plan, classes=(one,)), lang))) for one in plan.classes]


def _reckon(tx: Tx, seen: list[ClassKept], now_us: int) -> Reckoning:
    """Also classes that are planned and of which nothing was recorded yet count, where somebody sees everything that is
    shown: their hours are to come."""
    orders = latest_orders(tx)
    shares = []
    for one in seen:
        known = orders.get(one.held_here.class_id or "")
        ends = [] if known is None else [utc_us(hour.end) for hour in known[1].hours]
        over = sum(end <= now_us for end in ends)
        shares.append(Share(one.held_here.bytes, one.held_here.recorded_bytes, one.copies, over, len(ends) - over,
                            None if one.disputed else one.until_us, one.utc_offset_min, one.held_here.twice_bytes,
                            one.lacking_bytes))
    return reckon(shares)
