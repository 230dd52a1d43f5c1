"""The contact sheets that an archive may show: those that are here, and until when."""
from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from central.archive.derived import Shown
from central.classes.orders import boxes_of
from central.classes.sheets import pages_of, state_of
from central.classes.stories import Told
from central.errors import SheetNotHere
from central.wiring import Centre

QUALITY = 85


def shown_sheets(centre: Centre, told: Told) -> Iterator[tuple[Shown, bytes]]:
    """Each page as JPEG. What may not be shown any more, or cannot be opened, is left out. Raises CannotRead."""
    now_us, class_id, key = centre.clock.stamp().utc_us, told.order.class_id, centre.sealing_key()
    with centre.store.read() as tx:
        states = [(block.id, state_of(tx, centre.sheets, class_id, block.id, device, now_us))
                  for block in told.story.blocks for device in boxes_of(tx, class_id)]
    numbers: dict[str, int] = {}
    for block, state in states:
        try:
            pages = pages_of(centre.sheets, key, state)
        except SheetNotHere:
            continue
        for picture in filter(None, map(jpeg, pages)):
            numbers[block] = number = numbers.get(block, 0) + 1
            yield Shown(block, f"data/sheets/{block}/{number:03d}.jpg", state.ends_us), picture


def jpeg(page: bytes) -> bytes | None:
    """A page (PNG, of sides that were checked before) as JPEG; None for what is no picture: a box may send anything."""
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(page), formats=["PNG"]) as picture:
            picture.convert("RGB").save(out, "JPEG", quality=QUALITY)
    except (OSError, SyntaxError, ValueError):  # what Pillow raises of broken files
        return None
    return out.getvalue()
