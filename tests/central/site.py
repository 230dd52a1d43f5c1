"""A centre with two institutions in two cities, a class of each and one of none, each with a box and video."""
from __future__ import annotations

import dataclasses
import hashlib
import types
from pathlib import Path

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.sheets import order_sheet
from central.orders.boxes import orders
from central.wiring import Centre
from common.sealed_pages import seal_pages
from evidence.bodies import Sheet
from evidence.box_orders import OrderAnswered
from evidence.sheets import DAY_US
from evidence.times import utc_text
from tests.central.course import Course
from tests.central.helpers import MORNING, PLAN, Box, put, segment_of, write_plan
from tests.common.test_sealed_pages import png

INSTITUTIONS = {"school-a": "411202", "school-b": "411302"}
BLOCK = "2026-03-02-am"


@dataclasses.dataclass(frozen=True)
class Side:
    """What there is of one class."""

    class_id: str
    institution: str | None
    device: str
    chain: str
    sha256: str


def furnish(centre: Centre, folder: Path) -> dict[str, Side]:
    """The sides `a`, `b` and `none`."""
    desk = centre.account_desk()
    for institution, region in INSTITUTIONS.items():
        desk.put_institution(institution, f"学校 {institution}", region, None)
    shade = types.SimpleNamespace(shade=0)
    return {name: _side(centre, folder / name, name, Course.film(shade, 30)) for name in ("a", "b", "none")}


def bring_sheet(centre: Centre, side: Side) -> None:
    """A contact sheet of the first block, asked of the box of a side and brought by it."""
    now_us, key = centre.clock.stamp().utc_us, centre.sealing_key().public_key().public_bytes_raw().hex()
    order_sheet(centre.store, centre.sheets, key, side.class_id, BLOCK, side.device, "zh", "li", now_us)
    with centre.store.read() as tx:
        ordered, body = orders(tx, side.device)[-1]
    data = seal_pages([png()], key, ordered.hash)
    sha256 = hashlib.sha256(data).hexdigest()
    box = Box(centre, side.device, chain=hashlib.md5(side.chain.encode()).hexdigest())
    box.genesis()
    box.append(OrderAnswered(ordered.hash, body.number, "accepted"), now_us)
    box.append(Sheet(side.class_id, BLOCK, ordered.hash, sha256, len(data), "0" * 64, (), utc_text(now_us + DAY_US)),
               now_us)
    centre.collector().take(box.messages())
    with centre.sheets.parts.open(sha256, side.device, len(data), centre.sheets.path(sha256)) as part:
        part.write(data)
        part.finish()


def _side(centre: Centre, folder: Path, name: str, film: bytes) -> Side:
    folder.mkdir(parents=True)
    institution = f"school-{name}" if f"school-{name}" in INSTITUTIONS else None
    plan = PLAN.replace("welder-1", f"class-{name}").replace("box-1", f"box-{name}")
    plan = plan if institution is None else f'institution = "{institution}"\n{plan}'
    paths = write_plan(folder, plan)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    box = Box(centre, f"box-{name}", chain=hashlib.md5(name.encode()).hexdigest())
    box.genesis()
    segment = segment_of(film, MORNING, 30, class_id=f"class-{name}")
    box.append(segment, MORNING + 61_000_000)
    put(centre, film)
    centre.collector().take(box.messages())
    return Side(f"class-{name}", institution, box.device, box.chain, segment.sha256)
