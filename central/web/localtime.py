"""Instants as the class's own wall clock shows them."""
from __future__ import annotations

import dataclasses
import datetime
import functools

from babel.dates import format_interval, format_skeleton

from common.reasons import date_words, moment_words, zone_words
from common.texts import N_, translate
from evidence.times import MINUTE, SECOND

DAY = 24 * 60 * MINUTE
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


@dataclasses.dataclass(frozen=True)
class LocalTime:
    """`offset_min`: minutes east of UTC; `lang`: zh or en."""

    offset_min: int
    lang: str

    def minute(self, us: int) -> int:
        """Minutes since local midnight."""
        return (us + self.offset_min * MINUTE) % DAY // MINUTE

    def day(self, us: int) -> str:
        """The local date, like 2026-03-02."""
        day = (us + self.offset_min * MINUTE) // DAY
        return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat()

    def date(self, us: int) -> str:
        """The local date in words."""
        return date_words(self.day(us), self.lang)

    def dates(self, first_us: int, last_us: int) -> str:
        """From one local date to another, what they share said once."""
        return span(self.day(first_us), self.day(last_us), self.lang)

    def short_date(self, us: int) -> str:
        """The local date without its year."""
        return _short(self.day(us), self.lang)

    def weekday(self, us: int) -> str:
        """The day of the week, short."""
        return translate(WEEKDAYS[datetime.date.fromisoformat(self.day(us)).weekday()], self.lang)

    def clock(self, us: int) -> str:
        """09:05."""
        minute = self.minute(us)
        return f"{minute // 60:02d}:{minute % 60:02d}"

    def seconds(self, us: int) -> str:
        """09:05:07."""
        return f"{self.clock(us)}:{us // SECOND % 60:02d}"

    def full(self, us: int) -> str:
        """Date and time to the second."""
        return moment_words(us, self.offset_min, self.lang)

    def exact(self, us: int) -> str:
        """The same with its zone, for a page that stands for itself."""
        return f"{self.full(us)} ({zone_words(self.offset_min)})"


@functools.lru_cache(maxsize=4096)  # as `date_words`
def _short(iso: str, lang: str) -> str:
    return format_skeleton("MMMd", datetime.date.fromisoformat(iso), locale="zh_CN" if lang == "zh" else "en")


@functools.lru_cache(maxsize=4096)
def span(first: str, last: str, lang: str) -> str:
    """Some days, like 2026-03-02, in words."""
    ends = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return str(format_interval(*ends, "yMMMd", locale="zh_CN" if lang == "zh" else "en"))
