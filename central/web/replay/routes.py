"""The replay of a block: its page, which takes a reason first, how its files stand now, and asking a box for some."""
from __future__ import annotations

import dataclasses
import urllib.parse
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from central.accounts.actions import Action
from central.classes.stories import Stories, Told
from central.orders.asked import order_awaited
from central.web.access import Routes, actor_of, field
from central.web.case.common import Typed, back_to, case_page
from central.web.case.unit import unit_of, unit_words
from central.web.class_names import ClassName, names_of
from central.web.errors import NoMoment, NothingThere, UnclearReason
from central.web.localtime import LocalTime
from central.web.reasons import asked, asked_again, reason_of, unclear
from central.web.reels import Reels, facts_of
from central.web.render import Say, environment, lang_of
from central.web.replay.ahead import Ahead
from central.web.replay.bar import ReplayBar, replay_bar
from central.web.replay.coming import Paces
from central.web.replay.page import (
    Parts,
    files_around,
    moment,
    parts_now,
    people_shown,
    rows_of,
    state_of,
    unseen_words,
)
from central.web.replay.reasons import Reasons, block_of
from central.web.video import Plays
from central.wiring import Centre
from common.texts import words
from evidence.story import Block, HourStory

PATH = "/classes/{class_id}/blocks/{block}/replay"
MOMENT, REVIEW = ("at", "device", "camera"), "review"
"""What leads to a moment; where somebody goes on who says why on the page of a recording."""


@dataclasses.dataclass(frozen=True)
class _Seen:
    """A block as one request sees it."""

    told: Told
    unit: Block | HourStory
    block: Block
    local: LocalTime
    parts: Parts
    bar: ReplayBar
    names: dict[str, str]

    @property
    def base(self) -> str:
        """The address of the block."""
        return f"/classes/{self.told.order.class_id}/blocks/{self.block.id}"


def replay(centre: Centre, stories: Stories, reels: Reels, reasons: Reasons) -> APIRouter:
    """Routes of the replay."""
    ahead, paces = Ahead(centre.objects), Paces()
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    def seen(request: Request, class_id: str, block: str, plays: str | None = None) -> _Seen:
        told = stories.tell(class_id)
        unit = unit_of(told, block)
        found, local = block_of(told, unit.block), LocalTime(told.order.utc_offset_min, lang_of(request))
        names = names_of(centre, class_id)
        with centre.store.read() as tx:
            parts = parts_now(tx, centre, reels, paces, told, found, local, plays == "h264")
        return _Seen(told, unit, found, local, parts, replay_bar(told, found, parts, names, local), names)

    @routes.get(PATH, Action.SEE_VIDEO)
    def show(request: Request, class_id: ClassName, block: ClassName) -> Response:
        told = stories.tell(class_id)
        unit = unit_of(told, block)
        if not reasons.given(request, class_id, unit.block):
            ahead.check([one.segment.sha256 for one in facts_of(told.story, block_of(told, unit.block))])
            return _ask_why(request, centre, told, unit)
        return _page(request, centre, seen(request, class_id, block))

    @routes.post(PATH, Action.SEE_VIDEO)
    def say_why(request: Request, class_id: ClassName, block: ClassName) -> Response:
        told = stories.tell(class_id)
        unit = unit_of(told, block)
        try:
            why = reason_of(request)
        except UnclearReason:
            kept = {name: field(request, name)[:64] for name in (*MOMENT, "to")}
            return asked_again(request, f"/classes/{class_id}/blocks/{block}/replay", **kept)
        reasons.state(request, class_id, unit.block, why)
        if field(request, "to") == REVIEW:
            return back_to(f"/classes/{class_id}/blocks/{block}#video")
        kept = {name: said for name in MOMENT if (said := field(request, name)[:64])}
        query = f"?{urllib.parse.urlencode(kept)}" if kept else ""
        return back_to(f"/classes/{class_id}/blocks/{block}/replay{query}")

    @routes.get(f"{PATH}/state", Action.SEE_VIDEO)
    def state(request: Request, class_id: ClassName, block: ClassName, plays: Plays = None) -> Response:
        reasons.demand(request, class_id, unit_of(stories.tell(class_id), block).block)
        found = seen(request, class_id, block, plays)
        told = state_of(class_id, found.block.id, found.parts, found.bar)
        return JSONResponse({**told, **_html(centre, found)})

    @routes.post(f"{PATH}/ask", Action.REPLAY)
    def ask(request: Request, class_id: ClassName, block: ClassName) -> Response:
        reasons.demand(request, class_id, unit_of(stories.tell(class_id), block).block)
        found = seen(request, class_id, block)
        device, camera = field(request, "device")[:64], field(request, "camera")[:64]
        at_us = moment(field(request, "at"), found.told, found.block, found.local)
        files = [] if at_us is None else files_around(found.parts.get((device, camera), []), at_us)
        if not files:
            raise NothingThere(camera=camera)
        ours = [sha256 for sha256 in files if centre.fetcher.there(sha256) is not None]
        for sha256 in ours:
            centre.fetcher.ask(sha256)
        rest = [sha256 for sha256 in files if sha256 not in ours]
        ordered = order_awaited(centre.store, device, rest, centre.clock.stamp().utc_us) if rest else 0
        return JSONResponse({"ordered": len(ours) + ordered})

    return routes.router


def _ask_why(request: Request, centre: Centre, told: Told, unit: Block | HourStory) -> Response:
    lang, typed, said = lang_of(request), unclear(request), request.query_params
    local = LocalTime(told.order.utc_offset_min, lang)
    return case_page(
        request, centre, "replay_why.html", told, {}, unit=unit.id, name=unit_words(told, unit.id, local),
        why=asked(lang, typed), carried={name: said.get(name, "")[:64] for name in (*MOMENT, "to")})


def _page(request: Request, centre: Centre, found: _Seen) -> Response:
    lang, typed = lang_of(request), {}
    device, camera = (request.query_params.get(name, "") for name in ("device", "camera"))
    chosen = (device, camera) if (device, camera) in found.parts else next(iter(found.parts), ("", ""))
    at_us: int | None = None
    try:
        at_us = moment(request.query_params.get("at", ""), found.told, found.block, found.local)
    except NoMoment as error:
        typed = {"at": Typed("at", words(error, lang), {"at": request.query_params["at"][:20]})}
    return case_page(
        request, centre, "replay.html", found.told, typed, unit=found.unit.id, name=unit_words(
            found.told, found.unit.id, found.local), chosen=chosen,
        plays=any(one.kind == "here" for one in found.parts.get(chosen, ())), cameras=list(found.parts),
        at_us=at_us, at=found.local.seconds(at_us) if at_us is not None else "", may_ask=actor_of(request).may(
            Action.REPLAY), people=people_shown(found.told, found.unit, found.names, found.local),
        unseen=unseen_words(found.unit, lang), **_of_bar(found))


def _of_bar(found: _Seen) -> dict[str, Any]:
    """What the bar and its table are made of."""
    return {"bar": found.bar, "rows": rows_of(found.parts, found.local), "base": found.base,
            "problems": [one.problem for each in found.parts.values() for one in each if one.problem]}


def _html(centre: Centre, found: _Seen) -> dict[str, str]:
    """The bar and its table alone."""
    content = {"_": Say(found.local.lang, centre.store.device), **_of_bar(found)}
    return {name: environment().get_template(f"replay_{name}.html").render(**content)
            for name in ("bar", "rows", "problems")}
