"""What is said of one thing that may ail: whether it is well, and what to do where it is not. Pure."""
from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from common.texts import N_, translate

State = Literal["good", "look", "bad", "untold"]
"""`look`: somebody should look at it in the next days; `untold`: this machine does not tell."""
STATES: Mapping[State, str] = {
    "good": N_("well"), "look": N_("look at it"), "bad": N_("mend it"), "untold": N_("not told")}
NEED: Sequence[State] = ("bad", "look", "untold", "good")
"""In which order a person in a hurry reads them."""
WHOLE: Mapping[State, str] = {
    "bad": N_("Something is to mend"), "look": N_("Somebody should look at it in the next days"),
    "good": N_("All is well")}
"""Of all things together, by the worst of them."""
LINE = N_("[{state}] {about}: {said}")
Mark = Literal["plain", "code", "name"]
MARKED = re.compile(r"(`[^`]+`|\*[^*]+\*)")
IN_WORDS = frozenset({"why", "what"})
UNLOOKED = N_("it cannot be looked at: {why}")


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing. `says`, `todo`: sentences of the catalogue with `params`; nothing is to do where `todo` is empty. What
    another part said stands in `params` by language, as a mapping."""

    about: str
    state: State
    says: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)
    todo: str = ""


@dataclasses.dataclass(frozen=True)
class Shown:
    """A check in one language. `word`: that of its state."""

    state: State
    word: str
    about: str
    said: str
    todo: str


def shown(check: Check, lang: str) -> Shown:
    """One thing in words. A sentence of the catalogue as one of `IN_WORDS` is told in the same language; what else
    stands in `params` may be part of a command."""
    params = {key: _inner(key, value, lang) for key, value in check.params.items()}
    todo = translate(check.todo, lang, **params) if check.todo else ""
    return Shown(check.state, translate(STATES[check.state], lang), translate(check.about, lang),
                 translate(check.says, lang, **params), todo)


def marked(text: str) -> list[tuple[Mark, str]]:
    """A sentence for a page, cut where a command stands in it (`so`), or the name of another thing (*so*)."""
    parts = [one for one in MARKED.split(text) if one]
    return [("code", one[1:-1]) if one[0] == "`" and one[-1] == "`" and len(one) > 2 else
            ("name", one[1:-1]) if one[0] == "*" and one[-1] == "*" and len(one) > 2 else ("plain", one)
            for one in parts]


def lines(check: Check, lang: str) -> list[str]:
    """The same for a terminal."""
    one = shown(check, lang)
    told = [translate(LINE, lang, state=one.word, about=one.about, said=one.said)]
    return [*told, "    → " + one.todo] if one.todo else told


def report(checks: Sequence[Check], for_programs: bool, lang: str) -> str:
    """All of them for a terminal, what is to mend first; or as JSON, as they come."""
    if for_programs:
        return json.dumps([dataclasses.asdict(one) for one in checks], ensure_ascii=False, indent=1)
    return "\n".join(line for check in by_need(checks) for line in lines(check, lang))


def failed(about: str, why: Mapping[str, str]) -> Check:
    """What could not be looked at; `why`: by language."""
    return Check(about, "bad", UNLOOKED, {"why": why}, N_("mend what it says"))


def worst(checks: Sequence[Check]) -> State:
    """`bad` before `look` before `good`."""
    found = {one.state for one in checks}
    return "bad" if "bad" in found else "look" if "look" in found else "good"


def by_need(checks: Sequence[Check]) -> list[Check]:
    """What is to mend first."""
    return sorted(checks, key=lambda one: NEED.index(one.state))


def _inner(key: str, value: object, lang: str) -> object:
    if isinstance(value, Mapping):
        return value[lang]
    return translate(value, lang) if isinstance(value, str) and key in IN_WORDS else value
