"""Makes the steps of the check that need nobody at the terminal: the doctor, the room camera, the test recording."""
from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from common.policies import load_policy
from common.texts import LANGS, words
from edge.cameras.picture import take_picture
from edge.doctor.gather import examiner
from edge.errors import SystemRefused
from edge.handover import results
from edge.handover.film import film, room_source
from edge.handover.results import Result
from edge.handover.sheet import Sheet, keep_sheet, new_sheet, with_result
from edge.placement.judge import needs_of
from edge.vision.pack import load_pack
from edge.wiring import Box
from evidence.errors import ZaitangError

CAMERA = "room"


def check(box: Box, seconds: int, told: Callable[[Result], None]) -> Sheet:
    """All of it; what fails is a result. `seconds`: of the test recording; `told`: hears each result. Raises
    CannotWrite."""
    sheet = new_sheet(box, examiner(box).examine().checks)
    keep_sheet(box.folder, sheet)
    steps: tuple[tuple[str, Callable[[], Result]], ...] = (
        (results.ROOM, lambda: _room(box)), (results.RECORDING, lambda: _recording(box, seconds)))
    for step, make in steps:
        result = _tried(step, make, box)
        told(result)
        sheet = with_result(sheet, result)
        keep_sheet(box.folder, sheet)
    return sheet


def _tried(step: str, make: Callable[[], Result], box: Box) -> Result:
    try:
        return make()
    except (ZaitangError, OSError) as error:
        ours = error if isinstance(error, ZaitangError) else SystemRefused(
            path=error.filename or box.folder, why=error.strerror or str(error))
        return results.failed(step, {lang: words(ours, lang) for lang in LANGS})


def _room(box: Box) -> Result:
    with contextlib.closing(room_source(box)) as source:
        picture = take_picture(source, CAMERA)
    vision = box.config.vision
    pack = load_pack(vision.pack, Path(vision.folder) if vision.folder else None, only_faces=True)
    widths = [one.width_px for one in pack.detect(picture, "room")]
    return results.room(widths, round(needs_of(pack.manifest).named_px))


def _recording(box: Box, seconds: int) -> Result:
    rules = load_policy(box.config.policy).picture
    return results.recording(film(room_source(box), seconds, box.run_folder, CAMERA, rules), seconds)
