"""Contact sheets of boxes at the centre: asked for by a signed order, shown while they may be, and then gone.

All of it follows from records: the order, the box's answer, its `sheet` record, and whatever ends a sheet before its
time. A file is only looked for, and removed when nothing lets it lie there any more.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.classes.errors import SheetAsked
from central.classes.orders import order_of
from central.classes.stories import policy_of
from central.errors import PolicyGone, SheetNotHere, UnknownClass
from central.objects import Objects
from central.orders.boxes import expires, head_of, next_number
from central.parts import HEX
from central.store.store import Store
from central.store.tables import Tx
from common.sealed_pages import BadPages, open_pages
from evidence.bodies import AccountChanged, Alarm, Decision, Objection, Review, Sheet, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedSheet
from evidence.decisions import Said, final_us
from evidence.records import Sealed
from evidence.sheets import DAY_US, KEPT_DAYS, MOST_BYTES, TYPES, Stated, ends_us, erased, stated
from evidence.times import utc_us

DAYS = 7
"""*Ours*: so long a box takes the order, and may take over it."""
UNMADE = "sheet.unmade"
State = Literal["none", "asked", "refused", "expired", "making", "unmade", "coming", "lost", "here", "over", "erased"]
EndedBy = Literal["", "days", "people", "decision"]
BUSY = frozenset({"asked", "making", "coming", "here"})
"""States in which another order would bring nothing new."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """An order for a sheet, as the centre made it."""

    sealed: Sealed
    device: str
    wanted: WantedSheet
    until_us: int

    @property
    def at_us(self) -> int:
        """When it was asked for, UTC."""
        return self.sealed.record.utc_us


@dataclasses.dataclass(frozen=True)
class SheetState:
    """How it stands with the sheet of a block from one box. `why`: of a refusal; `made`: what the box stated;
    `ended_by`: of what ends it at `ends_us`: the days that one is kept, what its people agreed to, or the decision."""

    device: str
    state: State
    asked: Asked | None = None
    why: str = ""
    made: Stated | None = None
    ends_us: int = 0
    ended_by: EndedBy = ""


def order_sheet(
    store: Store, files: Objects, to_key: str, class_id: str, block: str, device: str, lang: Literal["zh", "en"],
    by: str, now_us: int,
) -> BoxOrder:
    """Ask a box for the contact sheet of a block, sealed to `to_key` (X25519 public key, hex), for the account `by`.

    Raises NoSuchBox, SheetAsked while one is on its way or here."""
    with store.write() as tx:
        head_of(tx, device)
        if state_of(tx, files, class_id, block, device, now_us).state in BUSY:
            raise SheetAsked(device=device)
        body = BoxOrder(device, next_number(tx, device), expires(DAYS, now_us), "sheet",
                        sheet=WantedSheet(class_id, block, to_key, lang, by))
        store.append(tx, body)
        return body


def state_of(tx: Tx, files: Objects, class_id: str, block: str, device: str, now_us: int) -> SheetState:
    """How it stands with the newest order for this sheet."""
    mine = [one for one in _asked(tx, class_id).values() if (one.device, one.wanted.block) == (device, block)]
    if not mine:
        return SheetState(device, "none")
    asked = mine[-1]
    answer = _answer(tx, asked)
    if answer is None:
        return SheetState(device, "asked" if now_us < asked.until_us else "expired", asked)
    if answer.result == "refused":
        return SheetState(device, "refused", asked, answer.why)
    first = tx.sheet_for(asked.device, asked.sealed.hash)
    made = next((one for one in stated([first] if first else []) if _fits(one, asked)), None)
    if made is None:
        state: State = "unmade" if _unmade(tx, asked) else "making" if now_us < asked.until_us else "expired"
        return SheetState(device, state, asked)
    final = decision_final_us(tx, class_id)
    ends = ends_us(made, asked.at_us, final)
    if erased(made, _said(tx, class_id)):
        return SheetState(device, "erased", asked, made=made, ends_us=ends)
    if ends <= now_us:
        by: EndedBy = "days" if ends == asked.at_us + KEPT_DAYS * DAY_US else "decision" if ends == final else "people"
        return SheetState(device, "over", asked, made=made, ends_us=ends, ended_by=by)
    # A box that lost the file sends nothing: who still needs it asks anew once the order has ended.
    away: State = "coming" if now_us < asked.until_us else "lost"
    return SheetState(device, "here" if files.has(made.sheet.sha256) else away, asked, made=made, ends_us=ends)


def awaited(tx: Tx, device: str, sha256: str, now_us: int) -> Sheet | None:
    """The sheet with this hash that a box may hand over now: ordered of that box for that class and block, not too
    large, not over, and nobody on it erased since."""
    for one in stated(tx.sheets_since(now_us - KEPT_DAYS * DAY_US, device)):
        if one.sheet.sha256 == sha256 and one.sheet.size <= MOST_BYTES:
            told = _told(tx, one.sheet.class_id)
            if told.lets(one, now_us):
                return one.sheet
    return None


def sweep(store: Store, files: Objects, now_us: int) -> int:
    """Remove the sheets that may not lie here any more, and what was put aside of them; how many. Raises CannotRead,
    OSError."""
    here = files.all() | {name[:HEX] for name in files.aside()}
    if not here:
        return 0
    stand = set()
    with store.read() as tx:
        told: dict[str, _Told] = {}
        for one in stated(tx.sheets_since(now_us - KEPT_DAYS * DAY_US)):
            if one.sheet.sha256 in here:
                class_id = one.sheet.class_id
                told[class_id] = told.get(class_id) or _told(tx, class_id)
                stand |= {one.sheet.sha256} if told[class_id].lets(one, now_us) else set()
    gone = here - stand
    for sha256 in gone:
        files.forget(sha256)
    return len(gone)


def pages_of(files: Objects, key: X25519PrivateKey, state: SheetState) -> tuple[bytes, ...]:
    """The pages (PNG) of a sheet that is here. Raises SheetNotHere, CannotRead."""
    if state.state != "here" or state.made is None:
        raise SheetNotHere()
    sheet = state.made.sheet
    if not files.intact(sheet.sha256):
        raise SheetNotHere()
    try:
        return open_pages(files.path(sheet.sha256).read_bytes(), key, sheet.order)
    except (BadPages, OSError):
        raise SheetNotHere() from None


def _asked(tx: Tx, class_id: str) -> Mapping[str, Asked]:
    """The orders of sheets of a class, by their hash, in the order in which they were made."""
    bodies = [(sealed, body_of(sealed.record)) for sealed in tx.of_type("order.box", class_id)]
    return {sealed.hash: Asked(sealed, body.device, body.sheet, utc_us(body.expires))
            for sealed, body in bodies if isinstance(body, BoxOrder) and body.sheet is not None}


def _answer(tx: Tx, asked: Asked) -> OrderAnswered | None:
    sealed = tx.answer_to(asked.device, asked.sealed.hash)
    body = None if sealed is None else body_of(sealed.record)
    return body if isinstance(body, OrderAnswered) else None


def _said(tx: Tx, class_id: str) -> list[Sealed]:
    return [sealed for kind in TYPES for sealed in tx.of_type(kind, class_id)]


def _fits(one: Stated, asked: Asked) -> bool:
    """Whether a box states the sheet that it was asked for. Of several for one order the first counts."""
    sheet, wanted = one.sheet, asked.wanted
    return (one.sealed.record.device, sheet.order, sheet.class_id, sheet.block) == (
        asked.device, asked.sealed.hash, wanted.class_id, wanted.block)


@dataclasses.dataclass(frozen=True)
class _Told:
    """What records of a class say of its sheets: the orders by their hash, whatever ends one, the final decision."""

    asked: Mapping[str, Asked]
    said: list[Sealed]
    final_us: int | None

    def lets(self, one: Stated, now_us: int) -> bool:
        """Whether a sheet may come, or lie here."""
        order = self.asked.get(one.sheet.order)
        return (order is not None and _fits(one, order) and now_us < ends_us(one, order.at_us, self.final_us)
                and not erased(one, self.said))


def _told(tx: Tx, class_id: str) -> _Told:
    return _Told(_asked(tx, class_id), _said(tx, class_id), decision_final_us(tx, class_id))


def decision_final_us(tx: Tx, class_id: str) -> int | None:
    """From when the decision about the class is final, as far as records of people say."""
    if not tx.of_type("decision", class_id):
        return None
    said: list[Said] = []
    told = [sealed for kind in ("decision", "objection", "review") for sealed in tx.of_type(kind, class_id)]
    for sealed in (*told, *tx.of_type("account")):
        body = body_of(sealed.record)
        if isinstance(body, Decision | Objection | Review | AccountChanged):
            said.append((sealed.record, body))
    try:
        return final_us(said, policy_of(tx, order_of(tx, class_id)[1]))
    except (UnknownClass, PolicyGone):
        return None


def _unmade(tx: Tx, asked: Asked) -> bool:
    """Whether the box says that it could not make it."""
    for sealed in tx.of_type("alarm", asked.wanted.class_id):
        body = body_of(sealed.record)
        if (isinstance(body, Alarm) and body.code == UNMADE and sealed.record.device == asked.device
                and body.params.get("order") == asked.sealed.hash):
            return True
    return False
