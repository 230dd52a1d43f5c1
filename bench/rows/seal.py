"""Row `seal`: how much of bare signing is left when records are linked, sealed and committed to the box's database."""
from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from bench.harness import Busy, Contest, Row
from bench.material import film
from edge.clock import SystemClock
from edge.config import BoxConfig
from edge.keys import make_box_keys, self_certified
from edge.wiring import open_store

RECORDS, BATCH = 1000, 100
ENVELOPE, SYNCS = 3600, 20
GOAL = 0.3


def prepare(folder: Path) -> Contest:
    """A new box with a store; the payloads that bare Ed25519 signs are those that it sealed."""
    clock = SystemClock()
    keys = make_box_keys(folder / "keys", self_certified("box-1", clock.utc_us()))
    store = open_store(folder, BoxConfig(device="box-1"), keys, clock)
    facts: list[tuple[str, object]] = [(type, body) for type, body, _ in film(RECORDS)]
    batches = [facts[first : first + BATCH] for first in range(0, RECORDS, BATCH)]
    payloads = [sealed.payload for batch in batches for sealed in store.append_many(batch)]
    mean = sum(map(len, payloads)) // len(payloads)
    ours = Busy(lambda: [store.append_many(batch) for batch in batches])
    peer = Busy(lambda: [keys.device.sign(payload) for payload in payloads])
    return Contest(ours, peer, RECORDS, lambda: [
        f"batches of {BATCH}, WAL, synchronous=FULL; payloads of {mean} bytes on average; goal {GOAL}",
        ours.against(peer, RECORDS, "record"),
        f"of the time, {_sync_us(folder):.0f} µs a record are spent waiting for the disk (fsync, once a batch)"])


def _sync_us(folder: Path) -> float:
    """How long the disk takes to sync what a batch writes, microseconds a record: the median."""
    data, spent = os.urandom(BATCH * ENVELOPE), []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(data)
            start = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - start)
    return 1e6 * statistics.median(spent) / BATCH


ROW = Row("seal", "edge.store appends sealed records", "bare Ed25519 signing of the same payloads", "records", prepare)
