"""Which mails of alarms an account wants: the page where that is chosen, where an address is confirmed by the code that
was sent to it, and where it ends."""
from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.accounts.actions import Action
from central.mail.addresses import LEVELS
from central.mail.confirm import ask, confirm, waited_for
from central.mail.moved import tell_if_moved
from central.web.access import Routes, actor_of, field
from central.web.render import lang_of, page
from central.wiring import Centre
from common.texts import LANGS, N_, translate, words
from evidence.errors import BadInput

LEVEL_WORDS = {
    "none": N_("None"), "urgent": N_("Only what needs somebody now"),
    "all": N_("What needs somebody now, and once a day the rest"),
}
LANGUAGES = {"zh": "中文", "en": "English"}
DONE = {
    "saved": N_("It is saved."), "sent": N_("A code is on its way to the address."),
    "confirmed": N_("The address is confirmed: alarms come there from now on."),
}
NONE = N_("You get no mail.")
WANTED = N_("{level}, to {address}.")
WAITS = N_("{address} waits for its code.")
MOST_CODE = 20
"""Characters of what is typed as a code."""
NO_SERVER = N_("This centre sends no mail yet: centre.toml names no server ([mail]).")


def own_alarms(centre: Centre) -> APIRouter:
    """Its routes."""
    routes = Routes(centre.store.device, default_response_class=HTMLResponse)

    @routes.get("/own/alarms", Action.OWN)
    def show(request: Request) -> Response:
        done = DONE.get(request.query_params.get("done", ""), "")
        return _page(request, centre, done=translate(done, lang_of(request)))

    @routes.post("/own/alarms", Action.OWN)
    def save(request: Request) -> Response:
        level, address = field(request, "level"), field(request, "address").strip()
        lang, actor, now_us = field(request, "lang"), actor_of(request), centre.clock.stamp().utc_us
        try:
            with centre.store.write() as tx:
                before = tx.want(actor.account)
                sent = ask(tx, centre.config, actor.account, address, level,
                           lang if lang in LANGS else lang_of(request), now_us)
                tell_if_moved(centre.store, tx, centre.config, actor, before, now_us)
        except BadInput as error:
            return _page(request, centre, words(error, lang_of(request)), chosen=(level, address[:254], lang))
        return RedirectResponse(f"/own/alarms?done={'sent' if sent else 'saved'}", 303)

    @routes.post("/own/alarms/code", Action.OWN)
    def code(request: Request) -> Response:
        typed = "".join(field(request, "code")[:MOST_CODE].split())
        actor, now_us = actor_of(request), centre.clock.stamp().utc_us
        with centre.store.write() as tx:
            before = tx.want(actor.account)
            wrong = confirm(tx, actor.account, typed, now_us)
            tell_if_moved(centre.store, tx, centre.config, actor, before, now_us)
        if wrong is not None:
            return _page(request, centre, words(wrong, lang_of(request)))
        return RedirectResponse("/own/alarms?done=confirmed", 303)

    return routes.router


def mails_in_words(centre: Centre, account: str, lang: str) -> str:
    """What an account gets."""
    with centre.store.read() as tx:
        want, asked = tx.want(account), waited_for(tx, account, centre.clock.stamp().utc_us)
    said = translate(NONE, lang) if want is None else translate(
        WANTED, lang, level=translate(LEVEL_WORDS[want.level], lang), address=want.address)
    return said if asked is None else f"{said} {translate(WAITS, lang, address=asked.address)}"


def _page(
    request: Request, centre: Centre, error: str = "", done: str = "", chosen: tuple[str, str, str] | None = None,
) -> Response:
    lang = lang_of(request)
    with centre.store.read() as tx:
        account = actor_of(request).account
        want, asked = tx.want(account), waited_for(tx, account, centre.clock.stamp().utc_us)
    newest = asked or want
    level, address, in_lang = chosen or (
        ("none", "", lang) if newest is None else (newest.level, newest.address, newest.lang))
    return page(
        request, centre, "own_alarms.html", 422 if error else 200, error=error, done=done, level=level,
        address=address, in_lang=in_lang, languages=LANGUAGES, asked=asked, want=want,
        levels=[(one, translate(LEVEL_WORDS[one], lang)) for one in LEVELS],
        unsent="" if centre.config.mail.host else translate(NO_SERVER, lang))
