"""The parser of what a box whose card died is given: a pack of its centre."""
from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from central.devices.pack import pack_box
from central.wiring import Centre, init_centre
from edge.restore.bundle import check
from edge.restore.errors import LacksOrders, NoPack, OtherBox, OtherCentre, PackBroken
from edge.restore.pack import read_pack_file
from edge.sync.centre import Site
from evidence.certs import Identity
from tests.central.helpers import MORNING, Box, FixedClock, segment_of
from tests.fuzz.parser import Bench, Parser

RAISES = (NoPack, OtherBox, OtherCentre, PackBroken, LacksOrders)


@functools.cache
def _packed() -> tuple[bytes, Site, Identity]:
    """A pack of a box with one file, and what the box knows of its site."""
    with tempfile.TemporaryDirectory() as place:
        centre: Centre = init_centre(Path(place) / "centre", test_keys=True, clock=FixedClock())
        box = Box(centre)
        box.genesis()
        box.append(segment_of(b"one", MORNING, 60, 0), MORNING + 60_000_000)
        centre.collector().take(box.messages())
        pack_box(centre, "box-1", Path(place) / "box-1.pack")
        centre.store.close()
        site = Site("box-1", centre.keys.root, centre.store.device, True)
        return (Path(place) / "box-1.pack").read_bytes(), site, site.centre_of(centre.keys.certificate)


def _pack(data: bytes, bench: Bench) -> object:
    _, site, centre = _packed()
    return check(read_pack_file(bench.file(data, "box-1.pack"), site, centre), site, centre)


PARSERS = (
    Parser("a pack of a box", ("edge/restore/pack.py", "edge/restore/bundle.py", "evidence/box_packs.py"), "bytes",
           lambda: [_packed()[0]], _pack, RAISES, 40),
)
