"""Who acts: an account with its role and scope; what names, roles and scopes are allowed."""
from __future__ import annotations

import dataclasses
import re

from central.accounts.actions import ROLES, Action, Role, may
from central.accounts.errors import BadAccountName, BadScope, NoSuchRole
from central.store.accounts import Kept
from common.texts import N_

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
REGION = re.compile(r"[1-9][0-9]{5}")
OF_REGION: frozenset[Role] = frozenset({"supervisor", "auditor"})


@dataclasses.dataclass(frozen=True)
class Actor:
    """Who asks for something. `scope`: a region of a supervisor or auditor, an institution of an institution's; None of
    an administrator. `form`: what a form of this person's session must hold; empty for a test or a command."""

    account: str
    role: Role
    scope: str | None
    form: str = dataclasses.field(default="", repr=False, compare=False)

    def may(self, action: Action) -> bool:
        """Whether this person may do this at all, somewhere."""
        return may(self.role, action)


def check_name(name: str) -> str:
    """The name of an account or an id of an institution. Raises BadAccountName."""
    if not NAME.fullmatch(name):
        raise BadAccountName(name=repr(name[:80]))
    return name


def check_role(role: str) -> Role:
    """One of the four. Raises NoSuchRole."""
    found = next((one for one in ROLES if one == role), None)
    if found is None:
        raise NoSuchRole(role=repr(role[:80]))
    return found


def check_scope(role: Role, scope: str | None) -> str | None:
    """The scope that a role has. Raises BadScope."""
    if role == "administrator":
        if scope:
            raise BadScope(why=N_("an administrator has no scope"))
        return None
    if role in OF_REGION and not REGION.fullmatch(scope or ""):
        raise BadScope(why=N_("this role needs a region of six digits, like 411200; 410000 is the whole province"))
    if role == "institution" and not NAME.fullmatch(scope or ""):
        raise BadScope(why=N_("this role needs the id of an institution"))
    return scope


def region_holds(region: str, place: str) -> bool:
    """Whether a region holds another one, or is it: 00 at the end of a code (GB/T 2260) means the whole."""
    while region.endswith("00"):
        region = region[:-2]
    return place.startswith(region)


def actor_of_account(kept: Kept, form: str = "") -> Actor:
    """The person behind an account."""
    return Actor(kept.name, kept.role, kept.scope, form)
