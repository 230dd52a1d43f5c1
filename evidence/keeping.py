"""Until when video is kept: whole years after a moment, on the class's own calendar."""
from __future__ import annotations

import datetime

from evidence.blocks import local
from evidence.times import MINUTE


def kept_until_us(end_us: int, utc_offset_min: int, years: int) -> int:
    """The same day and time on the class's own clock, so many years after `end_us` (29 February: 1 March)."""
    end = local(end_us, utc_offset_min)
    year = min(end.year + years, datetime.MAXYEAR)
    try:
        later = end.replace(year=year)
    except ValueError:
        later = end.replace(year=year, month=3, day=1)
    return end_us + (later - end).days * 24 * 60 * MINUTE
