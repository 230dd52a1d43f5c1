"""Many classes at once for another system: chosen by day, institution, region; what is there already and says the same
is skipped, so that a run that was ended is simply run again."""
from __future__ import annotations

import csv
import dataclasses
import datetime
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from central.accounts.people import REGION, region_holds
from central.classes.institutions import institutions_of
from central.classes.orders import latest_orders
from central.dossier.document import FORMAT
from central.dossier.errors import BadPeriod
from central.dossier.facts import facts_hash
from central.dossier.gather import gather
from central.dossier.made import put, rendered, state_made
from central.dossier.shape import Facts
from central.dossier.write import sweep
from central.errors import BadRegion, CannotWrite
from central.wiring import Centre
from evidence.blocks import local
from evidence.bodies import ClassOrder, Institution
from evidence.errors import ZaitangError
from evidence.times import utc_us

HASH = "facts_sha256"
MOST_BYTES = 1 << 28
"""No earlier file that is larger is read; it is written anew."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which classes. `region`: six digits, trailing pairs of zeros hold all below; `since`, `until`: days of the
    class's own clock, both included; a class is wanted if any class-hour lies within."""

    institution: str | None = None
    region: str | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    def takes(self, order: ClassOrder, institutions: Mapping[str, Institution]) -> bool:
        """Whether a class is wanted. `institutions`: those on record, by id."""
        if self.institution is not None and order.institution != self.institution:
            return False
        known = institutions.get(order.institution or "")
        if self.region is not None and (known is None or not region_holds(self.region, known.region)):
            return False
        if self.since is None and self.until is None:
            return True
        days = [local(utc_us(hour.start), order.utc_offset_min).date() for hour in order.hours]
        first, last = self.since or datetime.date.min, self.until or datetime.date.max
        return any(first <= day <= last for day in days)


def wanted(institution: str | None, region: str | None, since: str | None, until: str | None) -> Wanted:
    """What a command line asks for. Raises BadRegion, BadPeriod."""
    if region is not None and not REGION.fullmatch(region):
        raise BadRegion(region=repr(region[:80]))
    first, last = _day(since), _day(until)
    if first is not None and last is not None and last < first:
        raise BadPeriod(value=until)
    return Wanted(institution, region, first, last)


@dataclasses.dataclass(frozen=True)
class Done:
    """What came of one class: written, skipped, or why not."""

    class_id: str
    what: str
    error: ZaitangError | None = None


def chosen(centre: Centre, want: Wanted) -> list[str]:
    """The classes that are wanted, by id."""
    with centre.store.read() as tx:
        known = institutions_of(tx)
        return [class_id for class_id, (_, order) in latest_orders(tx).items() if want.takes(order, known)]


def export_all(centre: Centre, classes: list[str], target: Path, kind: str, lang: str) -> Iterator[Done]:
    """Write a file (`json`) or a folder (`csv`) for each of these classes into `target`, all as of one checkpoint. One
    that cannot be told or written does not stop the others.

    Raises CannotWrite where nothing can be written at all; ClockNotSet, ClockBehind, TreeDamaged."""
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(path=target, why=error.strerror) from None
    sweep(target)
    stated = centre.checkpoint()
    for class_id in classes:
        try:
            facts = gather(centre, class_id, stated)
            yield Done(class_id, _one(centre, facts, target, kind, lang))
        except ZaitangError as error:
            yield Done(class_id, "failed", error)


def _one(centre: Centre, facts: Facts, target: Path, kind: str, lang: str) -> str:
    path = target / (f"{facts.head.class_id}.json" if kind == "json" else facts.head.class_id)
    read: Callable[[Path], Any] = earlier_json if kind == "json" else earlier_csv
    if read(path) == (facts_hash(facts), lang):
        return "skipped"
    made = rendered(facts, ".json" if kind == "json" else "", lang)
    state_made(centre, facts)
    put(path, made)
    return "written"


def earlier_json(path: Path) -> tuple[str, str] | None:
    """Which facts an earlier file is of, and in which language; None if it is no such file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        found = json.loads(path.read_bytes())
        return (found[HASH], found["lang"]) if found["format"] == FORMAT else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def earlier_csv(path: Path) -> tuple[str, str] | None:
    """The same of a folder."""
    try:
        with (path / "class.csv").open(encoding="utf-8-sig", newline="") as file:
            found = {row[0]: row[1] for row, _ in zip(csv.reader(file), range(200), strict=False) if len(row) == 2}
        return (found[HASH], found["lang"]) if found["format"] == FORMAT else None
    except (OSError, ValueError, LookupError, csv.Error):
        return None


def _day(text: str | None) -> datetime.date | None:
    if text is None:
        return None
    try:
        return datetime.date.fromisoformat(text) if _DAY.fullmatch(text) else _bad(text)
    except ValueError:
        return _bad(text)


def _bad(text: str) -> datetime.date:
    raise BadPeriod(value=text)
