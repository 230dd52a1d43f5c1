"""Consent to the use of the face: the text that is shown, until when a face is kept, and what was said last. Pure.

The text follows PIPL 2021 (articles 17, 29, 30, 47) and the measures on facial recognition in force since 2025-06-01:
separate consent, who, what for, which data, how long, the right to refuse and to withdraw, and a way without the face.
"""
from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from typing import Literal

from common.texts import N_, translate
from evidence.blocks import local
from evidence.bodies import ClassOrder, Consent, ConsentWithdrawn, body_of
from evidence.records import Record, Sealed
from evidence.times import utc_text, utc_us

KEPT_DAYS = 30
"""*Ours*: so long after the last class-hour the recordings of a class may still have to be looked through."""
DAY_US = 86_400_000_000

TITLE = N_("Consent to the use of your face")
PARAGRAPHS = (
    N_("Who: {who}. Contact: {contact}. The office that supervises the training sees the results."),
    N_("What for: only to check you in to the class “{title}” and to see in its recordings that you were there."),
    N_("Which data: one picture of your face, numbers computed from your pictures, and small pictures of your face "
       "from the recordings of this class. They are sensitive personal information. They stay on this box, encrypted, "
       "and go nowhere else without a separate order and your consent."),
    N_("The office that supervises the training may order a sheet of one recording with these pictures (not the "
       "numbers), to decide who was there. It goes to that office encrypted, for nobody else to read, and is deleted "
       "there after 30 days at the latest. By consenting you agree to that, too."),
    N_("How long: until {until} at the latest, then they are erased. That you were in the class stays recorded."),
    N_("You may refuse, and you may withdraw your consent at any time, here or with the staff. Your face data are then "
       "used no more, and erased at once; while the class is disputed, as soon as that is over. Nothing is held "
       "against you."),
    N_("Without your face you sign in with a number of your own (PIN) that the instructor confirms."),
)
WHO = N_("the institution that runs this class")
CONTACT = N_("the staff in this room")


@dataclasses.dataclass(frozen=True)
class Shown:
    """The text as a person saw it. `text`: its paragraphs, each on a line, the title first."""

    text: str
    lang: Literal["zh", "en"]
    until: str

    @property
    def sha256(self) -> str:
        """Of the text in UTF-8: what the record holds."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def said(self, class_id: str, person: str, given: bool, by: Literal["terminal", "paper"] = "terminal") -> Consent:
        """The record of what was said to it."""
        until = self.until if given else None
        return Consent(class_id, person, given, self.sha256, self.lang, until, by, sheets=given)


def consent_text(order: ClassOrder, who: str, contact: str, lang: Literal["zh", "en"]) -> Shown:
    """The text for a class. `who`, `contact`: of the institution, as box.toml names it; may be empty."""
    until = kept_until(order)
    day = f"{local(utc_us(until), order.utc_offset_min):%Y-%m-%d}"
    facts = {
        "who": who or translate(WHO, lang), "contact": contact or translate(CONTACT, lang), "title": order.title,
        "until": day,
    }
    lines = [translate(TITLE, lang), *(translate(text, lang).format_map(facts) for text in PARAGRAPHS)]
    return Shown("\n".join(lines), lang, until)


def kept_until(order: ClassOrder) -> str:
    """When the purpose of a face is over: KEPT_DAYS after the last class-hour of the plan (utc)."""
    last = max((hour.end for hour in order.hours), default=utc_text(0))
    return utc_text(utc_us(last) + KEPT_DAYS * DAY_US)


@dataclasses.dataclass(frozen=True)
class Standing:
    """What a person said last. `consent`: payload hash of the consent that holds; None after a refusal or withdrawal.
    `until`: of the newest consent. `record`: the one that said it. `sheets`: the text said that sheets with the face go
    to the centre when that orders one."""

    said: Literal["given", "refused", "withdrawn"]
    consent: str | None
    until: str | None
    record: Record
    sheets: bool = False


def standings(records: Iterable[Sealed], class_id: str) -> dict[str, Standing]:
    """What everybody of a class said last. `records`: the consents and withdrawals of one chain, in any order."""
    found: dict[str, Standing] = {}
    for sealed in sorted(records, key=lambda one: one.record.seq):
        body = body_of(sealed.record)
        if isinstance(body, Consent) and body.class_id == class_id:
            said: Literal["given", "refused"] = "given" if body.given else "refused"
            found[body.person] = Standing(said, sealed.hash if body.given else None, body.until, sealed.record,
                                          body.given and body.sheets)
        elif isinstance(body, ConsentWithdrawn) and body.class_id == class_id:
            found[body.person] = Standing("withdrawn", None, None, sealed.record)
    return found
