"""What an export lacks, as it says itself: for people and for programs."""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from common.reasons import moment_words
from common.texts import N_, translate
from evidence.times import utc_us
from verify.material import Expected

INCOMPLETE = N_("Incomplete: video files that are not in it: {count}. The centre said so when it wrote it; why they are"
                " missing is its word alone. What is here holds: every seal, link and hash.")
HOW = {"away": N_("still at {device}, which the centre last heard {heard}: {count}"),
       "gone": N_("{device} does not have them any more (last heard {heard}): {count}"),
       "earlier": N_("of an earlier chain of {device}, of which it sends nothing (last heard {heard}): {count}"),
       "refused": N_("{device} refused to bring them (last heard {heard}): {count}")}
NEVER = N_("never")
MORE = N_("and {count} more; --json names all")
LISTED = 20
"""So many files are printed of each box; the JSON has all."""


def verdict(missing: Sequence[Expected], lang: str) -> str:
    """The sentence in place of that it is whole."""
    return translate(INCOMPLETE, lang, count=len(missing))


def sentences(
    missing: Sequence[Expected], where: Callable[[object, object], str], offset_min: int, lang: str,
) -> Iterator[str]:
    """Of each box why, and which files. `where`: what a file shows, by its box and its name; `offset_min`: of the
    clock of the class."""
    lacking = [(one, one.lacking) for one in missing if one.lacking is not None]
    for (device, _, why, utc), group in itertools.groupby(sorted(lacking, key=_cause), key=_cause):
        files = [one for one, _ in group]
        heard = moment_words(utc_us(utc), offset_min, lang) if utc else translate(NEVER, lang)
        yield f"  {translate(HOW[why], lang, device=device, heard=heard, count=len(files))}"
        yield from (f"     {one.segment.file} · {where(one.device, one.segment.file)}" for one in files[:LISTED])
        if len(files) > LISTED:
            yield f"     {translate(MORE, lang, count=len(files) - LISTED)}"


def as_json(missing: Sequence[Expected]) -> list[dict[str, Any]]:
    """The files one by one."""
    return [{"device": one.device, "chain": one.chain, "seq": one.seq, "file": one.segment.file,
             "why": one.lacking.why, "heard": one.lacking.heard} for one in missing if one.lacking is not None]


def _cause(pair: tuple[Expected, Any]) -> tuple[str, str, str, str]:
    one, lacking = pair
    return one.device, one.chain, lacking.why, lacking.heard or ""
