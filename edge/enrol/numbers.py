"""Numbers of ID cards: GB 11643-1999 (18 characters, a date, a check character after ISO 7064 MOD 11-2). Pure."""
from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Literal

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
FIRST_YEAR = 1900
Fault = Literal["wide", "shape", "date", "check"]
_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)


def tidy(text: str) -> str:
    """A number as it is written in a list: without spaces, the check character upper case."""
    return "".join(text.split()).upper()


def fault(number: str, today: datetime.date) -> Fault | None:
    """What is wrong with a number: full-width characters, which look like the right ones; not 18 characters; a date of
    birth that does not exist or is to come; a check character that does not fit, as when a digit was mistyped."""
    if not _SHAPE.fullmatch(number):
        plain = unicodedata.normalize("NFKC", number)
        return "wide" if plain != number and _SHAPE.fullmatch(plain) else "shape"
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
