"""Contact sheets in the archives that the console keeps: they go when the time of one is over, when the decision about
the class became final, and when somebody who may be on one refused, withdrew or was erased, since the archive was
decided."""
from __future__ import annotations

import json
import threading
from pathlib import Path

from central.archive.bag import INFO
from central.archive.decide import SHEETS
from central.archive.desk import ARCHIVES, BAG
from central.archive.erase import erase_sheets
from central.archive.pieces import BAG as UNFINISHED
from central.archive.pieces import work_folder
from central.archive.plan import read_plan
from central.classes.sheets import decision_final_us
from central.store.tables import Tx
from central.wiring import Centre
from common.logs import Log
from evidence.errors import ZaitangError
from evidence.times import is_utc, utc_us

INDEX, EXPORT = "data/index.json", "Zaitang-Export: "
ENDS = ("consent.withdrawn", "face.erased", "person.erased")
"""Records by which a face may not be shown any more."""
_LOG = Log("archive")


def ended_since(tx: Tx, class_id: str, export: str, now_us: int) -> bool:
    """Whether contact sheets that this export (hash of its record) shows may not be shown any more since it was stated:
    a face of the class may not, or the decision, for which they were ordered, is final by now (UTC microseconds). Also
    where nobody knows that record."""
    stated = next((one for one in tx.of_type("export", class_id) if one.hash == export), None)
    if stated is None:
        return True
    final_us = decision_final_us(tx, class_id)
    if final_us is not None and stated.record.utc_us < final_us <= now_us:
        return True
    since = [one.leaf for one in tx.erasing() if one.class_id == class_id]
    gone = [one for type_ in ENDS for one in tx.of_type(type_, class_id)]
    gone += [one for one in tx.of_type("consent", class_id) if not one.record.body["given"]]
    since += [tx.leaf_of(*one.record.key) for one in gone]
    return max(since, default=-1) > tx.leaf_of(*stated.record.key)


def forget_sheets(centre: Centre) -> int:
    """Take them out of every archive of the console in which one may not be shown any more; of how many. Raises
    ZaitangError, OSError."""
    now_us, gone = centre.clock.stamp().utc_us, 0
    for folder in sorted((centre.folder / ARCHIVES).glob("[!.]*")):
        bag = folder / BAG
        half = work_folder(bag)
        for place, export in ((bag, _stated(bag)), (half / UNFINISHED, _planned(half))):
            if not (place / SHEETS).is_dir():
                continue
            with centre.store.read() as tx:
                over = _is_over(place, now_us) or ended_since(tx, folder.name, export, now_us)
            if over:
                erase_sheets(centre.folder, folder.name)
                gone += 1
                break
    return gone


def _stated(bag: Path) -> str:
    """The export record of a finished bag; empty where it does not say."""
    try:
        lines = (bag / INFO).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    return next((line.removeprefix(EXPORT) for line in lines if line.startswith(EXPORT)), "")


def _planned(half: Path) -> str:
    """The same of one that is not finished."""
    try:
        plan = read_plan(half)
    except (ZaitangError, OSError):
        return ""
    return "" if plan is None else plan.export


def _is_over(bag: Path, now_us: int) -> bool:
    """Whether the time of a sheet is over, as the index says; also where it does not say so."""
    try:
        untils = [one["until"] for one in json.loads((bag / INDEX).read_bytes())["sheets"]]
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return not all(type(one) is str and is_utc(one) and now_us < utc_us(one) for one in untils)


class ShownSheets:
    """Looks after them beside a server, in a thread of its own."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._thread: threading.Thread | None = None

    def tend(self) -> None:
        """Look, unless somebody looks still; returns at once."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._look, name="sheets", daemon=True)
            self._thread.start()

    def _look(self) -> None:
        try:
            forget_sheets(self._centre)
        except Exception as error:  # whatever it is: the next look tries again
            _LOG.failed("sheets.left", error)
