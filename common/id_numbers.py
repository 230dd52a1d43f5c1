"""Numbers of ID cards: GB 11643-1999 (18 characters, a date, a check character after ISO 7064 MOD 11-2). Pure."""
from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Literal

from common.texts import N_

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
FIRST_YEAR = 1900
Fault = Literal["wide", "old", "shape", "date", "check"]
WORDS: dict[Fault, str] = {
    "wide": N_("the ID number holds full-width characters (１２３); type them as 123"),
    "old": N_("the ID number is an old one of 15 digits; write the 18 characters of the present card"),
    "shape": N_("the ID number has not 18 characters (a spreadsheet may have rounded it: make the column text)"),
    "date": N_("the ID number holds a date of birth that cannot be"),
    "check": N_("the ID number is mistyped: its last character does not fit"),
}
"""None says the number: errors are printed and logged."""
_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)


def tidy(text: str) -> str:
    """A number as it is written in a list: without spaces, the check character upper case."""
    return "".join(text.split()).upper()


def fault(number: str, today: datetime.date) -> Fault | None:
    """What is wrong with a number: full-width characters, which look like the right ones; 15 digits, as cards of before
    2000 have them; not 18 characters; a date of birth that does not exist or is to come; a check character that does
    not fit, as when a digit was mistyped."""
    if not _SHAPE.fullmatch(number):
        plain = unicodedata.normalize("NFKC", number)
        if plain != number and _SHAPE.fullmatch(plain):
            return "wide"
        return "old" if re.fullmatch(r"[1-9][0-9]{14}", number, re.ASCII) else "shape"
    try:
        born = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "date"
    if born.year < FIRST_YEAR or born > today:
        return "date"
    return None if check_of(number[:17]) == number[17] else "check"


def check_of(digits: str) -> str:
    """The check character of 17 digits."""
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11]
