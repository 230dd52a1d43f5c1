"""Why a message was refused, from the English sentence that quarantine keeps with it, in the reader's language."""
from __future__ import annotations

import functools
import string
from collections.abc import Mapping

from common.texts import TYPED, translate
from evidence.errors import ZaitangError

MOST = 2_000
"""Characters of a sentence that are looked at: what stands in it came from outside."""
DEEP = 5
"""So many errors may stand in each other."""
OURS = ("central", "common", "evidence")
LEAST = 4
"""Characters of its own that a text has at least, to be known within another one."""


def reason_words(error: str, said: str, lang: str) -> str:
    """The sentence of an error in `lang`. `error`: the name of its class; `said`: its sentence in English, which stays
    as it is where no text of that name made it."""
    kinds = _kinds()
    return said if lang == "en" or error not in kinds else _told(kinds[error], said[:MOST], lang, DEEP) or said


def _told(text: str, said: str, lang: str, deep: int) -> str | None:
    """`said` in `lang`, if `text` with any parameters gives it."""
    params = parameters(text, said)
    if params is None:
        return None
    return translate(text, lang, **{name: value if name in TYPED else _inner(value, lang, deep)
                                    for name, value in params.items()})


def _inner(said: str, lang: str, deep: int) -> str:
    """A parameter: a text of the catalogue, another error's sentence, or what somebody wrote."""
    known = translate(said, lang)
    if known != said or not deep or " " not in said:
        return known
    found = (_told(text, said, lang, deep - 1) for text in _whys())
    return next((one for one in found if one is not None), said)


def parameters(text: str, said: str) -> dict[str, str] | None:
    """The parameters with which a format string gives a sentence; None where none do. What stands between two of them
    is looked for from the left, so a parameter never holds it; of time as long as the sentence."""
    found: dict[str, str] = {}
    parts = list(string.Formatter().parse(text))
    head = parts[0][0] if parts else ""
    if not said.startswith(head):
        return None
    at = len(head)
    for number, (_, name, _, _) in enumerate(parts):
        if name is None:
            continue
        behind = parts[number + 1][0] if number + 1 < len(parts) else ""
        last = number + 1 == len(parts) or (number + 2 == len(parts) and parts[number + 1][1] is None)
        end = len(said) - len(behind) if last else said.find(behind, at)
        if end < at or not said.startswith(behind, end) or found.get(name, said[at:end]) != said[at:end]:
            return None
        found[name], at = said[at:end], end + len(behind)
    return found if at == len(said) else None


@functools.cache
def _kinds() -> Mapping[str, str]:
    """Name → text of every error that a centre can raise, whatever else is loaded beside it."""
    found, todo = dict[str, str](), [ZaitangError]
    while todo:
        kind = todo.pop()
        if kind.__module__.partition(".")[0] in OURS:
            found[kind.__name__] = kind.text
        todo += kind.__subclasses__()
    return found


@functools.cache
def _whys() -> tuple[str, ...]:
    """Texts of errors that may stand in another one's sentence, first those that say most by themselves."""
    texts = {text for text in _kinds().values() if len(_plain(text)) >= LEAST}
    return tuple(sorted(texts, key=lambda text: (-len(_plain(text)), text)))


def _plain(text: str) -> str:
    """What of a text is no parameter."""
    return "".join(part for part, *_ in string.Formatter().parse(text))
