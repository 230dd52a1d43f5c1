"""Row `seal`: how much of bare signing is left when records are linked, sealed and committed to the box's database."""
from __future__ import annotations

from pathlib import Path

from bench.harness import Contest, Row
from bench.material import film
from edge.clock import SystemClock
from edge.config import BoxConfig
from edge.keys import make_box_keys, self_certified
from edge.wiring import open_store

RECORDS, BATCH = 1000, 100


def prepare(folder: Path) -> Contest:
    """A new box with a store; the payloads that bare Ed25519 signs are those that it sealed."""
    clock = SystemClock()
    keys = make_box_keys(folder / "keys", self_certified("box-1", clock.utc_us()))
    store = open_store(folder, BoxConfig(device="box-1"), keys, clock)
    facts: list[tuple[str, object]] = [(type, body) for type, body, _ in film(RECORDS)]
    batches = [facts[first : first + BATCH] for first in range(0, RECORDS, BATCH)]
    payloads = [sealed.payload for batch in batches for sealed in store.append_many(batch)]
    mean = sum(map(len, payloads)) // len(payloads)
    return Contest(
        ours=lambda: [store.append_many(batch) for batch in batches],
        peer=lambda: [keys.device.sign(payload) for payload in payloads],
        amount=RECORDS,
        remarks=lambda: [f"batches of {BATCH}, WAL, synchronous=FULL; payloads of {mean} bytes on average"],
    )


ROW = Row("seal", "edge.store appends sealed records", "bare Ed25519 signing of the same payloads", "records", prepare)
