"""Contact sheets that the centre ordered: which are to be made, which may lie here and be sent, and where they lie.

The chain says it all: an order that was accepted (`order.answered`), the sheet that was made for it (`sheet`), the end
of a consent. Nothing else remembers it, so a kill at any moment changes nothing.
"""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator
from pathlib import Path

from edge.box_orders import answers
from edge.enrol.errors import NoSuchClass
from edge.rollcall.errors import NoSuchBlock
from edge.rollcall.near import near
from edge.storage.files import drop, make_folder, replace
from edge.store import Store
from evidence.bodies import Alarm, body_of
from evidence.box_orders import BoxOrder, WantedSheet, Why, sheet_refusal
from evidence.records import Sealed
from evidence.sheets import TYPES, Stated, erased, stated
from evidence.times import utc_us

FOLDER, ENDING = "sheets", ".sealed"
UNMADE = "sheet.unmade"
"""The alarm that a sheet could not be made: it is not tried again."""


@dataclasses.dataclass(frozen=True)
class Ordered:
    """A sheet that an accepted order wants. `order`: payload hash; `until_us`: the end of the order, UTC."""

    order: str
    wanted: WantedSheet
    until_us: int


class SheetFiles:
    """The sealed files, by their SHA-256: `folder`/sheets/<sha256>.sealed. This box cannot open them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def path(self, sha256: str) -> Path:
        """Where a sheet lies, or would."""
        return self._folder / f"{sha256}{ENDING}"

    def put(self, sha256: str, data: bytes) -> None:
        """Keep a sheet, durably. Raises OSError."""
        make_folder(self._folder)
        replace(self.path(sha256), data)

    def keep(self, sheets: Collection[str]) -> None:
        """Remove everything but these, durably. Raises OSError."""
        names = {self.path(sha256).name for sha256 in sheets}
        for path in self.all():
            if path.name not in names:
                drop(path)

    def all(self) -> list[Path]:
        """What lies there, half files of a kill among it."""
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []


def why_no_sheet(store: Store, wanted: WantedSheet, now_us: int | None) -> Why:
    """Why this box makes no such sheet; empty where it does. `now_us`: as `known_us` says. Raises StoreBusy."""
    try:
        block = near(store, wanted.class_id, wanted.block, None).block
    except NoSuchClass:
        return sheet_refusal(False, None, now_us, 0)
    except NoSuchBlock:
        return sheet_refusal(True, None, now_us, 0)
    return sheet_refusal(True, block.span.end_us, now_us, len(block.calls))


def to_make(store: Store, now_us: int) -> list[Ordered]:
    """The sheets that were ordered, are not made yet and may still be, the oldest order first."""
    done = {one.sheet.order for one in all_sheets(store)} | _unmade(store)
    return [one for one in _ordered(store) if one.order not in done and one.until_us > now_us]


def may_lie(store: Store, now_us: int) -> list[Stated]:
    """The sheets that may lie here: made, not at the centre yet, not over, and nobody on them was erased since."""
    said = list(_all(store, *TYPES))
    return [one for one in all_sheets(store) if utc_us(one.sheet.until) > now_us
            and not store.uploaded(one.sheet.sha256) and not erased(one, said)]


def _ordered(store: Store) -> list[Ordered]:
    taken = {order for order, answer in answers(store).items() if answer.result == "accepted"}
    bodies = [(sealed.hash, body_of(sealed.record)) for sealed in store.orders()
              if sealed.record.type == "order.box" and sealed.hash in taken]
    found = [(body.number, Ordered(order, body.sheet, utc_us(body.expires)))
             for order, body in bodies if isinstance(body, BoxOrder) and body.sheet is not None]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def all_sheets(store: Store) -> list[Stated]:
    """All that this box ever made, as its records say."""
    return stated(_all(store, "sheet"))


def _unmade(store: Store) -> set[str]:
    bodies = [body_of(sealed.record) for sealed in _all(store, "alarm")]
    return {str(body.params.get("order")) for body in bodies if isinstance(body, Alarm) and body.code == UNMADE}


def _all(store: Store, *types: str) -> Iterator[Sealed]:
    return itertools.chain.from_iterable((*store.past(type), *store.records_of(type)) for type in types)
