"""Row `fold`: from verified records to the story of a class, against merely parsing their payloads."""
from __future__ import annotations

import json
from pathlib import Path

from bench.harness import Contest, Row
from bench.material import BOX, CENTRE, CLASS, POLICY, Chain, Site, film, plan
from common.policies import load_policy
from evidence.fold import fold

RECORDS = 1500


def prepare(folder: Path) -> Contest:
    """A class of five hundred minutes, filmed and called; everything in memory."""
    site, policy = Site(), load_policy(POLICY)
    box, centre = Chain(site, BOX, "0" * 32, True), Chain(site, CENTRE, "c" * 32, False)
    centre.add("order.class", plan(RECORDS // 3), 0)
    for type, body, at_us in film(RECORDS):
        box.add(type, body, at_us)
    sealed = [*centre.sealed, *box.sealed]
    records, payloads = [one.record for one in sealed], [one.payload for one in sealed]
    story = fold(records, CLASS, policy)
    counts = (len(story.segments), len(story.rollcalls), len(story.checkins))
    assert counts == (RECORDS // 3,) * 3 and not story.bad_records, counts
    return Contest(
        ours=lambda: fold(records, CLASS, policy),
        peer=lambda: [json.loads(payload) for payload in payloads],
        amount=len(sealed),
        remarks=lambda: [f"{counts[0]} segments with {len(story.hours)} class-hours, roll calls of 20 trainees"],
    )


ROW = Row("fold", "evidence.fold makes the story of a class", "json.loads of the same payloads", "records", prepare)
