"""What opens first: what needs somebody now, all classes with their filters, the search, all boxes."""
from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.actions import Action
from central.accounts.scope import Scope, holds_record, scope_of
from central.classes.stories import Stories
from central.errors import BadPlaceInList
from central.live.desk import LiveDesk
from central.overview.beside import worker_of
from central.overview.glance import Glance
from central.overview.name_keys import NameKeys
from central.overview.overview import classes, overview
from central.overview.search import search
from central.signing import may_not_sign
from central.store.summaries import Wanted
from central.store.tables import Tx
from central.web.access import Routes, actor_of
from central.web.boxes import CHINA_MIN, box_views
from central.web.errors import BadFilter
from central.web.kinds import refusal
from central.web.links import Link, link
from central.web.localtime import LocalTime
from central.web.looking import look
from central.web.overview import VERDICTS, Asked, asked_of, beside, line_view, list_view, overview_view
from central.web.plan_choices import claimed_within, waiting_within
from central.web.refusals import reason_words
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import translate, words

SHOWN = 50
"""Refused messages on the page of the boxes: the newest."""


def front(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of it."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)
    glance, keys = Glance(centre.store, worker_of(centre, stories)), NameKeys(centre.keys.names_key)

    @routes.get("/", Action.OVERVIEW)
    def home(request: Request) -> Response:
        lang, own = lang_of(request), centre.store.device
        asked, wrong = _asked(request)
        glance.catch_up()
        now_us = centre.clock.stamp().utc_us
        with centre.store.read() as tx:
            scope = scope_of(tx, actor_of(request))
            wanted = wanted_of(scope)
            found = overview(tx, wanted, own, now_us)
            try:
                listed = classes(tx, asked.wanted(wanted, now_us), own, now_us, asked.sort, asked.descending,
                                 asked.after)
            except BadPlaceInList as error:
                wrong = words(error, lang)
                listed = classes(tx, asked.wanted(wanted, now_us), own, now_us, asked.sort, asked.descending)
            links = newest_records(tx, scope, [one.device for one in found.boxes])
            silent = may_not_sign(tx, centre.clock.stamp(), centre.keys.test)
            institutions = [(one.institution, one.name) for one in scope.visible()]
            claims = scope.actor.may(Action.CLAIM_BOX)
            waiting = len(waiting_within(tx, scope)) if claims else 0
            boxless = claims and not (tx.knows_boxes(own) if _whole(scope) else _theirs(tx, scope))
        return page(
            request, centre, "overview.html", 422 if wrong else 200, o=overview_view(found, lang, dict(institutions)),
            wrong=wrong, waiting=waiting, boxless=boxless,
            l=list_view(listed, asked, lang, dict(institutions)), verdicts=_verdicts(lang), institutions=institutions,
            links=links, silent=silent and words(silent, lang), live=scope.actor.may(Action.LIVE),
            searches=scope.actor.may(Action.SEARCH),
            whole=_whole(scope))

    @routes.get("/search", Action.OVERVIEW)
    def sought(request: Request) -> Response:
        lang, text = lang_of(request), request.query_params.get("q", "").strip()[:100]
        if not text:
            return RedirectResponse("/", 303)
        actor = actor_of(request)
        people = actor.may(Action.SEARCH)
        if people:  # Whoever searches learns who is in which class, also where nobody is found.
            look(centre, request, "names", why=keys.asked(text))
        glance.catch_up()
        with centre.store.read() as tx:
            scope = scope_of(tx, actor)
            found = search(tx, wanted_of(scope), text, centre.store.device,
                           centre.clock.stamp().utc_us, centre.names if people else None, keys if people else None)
        local, names = LocalTime(CHINA_MIN, lang), {one.institution: one.name for one in scope.visible()}
        return page(request, centre, "search.html", found=found, searches=people,
                    lines=[line_view(one, local, names) for one in found.classes])

    @routes.get("/boxes", Action.OVERVIEW)
    def boxes(request: Request) -> Response:
        lang = lang_of(request)
        glance.catch_up()
        with centre.store.read() as tx:
            scope = scope_of(tx, actor_of(request))
            whole = _whole(scope)
            theirs = None if whole else _theirs(tx, scope)
            waiting = len(waiting_within(tx, scope))
            shown = [one for one in box_views(tx, centre.store.device, centre.clock.stamp().utc_us, lang)
                     if theirs is None or one.device in theirs]
            newest = {one.device: one for one in shown}
            states = {one.device: one for one in tx.box_states(1, newest.keys(), len(newest))}
            kept = tx.quarantined(SHOWN) if whole else []
            links = newest_records(tx, scope, {one.device for one in shown})
        desk: LiveDesk = request.app.state.live
        now_us = centre.clock.stamp().utc_us
        rooms = {one.device for one in desk.rooms.now() if scope.holds(one.institution) and one.is_near(now_us)}
        local = LocalTime(CHINA_MIN, lang)
        lines = [beside(one, states.get(one.device) if newest[one.device] is one else None, local) for one in shown]
        refused = [(refusal(error, lang), _why(refusal(error, lang), reason_words(error, said, lang)), times)
                   for error, said, times in kept]
        return page(request, centre, "boxes.html", boxes=lines, refused=refused, links=links, waiting=waiting,
                    claims=scope.actor.may(Action.CLAIM_BOX),
                    rooms=rooms if scope.actor.may(Action.LIVE) else ())

    return routes.router


def _why(kind: str, said: str) -> str:
    """The sentence of a refusal without its kind, which stands beside it."""
    return said.removeprefix(kind).lstrip(":： ") or said


def wanted_of(scope: Scope) -> Wanted:
    """The classes that somebody sees, as a condition for the database: those of `scope.holds`."""
    if scope.everything:
        return Wanted()
    if scope.actor.role == "institution":
        return Wanted(institutions=(scope.actor.scope or "",))
    return Wanted(institutions=tuple(one.institution for one in scope.visible()), nobodys=scope.nobodys)


def _whole(scope: Scope) -> bool:
    """Who sees all boxes, also those of no class, and what was refused: nobody can tell whose that was."""
    return scope.everything or (scope.actor.role == "auditor" and scope.nobodys)


def _theirs(tx: Tx, scope: Scope) -> set[str]:
    """The boxes of somebody who sees not all: of their classes, and those that were claimed for their institution."""
    return {*tx.boxes_wanted(wanted_of(scope)), *(one.device for one in claimed_within(tx, scope, "approved"))}


def newest_records(tx: Tx, scope: Scope, devices: Collection[str]) -> dict[str, Link]:
    """Device → its newest record, where the actor may see that."""
    found = {}
    for device in devices:
        heads = [head for head in tx.heads(device) if head.up_to >= 0]
        if not heads:
            continue
        sealed = tx.record(device, heads[-1].chain, heads[-1].up_to)
        if sealed is not None and holds_record(tx, scope, sealed):
            found[device] = link(sealed.record.key)
    return found


def _asked(request: Request) -> tuple[Asked, str]:
    """What the form asks for, and what of it is not understood: then nothing is asked for."""
    try:
        return asked_of(request.query_params), ""
    except BadFilter as error:
        return Asked(), words(error, lang_of(request))


def _verdicts(lang: str) -> list[tuple[str, str]]:
    return [(name, translate(said, lang)) for name, said in VERDICTS.items()]
