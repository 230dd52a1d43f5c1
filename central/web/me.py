"""The own record on a trainee's telephone: the link of a box opens it, for a quarter of an hour; there they object."""
from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.looks import state_own_look
from central.classes.objections import MAX_TEXT, raise_own_objection
from central.classes.own import own_record
from central.classes.stories import Stories, Told
from central.classes.survey import draw_ticket, may_draw, running
from central.classes.visits import VISIT_US, Visitor, Visits
from central.ingest.believed import Believed
from central.web.access import Public, Routes, field
from central.web.own_words import own_words
from central.web.render import lang_of, page
from central.web.signing_in import address
from central.wiring import Centre
from common.texts import N_, translate, words
from evidence.errors import BadInput
from evidence.times import SECOND

BOXES = Public("the address holds a link that a box signed for one trainee, who has no account", form=True)
VISITORS = Public("the cookie of a visit that such a link opened is asked for", form=True)
PATH = "/me"
DONE = N_("Your objection is on record. The supervising office answers it; you can read the answer here.")
LEFT = N_("Your visit is over"), N_("Nothing of your record is on this telephone any more.")


class VisitCookie:
    """The cookie of a visit: sent for the own record alone. `tls`: the console is served by TLS."""

    def __init__(self, tls: bool) -> None:
        self._tls, self.name = tls, "__Secure-zaitang-me" if tls else "zaitang-me"

    def read(self, request: Request) -> str | None:
        """What it holds."""
        return request.cookies.get(self.name)

    def give(self, response: Response, token: str) -> None:
        """Let the telephone keep it for as long as a visit lasts."""
        response.set_cookie(self.name, token, path=PATH, secure=self._tls, httponly=True, samesite="lax",
                            max_age=VISIT_US // SECOND)

    def take(self, response: Response) -> None:
        """Let the telephone forget it."""
        response.delete_cookie(self.name, path=PATH, secure=self._tls, httponly=True, samesite="lax")


def me(centre: Centre, stories: Stories) -> APIRouter:
    """Routes of trainees."""
    routes = Routes(centre.store.device, PATH, default_response_class=HTMLResponse)
    visits = Visits(centre.store, centre.clock, Believed(centre.store, centre.keyring()))
    cookie = VisitCookie(centre.config.web.tls)

    def visitor(request: Request) -> Visitor:
        return visits.visitor(cookie.read(request))

    # Apps that scan a code may fetch its address before anybody sees the page: only a press opens the record.
    @routes.get("/open/{token}", BOXES)
    def ask(request: Request, token: str) -> Response:
        return page(request, centre, "me_open.html", order=visits.look(token, address(request)))

    @routes.post("/open/{token}", BOXES)
    def enter(request: Request, token: str) -> Response:
        entered = visits.open(token, address(request))
        response = RedirectResponse(PATH, 303)
        cookie.give(response, entered)
        return response

    @routes.get("", VISITORS)
    def show(request: Request) -> Response:
        return _record(request, centre, stories, visitor(request))

    @routes.post("/objections", VISITORS)
    def objects(request: Request) -> Response:
        who, text = visitor(request), field(request, "text")
        try:
            raise_own_objection(centre.store, who.class_id, who.person, text, centre.clock.stamp().utc_us)
        except BadInput as error:
            return _record(request, centre, stories, who, words(error, lang_of(request)), text[:MAX_TEXT])
        return RedirectResponse(f"{PATH}?done=objection#objections", 303)

    @routes.post("/survey", VISITORS)
    def survey(request: Request) -> Response:
        who = visitor(request)
        ticket = draw_ticket(centre.store, stories.tell(who.class_id), who.person, centre.clock.stamp().utc_us)
        return RedirectResponse(f"/survey/{ticket}", 303)

    @routes.post("/leave", VISITORS)
    def leave(request: Request) -> Response:
        visits.leave(cookie.read(request))
        response = page(request, centre, "said.html", title=LEFT[0], text=LEFT[1])
        cookie.take(response)
        return response

    return routes.router


def _record(
    request: Request, centre: Centre, stories: Stories, who: Visitor, error: str = "", text: str = "",
) -> Response:
    """That the trainee looks is on record before anything is shown."""
    state_own_look(centre.store, who.class_id, who.person, centre.clock.stamp().utc_us)
    told, lang = stories.tell(who.class_id), lang_of(request)
    own = own_record(told, who.person)
    done = translate(DONE, lang) if request.query_params.get("done") == "objection" and not error else ""
    return page(request, centre, "me.html", 422 if error else 200, own=own, w=own_words(own, lang), error=error,
                text=text, done=done, most=MAX_TEXT, **_mine(centre, told, who))


def _mine(centre: Centre, told: Told, who: Visitor) -> dict[str, Any]:
    """The own name, and whether a survey waits for an answer."""
    now_us = centre.clock.stamp().utc_us
    survey = running(centre.store, who.class_id, now_us)
    with centre.store.read() as tx:
        sealed = tx.sealed_names(who.class_id).get(who.person)
        named = {} if sealed is None else centre.names.open_all(who.class_id, {who.person: sealed})
        asked = survey is not None and may_draw(tx, told, survey, who.person)
    return {"name": named[who.person].name if who.person in named else "", "asked": asked,
            "minutes": max(1, (who.until_us - now_us) // (60 * SECOND))}
