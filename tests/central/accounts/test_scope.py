"""Whose a file is: what another box says of it later opens it to nobody."""
from __future__ import annotations

import dataclasses
from pathlib import Path

from central.accounts.people import Actor
from central.accounts.scope import sees_file
from central.wiring import Centre
from evidence.bodies import Segment, body_as
from tests.central.console import give_reason, media, signed_in
from tests.central.helpers import MORNING, Box
from tests.central.site import BLOCK, furnish

MINE, OTHER = Actor("a", "institution", "school-a"), Actor("b", "institution", "school-b")


def test_who_names_anothers_video_sees_nothing_by_it(centre: Centre, tmp_path: Path) -> None:
    """The hash of each file is below /log; whoever holds the key of a box may state any of them as its own."""
    sides = furnish(centre, tmp_path)
    mine, other = sides["a"], sides["b"]
    with centre.store.read() as tx:
        sealed = tx.record(other.device, other.chain, 1)
    named = None if sealed is None else body_as(sealed.record, Segment)
    assert named is not None
    box = Box(centre, mine.device, chain="cd" * 16)
    box.genesis()
    box.append(dataclasses.replace(named, class_id=mine.class_id), MORNING + 90_000_000)
    centre.collector().take(box.messages())
    with centre.store.read() as tx:
        assert [one.device for one in tx.announced(other.sha256)] == [other.device, mine.device]
        assert not sees_file(tx, MINE, other.sha256) and sees_file(tx, OTHER, other.sha256)
        assert sees_file(tx, MINE, mine.sha256)
    address = media(other.sha256, other.class_id, BLOCK)
    assert signed_in(centre, "institution", "school-a").get(address).status_code == 404
    theirs = signed_in(centre, "institution", "school-b")
    give_reason(theirs, other.class_id, BLOCK)
    assert theirs.get(address).status_code == 200
