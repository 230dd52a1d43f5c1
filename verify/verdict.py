"""The verdict: one sentence and the problems for people, one word and a status for programs."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from common.texts import N_, translate, words
from evidence.errors import VerificationError
from verify import missing
from verify.result import Result

HOLDS = N_("Whole: every seal, link and hash holds.")
FAILS_ONE = N_("Does not hold: 1 problem.")
FAILS = N_("Does not hold: {count} problems, the first broken thing first.")
MORE = N_("and {count} more like number {number}; --json names more of them")
UNPINNED = N_("What is here fits together, but no root was given (--root): anybody may have made it. Compare"
              " signer.root with what the authority publishes.")
BROKEN, INCOMPLETE = 1, 3
PRINTED, WRITTEN = 20, 1000
"""So many problems of one kind are printed, and written into the JSON: of a bag that lies in ruins nobody reads all."""


def status(result: Result) -> int:
    """The exit status: 0 whole, 1 something does not hold, 3 incomplete. It does not ask whether the signer is
    pinned."""
    return 0 if result.whole else INCOMPLETE if result.ok else BROKEN


def sentence(result: Result, lang: str) -> str:
    """In one line."""
    count = len(result.problems)
    if count == 1:
        return translate(FAILS_ONE, lang)
    if count:
        return translate(FAILS, lang, count=count)
    return missing.verdict(result.missing, lang) if result.missing else translate(HOLDS, lang)


def problems(result: Result, where: Callable[[object, object], str], lang: str) -> Iterator[str]:
    """One by one, as many of each kind as anybody reads. `where`: what a file shows, by its box and its name."""
    first: dict[type, int] = {}
    shown, more = _some(result.problems, PRINTED)
    for number, error in enumerate(shown, 1):
        first.setdefault(type(error), number)
        yield f"  {number}. {words(error, lang)}"
        if filmed := where(error.params.get("device"), error.params.get("file")):
            yield f"     {filmed}"
    for kind, count in more.items():
        yield f"  {translate(MORE, lang, count=count, number=first[kind])}"


def as_json(result: Result, lang: str) -> dict[str, Any]:
    """`verdict`: `whole`, `incomplete` or `broken`, with `_unpinned` behind the first two where no root was given;
    `meaning`: the same as a sentence; `problem_count`: of all problems, also of those that are not named."""
    pinned, holds = result.material.pinned, result.ok
    named = {0: "whole", INCOMPLETE: "incomplete", BROKEN: "broken"}[status(result)]
    unpinned = holds and not pinned
    return {
        "status": status(result),
        "verdict": f"{named}_unpinned" if unpinned else named,
        "meaning": " ".join([sentence(result, lang), *([translate(UNPINNED, lang)] if unpinned else [])]),
        "problems": [words(error, lang) for error in _some(result.problems, WRITTEN)[0]],
        "problem_count": len(result.problems),
    }


def _some(found: Sequence[VerificationError], most: int) -> tuple[list[VerificationError], Counter[type]]:
    """The first ones of each kind in their order, and how many more there are of it."""
    seen, more, kept = Counter[type](), Counter[type](), list[VerificationError]()
    for error in found:
        seen[type(error)] += 1
        if seen[type(error)] <= most:
            kept.append(error)
        else:
            more[type(error)] += 1
    return kept, more
