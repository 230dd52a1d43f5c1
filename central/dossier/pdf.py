"""The dossier as PDF: the template filled with the facts, laid out by WeasyPrint. Nothing is fetched, from anywhere;
the same facts give the same bytes."""
from __future__ import annotations

import functools
import hashlib
import logging
from pathlib import Path
from typing import Any, NoReturn

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import HTML
from weasyprint.urls import URLFetcher

from central.classes.inspections import KINDS
from central.dossier.charts import cell, coverage, heat_maps
from central.dossier.proof import code_text
from central.dossier.shape import Facts, Inspection
from central.dossier.text import clean
from central.dossier.words import COVERAGE, ENTRIES, MARKS, Words
from common.decisions import ANSWERS, OBJECTIONS
from evidence.blocks import local
from evidence.times import utc_text

TEMPLATES = Path(__file__).parent / "templates"
REASONS, RECORDS, GAPS = 40, 6, 12
"""So many are printed of one finding, or class-hour; the rest is counted, and stands in the XLSX and the JSON."""
TRAINEES, HOURS, RECORDINGS = 160, 1000, 250
"""So many rows of each table are printed; a class has 80 trainees at most. The rest is counted in the same words."""
SMALL, FEW = 16, 12
"""Tables of so many rows, findings with so many reasons stay on one page."""
INSPECTIONS = 2
"""So many places the form has for inspections while the class ran."""


class Nothing(URLFetcher):  # type: ignore[misc]
    """Fetches nothing: a dossier is made of its facts alone."""

    def fetch(self, url: str, headers: Any = None) -> NoReturn:
        raise ValueError(f"a dossier fetches nothing: {url[:80]}")


def pdf(facts: Facts, lang: str) -> bytes:
    """The file (PDF/UA-1). `lang`: zh or en."""
    return laid_out(html(facts, lang))


def laid_out(text: str) -> bytes:
    """A whole page of HTML as PDF/UA-1; the same text gives the same bytes."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of fonts, and of what it was told not to fetch
    identifier = hashlib.sha256(text.encode()).digest()[:16]
    done = HTML(string=text, url_fetcher=Nothing()).write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    assert isinstance(done, bytes)
    return done


def html(facts: Facts, lang: str) -> str:
    """What is laid out."""
    say = Words(facts, lang)
    trainees, hours, recordings = facts.trainees[:TRAINEES], facts.hours[:HOURS], facts.recordings[:RECORDINGS]
    labels = [_label(facts, say, one.start_us) for one in recordings]
    return environment().get_template("dossier.html").render(
        f=facts, head=facts.head, say=say, _=say, lang=lang, made=utc_text(facts.head.as_of_us)[:19] + "Z",
        code=code_text(facts), qr=_qr(facts, say),
        marks=MARKS, cell=lambda mark: cell(mark, 0, 0), kinds=COVERAGE, entries=ENTRIES, objections=OBJECTIONS,
        answers=ANSWERS, inspected=KINDS,
        heat_maps=heat_maps(trainees, labels),
        coverage=coverage(hours, lambda hour: say.local.short_date(hour.start_us)),
        during=_during(facts), opened=_opened(facts), verdict=_verdict(facts), limits=(REASONS, RECORDS, GAPS),
        trainees=trainees, hours=hours, recordings=recordings, small=SMALL, few=FEW,
        judged=[one for one in facts.findings if one.finding.result != "not_recorded"],
        silent=[one for one in facts.findings if one.finding.result == "not_recorded"],
    )


@functools.cache
def environment(*more: Path) -> Environment:
    """Every text is escaped, and cleaned of what cannot be seen; a name that a template misspells is an error. `more`:
    folders of other templates."""
    return Environment(
        loader=FileSystemLoader([*more, TEMPLATES]), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=lambda value: clean(value) if type(value) is str else value)


def _qr(facts: Facts, say: Words) -> str:
    made = segno.make(code_text(facts), error="m", boost_error=False)
    return str(made.svg_inline(border=4, omitsize=True, title=say("Code that ties this paper to the centre's tree")))


def _label(facts: Facts, say: Words, us: int) -> str:
    half = say("a.m.") if local(us, facts.head.utc_offset_min).hour < 12 else say("p.m.")
    return f"{say.local.day(us)[5:]} {half}"


def _opened(facts: Facts) -> Inspection | None:
    """The inspection of the opening, or another one of its day, if there was one."""
    stated = next((one for one in facts.inspections if one.kind == "opening"), None)
    if stated is not None:
        return stated
    if facts.opening is None:
        return None
    day = local(facts.opening.start_us, facts.head.utc_offset_min).date()
    return next((one for one in facts.inspections
                 if local(one.at_us, facts.head.utc_offset_min).date() == day), None)


def _during(facts: Facts) -> list[Inspection | None]:
    """What the form shows of inspections while the class ran; empty places are None."""
    later: list[Inspection | None] = [one for one in facts.inspections if one is not _opened(facts)]
    return (later + [None] * INSPECTIONS)[: max(INSPECTIONS, len(later))]


def _verdict(facts: Facts) -> str | None:
    return next((one.verdict for one in facts.findings if one.verdict is not None), None)
