"""Where the bar at the top of every page leads, for those who may go there."""
from __future__ import annotations

import dataclasses

from central.accounts.actions import Action
from central.accounts.people import Actor
from common.texts import N_, translate

NAV: tuple[tuple[str, str, Action], ...] = (
    ("/", N_("Classes"), Action.OVERVIEW),
    ("/wall", N_("Live inspection"), Action.LIVE),
    ("/boxes", N_("Boxes"), Action.OVERVIEW),
    ("/plans", N_("Class management"), Action.SEE_PLAN),
    ("/exports", N_("Exports"), Action.EXPORT),
    ("/keeping", N_("Keeping"), Action.KEEPING),
    ("/health", N_("Health"), Action.HEALTH),
    ("/institutions", N_("Institutions"), Action.INSTITUTIONS),
    ("/accounts", N_("Accounts"), Action.ACCOUNTS),
    ("/looks", N_("Looks into rooms"), Action.LOOKS),
    ("/audit", N_("Who looked"), Action.AUDIT),
)
"""Address, what it is called, what one must be allowed to do."""
BELOW = {"/": "/classes/", "/wall": "/live/"}
"""Where the pages below an address are, if not below it."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One of them. `here`: it is the page that is open, or one below it."""

    href: str
    text: str
    here: bool


def entries(me: Actor, path: str, lang: str) -> list[Entry]:
    """Those of one person."""
    return [Entry(href, translate(text, lang), _here(href, path)) for href, text, action in NAV if me.may(action)]


def _here(href: str, path: str) -> bool:
    below = BELOW.get(href, href + "/")
    return path == href or path.startswith(below)
