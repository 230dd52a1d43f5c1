"""Instants as whole microseconds since 1970-01-01 UTC, and their one spelling in records: RFC 3339, microseconds, Z."""
from __future__ import annotations

import datetime
import functools
import re

from evidence.errors import BadRecord

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
NEVER_US = 1 << 62
"""Nobody knows until when."""
UTC_PATTERN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
_SPELLED = re.compile(UTC_PATTERN, re.ASCII)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def utc_text(utc_us: int) -> str:
    """RFC 3339 with microseconds and Z. Raises BadRecord outside the years 1 to 9999."""
    try:
        moment = _EPOCH + datetime.timedelta(microseconds=utc_us)
    except OverflowError:
        raise BadRecord(why="a time outside the calendar") from None
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def is_utc(text: str) -> bool:
    """Whether a text is in the one spelling and a real instant."""
    try:
        utc_us(text)
    except BadRecord:
        return False
    return True


@functools.lru_cache(maxsize=1024)  # whoever reads a record asks for its time again and again
def utc_us(text: str) -> int:
    """Microseconds since the epoch. Raises BadRecord unless the text is in the one spelling and a real instant."""
    if not _SPELLED.fullmatch(text):
        raise BadRecord(why=f"{text!r:.40} is not a UTC time with microseconds and Z")
    try:
        moment = datetime.datetime.fromisoformat(text)
        if text[11:13] == "24":
            raise ValueError
    except ValueError:
        raise BadRecord(why=f"{text} is not a real date") from None
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)
