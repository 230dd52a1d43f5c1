"""Makes the contact sheets that the centre ordered, each in a short process of its own at the lowest priority.

`python -m edge.rollcall.ordered BOX ORDER` makes one: drawn as for a reviewer at the box, sealed to the centre in
memory, and only then written. So no picture of anybody ever lies readable, and what the drawing takes of the memory is
given back. Who makes a sheet and who erases a face take turns by the lock of the pictures.
"""
from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from common import logs
from common.backoff import Backoff
from edge.child import OUTLIVES_NOBODY
from edge.sheets import UNMADE, Ordered, SheetFiles, may_lie, to_make
from edge.store import Store
from evidence.bodies import Alarm

if TYPE_CHECKING:
    from edge.wiring import Box

EVERY_S = 5.0
"""Real seconds between two looks for what is ordered."""
LONGEST_S = 600.0
"""Real seconds that one sheet may take."""
TRIES = 3
RETRY = Backoff(first=10.0, longest=600.0)
WAIT_S = 0.2
LOCK_S = 120.0


Made = bool | None
"""Whether a sheet was made; None: this process was told to end first, which says nothing of the sheet."""


class Maker:
    """`make`: makes the sheet of one order; `now_us`: the box's wall clock, UTC."""

    def __init__(
        self, store: Store, files: SheetFiles, make: Callable[[str], Made], now_us: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._files, self._make, self._now_us = store, files, make, now_us
        self._monotonic, self._log = monotonic, logs.Log("rollcall.sheets")
        self._look_at = 0.0
        self._failed: dict[str, tuple[int, float]] = {}
        """Order → how often it failed, and until when it waits."""

    def turn(self) -> bool:
        """Remove what may not lie here any more, and make the first sheet whose time it is; whether one was made. May
        raise StoreBusy: again is no harm."""
        now = self._monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + EVERY_S
        self._tidy()
        if not self._store.has("order.answered"):
            return False
        waiting = [one for one in to_make(self._store, self._now_us())
                   if self._failed.get(one.order, (0, 0.0))[1] <= now]
        return bool(waiting) and self._do(waiting[0])

    def _tidy(self) -> None:
        try:
            if self._files.all():
                self._files.keep([one.sheet.sha256 for one in may_lie(self._store, self._now_us())])
        except OSError as error:
            self._log.failed("sheets.later", error)

    def _do(self, one: Ordered) -> bool:
        made = self._make(one.order)
        if made is None:
            return False
        if made:
            self._log.info("sheet.made", class_id=one.wanted.class_id, block=one.wanted.block)
            return True
        times = self._failed.get(one.order, (0, 0.0))[0] + 1
        self._failed[one.order] = times, self._monotonic() + RETRY.wait(times, 0.5)
        self._log.warning("sheet.failed", class_id=one.wanted.class_id, times=times)
        if times >= TRIES:
            self._store.append("alarm", Alarm(UNMADE, {"order": one.order}, one.wanted.class_id))
        return False


def in_a_child(folder: Path, stopped: Callable[[], bool]) -> Callable[[str], Made]:
    """What makes a sheet of the box in `folder` by a child process, which ends with this one."""

    def make(order: str) -> Made:
        command = [*OUTLIVES_NOBODY, sys.executable, "-m", "edge.rollcall.ordered", str(folder), order]
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        except OSError as error:
            logs.Log("rollcall.sheets").failed("sheet.unstarted", error)
            return False
        until = time.monotonic() + LONGEST_S
        status: int | None = None
        while status is None and not stopped() and time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = child.wait(WAIT_S)
        if status is None:
            child.kill()
            status = child.wait()
        if status == 0:
            return True
        return None if stopped() else False

    return make


def make_one(box: Box, order: str) -> None:
    """Make the sheet that an order wants, unless it is made. Raises FacesChanged when a face is erased meanwhile,
    AlreadyRunning, StoreBusy, OSError, and what `make_sheet` and `draw` raise."""
    from common.sealed_pages import seal_pages
    from edge.child import only_one
    from edge.enrol.consents import consents
    from edge.rollcall.contact import told
    from edge.rollcall.draw import draw
    from edge.rollcall.errors import FacesChanged
    from edge.rollcall.sheet import make_sheet
    from evidence.bodies import Sheet
    from evidence.sheets import kept_until

    found = next((one for one in to_make(box.store, box.clock.utc_us()) if one.order == order), None)
    if found is None:
        return
    wanted, erasures = found.wanted, box.store.erasures_asked()
    sheet = make_sheet(box, wanted.class_id, wanted.block, for_centre=True)
    pages = draw(told(sheet, box.config.device, wanted.by, wanted.lang), ".png")
    data = seal_pages(pages, wanted.to_key, order)
    sha256, said = hashlib.sha256(data).hexdigest(), consents(box.store, wanted.class_id)
    until = kept_until(_now_us(box), [said[one].until for one in sheet.pictured if one in said])
    with only_one(box.proofs_lock, "proofs", LOCK_S):
        if box.store.erasures_asked() != erasures:
            raise FacesChanged
        SheetFiles(box.folder).put(sha256, data)
        box.store.append("sheet", Sheet(
            wanted.class_id, wanted.block, order, sha256, len(data), sheet.rests_on, sheet.pictured, until))


def _now_us(box: Box) -> int:
    """The wall clock, UTC; of one that is behind the centre what that said last."""
    stamp = box.clock.stamp()
    return stamp.utc_us if stamp.clock.source == "simulated" else max(stamp.utc_us, box.store.vouched_us() or 0)


def main(folder: str, order: str) -> int:
    """Exit 0 once the sheet is made, 1 where a later try may do better."""
    from edge.errors import AlreadyRunning, StoreBusy
    from edge.rollcall.errors import FacesChanged
    from edge.wiring import open_box
    from evidence.errors import ZaitangError

    logs.setup()
    box = open_box(Path(folder))
    try:
        make_one(box, order)
    except FacesChanged:
        logs.Log("rollcall.sheets").info("sheet.again", order=order)
        return 1
    except (ZaitangError, AlreadyRunning, StoreBusy, OSError) as error:
        logs.Log("rollcall.sheets").failed("sheet.unmade", error, order=order)
        return 1
    finally:
        box.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
