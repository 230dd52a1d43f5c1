"""The index of an archive on paper: what was found and decided, which video there is, how it is checked. No names."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from central.archive.ask import away_of
from central.archive.cli import away_words
from central.archive.derived import Film, Shown
from central.archive.progress import amount
from central.archive.removed import certified, removed_words
from central.chosen import Gone
from central.dossier.pdf import REASONS, environment, laid_out
from central.dossier.shape import Facts
from central.dossier.words import Words
from common.decisions import ANSWERS, OBJECTIONS
from evidence.blocks import day

TEMPLATES = Path(__file__).parent / "templates"
FILMS, SHOWN_HASH = 1000, 16
"""So many video files are printed; the rest stands in index.json. So many digits of each hash."""


@dataclasses.dataclass(frozen=True)
class Index:
    """What is printed. `export`: hash of the export record; `names`: whether the bag has a file of names; `films`: also
    those that it lacks."""

    facts: Facts
    export: str
    films: Sequence[Film]
    removed: Sequence[Gone]
    sheets: Sequence[Shown]
    names: bool


def index_pdf(index: Index, lang: str) -> bytes:
    """The file (PDF/UA-1). `lang`: zh or en."""
    return laid_out(index_html(index, lang))


def index_html(index: Index, lang: str) -> str:
    """What is laid out."""
    say, offset_min = Words(index.facts, lang), index.facts.head.utc_offset_min
    groups: dict[tuple[str, str, str], list[Film]] = {}
    here, missing = [one for one in index.films if one.lacking is None], [one for one in index.films if one.lacking]
    for film in here[:FILMS]:
        groups.setdefault((film.block or "", film.file.device, film.file.segment.camera), []).append(film)
    return environment(TEMPLATES).get_template("index.html").render(
        f=index.facts, head=index.facts.head, index=index, say=say, _=say, lang=lang, groups=sorted(groups.items()),
        films=here, more=max(0, len(here) - FILMS), most_reasons=REASONS, most_missing=FILMS,
        digits=SHOWN_HASH, objections=OBJECTIONS, answers=ANSWERS,
        removed=removed_words(certified(index.removed, offset_min), lang),
        missing=missing,
        away=away_words(away_of(dict.fromkeys(one.lacking for one in missing if one.lacking)), lang, offset_min),
        day=lambda one: day(one.by.utc_us, offset_min), size=amount(sum(one.file.segment.size for one in here)),
        verdict=next((one.verdict for one in index.facts.findings if one.verdict is not None), None))
