"""What the people of a class said last about the use of their faces, from the records of this box."""
from __future__ import annotations

from edge.enrol.consent import Standing, standings
from edge.store import Store
from evidence.records import Sealed


def consents(store: Store, class_id: str) -> dict[str, Standing]:
    """What everybody of a class said last."""
    said: dict[str, Standing] = {}
    chains: dict[str, list[Sealed]] = {chain: [] for chain in store.chains()}
    for type in ("consent", "consent.withdrawn"):
        for sealed in (*store.past(type), *store.records_of(type)):
            chains[sealed.record.chain].append(sealed)
    for one in chains.values():
        said |= standings(one, class_id)
    return said
