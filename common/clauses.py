"""Clauses for people who have no document at hand: its number written out, and what the place in it is about.

The words are ours, after the headings of what is ruled there; the clause itself stands beside a finding as it was
written. `evidence/policy.py` has the short form: 三 二(三)2, its first word a key of the policy's `documents`."""
from __future__ import annotations

from collections.abc import Mapping

from common.texts import N_, translate

OPENING = N_(
    "opening a class: size, teachers and workplaces, length and kinds of class-hours, who may attend, headcounts")
RUNNING = N_("while a class runs: video, check-in, inspections, make-up lessons, satisfaction, keeping the video")
CERTIFICATE = N_("courses for a certificate of completion, and supervision of all subsidised trainings")
ONLINE = N_("online lessons and their platform, and no training before the last one was assessed")
SYSTEM = N_("one system of the province: real names, supervision, subsidies")
AGREED = N_("make-up lessons, headcounts and the online share")
MATTERS: Mapping[str, str] = {
    "三 二(三)": CERTIFICATE, "三 二(三)1": OPENING, "三 二(三)2": RUNNING, "三 三(二)": ONLINE,
    "豫办 三(五)15": SYSTEM,
    "郑 二(四)": N_("supervision of trainings"),
    "郑 二(四)19": N_("how trainings are given: video, satisfaction, class-hours of certificate courses"),
    "郑 二(四)20(1)": N_("opening a class: size, teachers and workplaces, length and kinds of class-hours"),
    "郑 二(四)20(3)": ONLINE,
    "郑 二(四)21": AGREED,
}
"""What a place of a document is about (POLICY.md, sections 1, 3 and 5)."""
PLACED = N_("{document} {place} ({matter})")
AND = {"zh": "；", "en": "; "}


def clause_words(clause: str, documents: Mapping[str, str], lang: str) -> str:
    """One clause or several, parted by semicolons. `documents`: short name → document number, of the policy. A place
    that the table does not know stands without what it is about."""
    return AND[lang].join(_one(part.strip(), documents, lang) for part in clause.split(";") if part.strip())


def _one(clause: str, documents: Mapping[str, str], lang: str) -> str:
    short, _, place = clause.partition(" ")
    document, matter = documents.get(short, short), MATTERS.get(clause)
    if matter is None:
        return f"{document} {place}".strip()
    return translate(PLACED, lang, document=document, place=place, matter=translate(matter, lang))
