"""A class as the overview lists it, from its orders alone; and what its newest records say while it runs."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from central.store.live import Live
from central.store.summaries import Listing
from central.store.tables import Tx
from evidence.blocks import hour_span
from evidence.bodies import CheckIn, ClassOrder, Institution, PinCheckIn, body_of
from evidence.checkin import answer_of
from evidence.errors import BadRecord
from evidence.policy import Policy
from evidence.records import Record


@dataclasses.dataclass(frozen=True)
class Belonging:
    """Whose class it is. `region`: six digits of GB/T 2260; both empty where nobody said so."""

    institution: str = ""
    region: str = ""


def belonging(order: ClassOrder, institutions: Mapping[str, Institution]) -> Belonging:
    """By the institution that the order names, where the centre knows it: as `central.accounts.scope` sees it."""
    known = institutions.get(order.institution or "")
    return Belonging(order.institution or "", known.region if known else "")


def listing(tx: Tx, class_id: str, institutions: Mapping[str, Institution]) -> Listing | None:
    """What its orders say; None: it has none."""
    orders = [(body, tx.leaf_of(*sealed.record.key)) for sealed in tx.of_type("order.class", class_id)
              if isinstance(body := body_of(sealed.record), ClassOrder)]
    if not orders:
        return None
    order = max((body for body, _ in orders), key=lambda body: body.number)
    whose = belonging(order, institutions)
    boxes = {place.device: place.room for body, _ in orders for place in body.boxes}
    boxes |= {place.device: place.room for place in order.boxes}
    hours = tuple((hour.hour, hour_span(hour).start_us, hour_span(hour).end_us) for hour in order.hours)
    trainees = sum(one.role == "trainee" for one in order.roster)
    return Listing(class_id, max(leaf for _, leaf in orders), order.title, order.policy.sha256, whose.institution,
                   whose.region, trainees, boxes, hours)


LIVE = frozenset({"session.start", "session.end", "segment", "checkin", "checkin.pin"})


@dataclasses.dataclass
class News:
    """What new records say of the classes that run: (class, device) → how it stands; class → person → when."""

    live: dict[tuple[str, str], Live] = dataclasses.field(default_factory=dict)
    came: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)

    def take(self, class_id: str, record: Record, policy: Policy) -> None:
        """One record more of a class, of the types in LIVE. Who signs in is shown at once; whether that counts in the
        end, the story says."""
        at = {"session.start": "started_us", "session.end": "ended_us", "segment": "filmed_us"}.get(record.type)
        if at is not None:
            key = (class_id, record.device)
            known = self.live.get(key, Live())
            self.live[key] = dataclasses.replace(known, **{at: max(record.utc_us, getattr(known, at))})
        elif (person := _signed_in(record, policy)) is not None:
            people = self.came.setdefault(class_id, {})
            people[person] = max(record.utc_us, people.get(person, 0))

    def keep(self, tx: Tx) -> None:
        """Write it."""
        for (class_id, device), live in self.live.items():
            tx.put_live(class_id, device, live)
        for class_id, people in self.came.items():
            tx.put_came(class_id, people)


def block_start(hours: Iterable[tuple[int, int]], now_us: int, pause_us: int) -> int | None:
    """When the block of class-hours began that runs at that moment; None: none runs. `hours`: in order."""
    start, last = None, None
    for begins, ends in hours:
        if start is None or last is None or begins - last > pause_us:
            start = begins
        last = ends
        if begins <= now_us < ends:
            return start
    return None


def _signed_in(record: Record, policy: Policy) -> str | None:
    try:
        body = body_of(record)
    except BadRecord:
        return None
    if isinstance(body, CheckIn) and body.direction == "in":
        answer, person = answer_of(body, policy)
        return person if answer == "accepted" else None
    if isinstance(body, PinCheckIn) and body.direction == "in" and body.confirmed_by not in (None, body.person):
        return body.person
    return None
