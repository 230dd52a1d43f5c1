"""The list of all drafts and plans that somebody sees, the newest change first."""
from __future__ import annotations

import dataclasses

from central.accounts.people import Actor
from central.accounts.scope import scope_of
from central.classes.orders import latest_orders
from central.plans.draft import Draft, Published, draft_of, read_draft
from central.plans.overlaps import published_of
from central.plans.views import BoxState
from central.store.plans import KeptDraft
from central.store.tables import Tx
from central.web.plan_view import STATES, dates_of
from central.wiring import Centre
from common.texts import translate
from evidence.bodies import ClassOrder
from evidence.records import Sealed

AT_ONCE = 50


@dataclasses.dataclass(frozen=True)
class Row:
    """`taken` of `boxes` boxes have the plan in force; `refused`: how many gave a reason for not taking it."""

    class_id: str
    title: str
    institution: str
    state: str
    state_words: str
    trainees: int
    hours: int
    dates: str
    boxes: int
    taken: int
    refused: int


@dataclasses.dataclass(frozen=True)
class Listed:
    """One page of the list. `before`, `after`: where the others begin, if there are any."""

    rows: list[Row]
    total: int
    before: int | None
    after: int | None


def listed(centre: Centre, actor: Actor, wanted: str, begin: int, lang: str) -> Listed:
    """The drafts and plans within the actor's scope whose id or title holds these words."""
    words, plans = wanted.casefold().split(), centre.plans()
    with centre.store.read() as tx:
        scope, orders = scope_of(tx, actor), latest_orders(tx)
        kept = {one.class_id: one for one in tx.drafts()}
        found = [one for class_id in {*orders, *kept} if (one := _plan(class_id, orders, kept)) and scope.holds(one[2])
                 and all(word in f"{class_id} {one[1].title}".casefold() for word in words)]
        found.sort(key=lambda one: (-one[0], one[1].class_id))
        shown = [(draft, _state(tx, draft, orders.get(draft.class_id)))
                 for _, draft, _ in found[begin:begin + AT_ONCE]]
        names = {id_: one.name for id_, one in scope.institutions.items()}
    rows = [_row(draft, state, plans.state(draft.class_id)[1] if draft.class_id in orders else [], names, lang)
            for draft, state in shown]
    return Listed(rows, len(found), max(0, begin - AT_ONCE) if begin else None,
                  begin + AT_ONCE if len(found) > begin + AT_ONCE else None)


def _plan(
    class_id: str, orders: dict[str, tuple[Sealed, ClassOrder]], kept: dict[str, KeptDraft]
) -> tuple[int, Draft, str | None]:
    """When it changed, the draft or else the plan, and whose it is: by the plan in force, if there is one."""
    if class_id not in orders:
        draft = read_draft(kept[class_id].body)
        return kept[class_id].changed_us, draft, draft.institution
    sealed, order = orders[class_id]
    if class_id in kept:
        return kept[class_id].changed_us, read_draft(kept[class_id].body), order.institution
    return sealed.record.utc_us, draft_of(Published(order)), order.institution


def _state(tx: Tx, draft: Draft, order: tuple[Sealed, ClassOrder] | None) -> str:
    if order is None:
        return "draft"
    published = published_of(tx, draft.class_id)
    return "published" if draft == draft_of(published, draft) else "changed"


def _row(draft: Draft, state: str, boxes: list[BoxState], names: dict[str, str], lang: str) -> Row:
    return Row(draft.class_id, draft.title, names.get(draft.institution or "", draft.institution or ""), state,
               translate(STATES[state], lang), len(draft.of("trainee")), len(draft.hours), dates_of(draft, lang),
               len(boxes), sum(one.accepted for one in boxes), sum(one.refused is not None for one in boxes))
