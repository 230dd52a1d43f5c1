"""Accounts, roles and scopes in words."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from central.accounts.actions import ROLES
from central.store.accounts import Kept
from common.texts import N_, translate
from evidence.bodies import Institution

ROLE_WORDS = {
    "supervisor": N_("supervisor"),
    "institution": N_("training institution"),
    "auditor": N_("auditor"),
    "administrator": N_("administrator"),
}
REGION, WHOLE, EVERYTHING = N_("region {region}"), N_("region {region} and all below it"), N_("everything")
DISABLED, NO_PASSWORD, READY = N_("disabled"), N_("no password yet"), N_("may log in")


@dataclasses.dataclass(frozen=True)
class PersonView:
    """An account as pages show it."""

    name: str
    role: str
    role_words: str
    scope: str
    scope_words: str
    state: str
    disabled: bool
    codes: bool


def person_view(kept: Kept, institutions: Mapping[str, Institution], lang: str) -> PersonView:
    """One account in words."""
    state = DISABLED if kept.disabled else NO_PASSWORD if kept.password is None else READY
    return PersonView(kept.name, kept.role, role_words(kept.role, lang), kept.scope or "",
                      scope_words(kept.role, kept.scope, institutions, lang), translate(state, lang), kept.disabled,
                      kept.totp is not None)


def role_words(role: str, lang: str) -> str:
    """What a role is called."""
    return translate(ROLE_WORDS[role], lang)


def scope_words(role: str, scope: str | None, institutions: Mapping[str, Institution], lang: str) -> str:
    """What an account reaches."""
    if scope is None:
        return translate(EVERYTHING, lang)
    if role == "institution":
        return f"{institutions[scope].name} ({scope})" if scope in institutions else scope
    return translate(WHOLE if scope.endswith("00") else REGION, lang, region=scope)


def roles_in_words(lang: str) -> dict[str, str]:
    """All roles, for a list to choose from."""
    return {role: role_words(role, lang) for role in ROLES}
