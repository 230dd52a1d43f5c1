"""What the records of a box say of its room camera: which it is, and since when it sends nothing."""
from __future__ import annotations

from central.store.tables import Tx
from evidence.bodies import Alarm, Segment, body_of
from evidence.records import Record

CAMERA = "room"
"""Of a box that has recorded nothing yet: as box.toml names it where nobody gave another name."""
LOOKED_AT = 16
"""Of so many of its newest files, and alarms, of a class."""
DARK = frozenset({"camera.broken", "camera.silent"})


def camera_of(tx: Tx, device: str, class_id: str | None) -> str:
    """The room camera of a box, by what it recorded of a class."""
    return min((body.camera for _, body in _files(tx, device, class_id)), default=CAMERA)


def dark_since(tx: Tx, device: str, class_id: str) -> int | None:
    """When the box said that its room camera sends nothing, UTC µs by its clock; None: it did not, or recorded again
    since."""
    files = _files(tx, device, class_id)
    camera = min((body.camera for _, body in files), default=CAMERA)
    said = next((one.record for one in tx.newest_of(class_id, "alarm", LOOKED_AT)
                 if one.record.device == device and _is_dark(one.record, camera)), None)
    if said is None or any(_goes_on(file, body, said) for file, body in files if body.camera == camera):
        return None
    return said.utc_us


def _files(tx: Tx, device: str, class_id: str | None) -> list[tuple[Record, Segment]]:
    newest = [] if class_id is None else tx.newest_of(class_id, "segment", LOOKED_AT)
    return [(one.record, body) for one in newest
            if one.record.device == device and isinstance(body := body_of(one.record), Segment)]


def _is_dark(record: Record, camera: str) -> bool:
    body = body_of(record)
    return isinstance(body, Alarm) and body.code in DARK and body.params.get("camera") == camera


def _goes_on(file: Record, body: Segment, said: Record) -> bool:
    """Whether a file holds pictures of after the alarm. That in which the camera fell silent is sealed later, too."""
    boot = body.boot_id or file.boot_id
    return body.last_mono_us > said.mono_us if boot == said.boot_id else file.utc_us > said.utc_us
