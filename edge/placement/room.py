"""A room file: how large a room is, where people sit in it, where cameras hang. Read strictly, and bounded.

Metres and degrees. x runs from the left wall to the right one, as people see them who look at the board; y from the
board's wall to the one behind; heights from the floor.
"""
from __future__ import annotations

import dataclasses
import math
import tomllib
from pathlib import Path
from typing import Annotated, Any

from common.texts import N_, translate
from edge.errors import NotToml
from edge.placement.errors import RoomTooLarge, RoomUnreadable
from evidence.errors import BadShape, Expected, OutOfRange
from evidence.shape import Between, Match, decode

MAX_BYTES = 1 << 16
MAX_SEATS, MAX_BLOCKS, MAX_CAMERAS = 600, 20, 8
SAME_ROW_M = 0.1
"""Seats of several blocks that are no farther apart in depth are one row."""
NARROWEST_M = 0.3
NUMBERS: dict[str, tuple[float, float]] = {
    "width_m": (0, 60), "depth_m": (2, 60), "height_m": (0.5, 15), "first_m": (0.5, 60), "spacing_m": (0.3, 20),
    "middle_m": (0, 60), "eyes_m": (0.5, 2.2), "x_m": (0, 60), "y_m": (0, 60), "at_x_m": (0, 60), "at_y_m": (0, 60),
    "at_height_m": (0, 15), "angle_deg": (5, 140), "focal_mm": (0.5, 200), "sensor_mm": (1, 40),
}
"""Keys that may have decimals, and what they may be."""
Name = Annotated[str, Match(r"[^\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069]([^\x00-\x1f\x7f-\x9f\u2028-\u202e"
                            r"\u2066-\u2069]{0,39})", N_("a name of up to 40 characters"))]


@dataclasses.dataclass(frozen=True)
class Size:
    """The room itself. `name`: for the picture's title."""

    width_m: float
    depth_m: float
    height_m: float
    name: Name | None = None


@dataclasses.dataclass(frozen=True)
class Block:
    """Rows of seats, one behind the other. `first_m`: from the board's wall to the heads of its first row; `width_m`:
    from the first head of a row to the last; `middle_m`: of the rows, from the left wall (none: of the room)."""

    rows: Annotated[int, Between(1, 40)]
    per_row: Annotated[int, Between(1, 40)]
    first_m: float
    spacing_m: float
    width_m: float
    middle_m: float | None = None
    eyes_m: float = 1.2


@dataclasses.dataclass(frozen=True)
class Camera:
    """A camera, the point that is in the middle of its picture, its lens and its main stream."""

    name: Name
    x_m: float
    y_m: float
    height_m: float
    at_x_m: float
    at_y_m: float
    width_px: Annotated[int, Between(160, 16384)]
    height_px: Annotated[int, Between(120, 16384)]
    at_height_m: float = 1.2
    angle_deg: float | None = None
    focal_mm: float | None = None
    sensor_mm: float | None = None

    @property
    def horizontal_deg(self) -> float:
        """The horizontal angle of its picture."""
        if self.angle_deg is not None:
            return self.angle_deg
        assert self.focal_mm is not None and self.sensor_mm is not None
        return 2 * math.degrees(math.atan(self.sensor_mm / 2 / self.focal_mm))


@dataclasses.dataclass(frozen=True)
class Seat:
    """A place where somebody sits, numbered from 1: rows from the board on, seats from the left. `eyes_m`: how high."""

    row: int
    number: int
    x_m: float
    y_m: float
    eyes_m: float


@dataclasses.dataclass(frozen=True)
class Room:
    """What a room file says."""

    room: Size
    seats: tuple[Block, ...]
    cameras: tuple[Camera, ...]

    def all_seats(self) -> tuple[Seat, ...]:
        """Every seat, row by row."""
        places = sorted((y, x, block.eyes_m) for block in self.seats for x, y in _places(block, self.room.width_m))
        found: list[Seat] = []
        rows: list[list[tuple[float, float, float]]] = []
        for place in places:
            if rows and place[0] - rows[-1][0][0] <= SAME_ROW_M:
                rows[-1].append(place)
            else:
                rows.append([place])
        for row, members in enumerate(rows, 1):
            ordered = sorted(members, key=lambda place: place[1])
            found += [Seat(row, number, x, y, eyes) for number, (y, x, eyes) in enumerate(ordered, 1)]
        return tuple(found)


def _places(block: Block, room_width_m: float) -> list[tuple[float, float]]:
    middle = room_width_m / 2 if block.middle_m is None else block.middle_m
    step = block.width_m / (block.per_row - 1) if block.per_row > 1 else 0.0
    left = middle - step * (block.per_row - 1) / 2
    return [(left + step * seat, block.first_m + block.spacing_m * row)
            for row in range(block.rows) for seat in range(block.per_row)]


def load_room(path: Path) -> Room:
    """Raises RoomUnreadable, RoomTooLarge, and BadShape naming file and key."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RoomUnreadable(file=path, why=error.strerror or str(error)) from None
    if len(data) > MAX_BYTES:
        raise RoomTooLarge(file=path, limit=MAX_BYTES)
    return parse_room(data, str(path))


def parse_room(data: bytes, where: str) -> Room:
    """A room from TOML bytes. Raises BadShape naming `where` and the key."""
    try:
        value = tomllib.loads(data.decode())
    except RecursionError:
        raise BadShape(where=where, key="(whole)", why=N_("its tables lie too deep in each other")) from None
    except ValueError as error:
        raise BadShape(where=where, key="(whole)", why=NotToml(why=str(error))) from None
    room = decode(Room, {name: _with_numbers(one, where, name) for name, one in value.items()}, where, strict=True)
    _check(room, where)
    return room


def _with_numbers(value: Any, where: str, path: str) -> Any:
    """Whole numbers as decimals where decimals are meant. Raises BadShape for what is no number there."""
    if isinstance(value, list):
        return [_with_numbers(one, where, f"{path}.{index}") if isinstance(one, dict) else one
                for index, one in enumerate(value[: MAX_SEATS])]
    if not isinstance(value, dict):
        return value
    return {key: _number(one, where, f"{path}.{key}", *NUMBERS[key]) if key in NUMBERS else one
            for key, one in value.items()}


def _number(value: Any, where: str, key: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadShape(where=where, key=key, why=Expected(what=N_("a number")))
    if not low <= value <= high:
        told = value if isinstance(value, float) or abs(value) < 10**9 else "…"
        raise BadShape(where=where, key=key, why=OutOfRange(value=told, low=low, high=high))
    return float(value)


def _check(room: Room, where: str) -> None:
    """What the shapes alone cannot say."""
    for key, most, least in (("seats", MAX_BLOCKS, 1), ("cameras", MAX_CAMERAS, 1)):
        if not least <= len(getattr(room, key)) <= most:
            raise BadShape(where=where, key=key, why=OutOfRange(value=len(getattr(room, key)), low=least, high=most))
    count = sum(block.rows * block.per_row for block in room.seats)
    if count > MAX_SEATS:
        raise BadShape(where=where, key="seats", why=OutOfRange(value=count, low=1, high=MAX_SEATS))
    if room.room.width_m < 1:
        raise BadShape(where=where, key="room.width_m", why=OutOfRange(value=room.room.width_m, low=1, high=60))
    for index, block in enumerate(room.seats):
        if block.width_m < NARROWEST_M * (block.per_row - 1):
            raise BadShape(where=where, key=f"seats.{index}.width_m", why=N_(
                "seats of a row stand 0.3 m apart or more"))
        if any(not (0 <= x <= room.room.width_m and y <= room.room.depth_m)
               for x, y in _places(block, room.room.width_m)):
            raise BadShape(where=where, key=f"seats.{index}", why=N_("some of its seats stand outside the room"))
    if len({camera.name for camera in room.cameras}) != len(room.cameras):
        raise BadShape(where=where, key="cameras", why=N_("two cameras have the same name"))
    for index, camera in enumerate(room.cameras):
        _check_camera(camera, room.room, where, f"cameras.{index}")


def _check_camera(camera: Camera, size: Size, where: str, key: str) -> None:
    if camera.x_m > size.width_m or camera.y_m > size.depth_m or camera.height_m > size.height_m:
        raise BadShape(where=where, key=key, why=N_("it hangs outside the room"))
    if math.hypot(camera.at_x_m - camera.x_m, camera.at_y_m - camera.y_m) < 0.1:
        raise BadShape(where=where, key=f"{key}.at_y_m", why=N_(
            "it looks straight down or up; name a point at least 0.1 m away that is in the middle of its picture"))
    by_focal = camera.focal_mm is not None and camera.sensor_mm is not None
    if by_focal == (camera.angle_deg is not None) or (camera.focal_mm is None) != (camera.sensor_mm is None):
        raise BadShape(where=where, key=key, why=N_(
            "its lens needs either angle_deg, or both focal_mm and sensor_mm"))
    if not 5 <= camera.horizontal_deg <= 140:
        raise BadShape(where=where, key=f"{key}.focal_mm", why=N_(
            "this focal length and sensor give an angle outside 5 to 140 degrees"))


TEMPLATE = (
    ("", N_("A room for zaitang-edge place. Metres and degrees; whoever reads it looks from the seats at the board.")),
    ("[room]", ""),
    ("name = \"301\"", N_("may be left out")),
    ("width_m = 7.2", N_("from the left wall to the right one")),
    ("depth_m = 9.0", N_("from the board's wall to the one behind")),
    ("height_m = 3.2", ""),
    ("", ""),
    ("[[seats]]", N_("a block of rows; write several where there are aisles, or where people stand elsewhere")),
    ("rows = 6", ""),
    ("per_row = 7", ""),
    ("first_m = 2.4", N_("from the board's wall to the heads of the first row")),
    ("spacing_m = 1.0", N_("from row to row")),
    ("width_m = 5.4", N_("from the first head of a row to the last one")),
    ("# middle_m = 3.6", N_("middle of the rows, from the left wall; without it that of the room")),
    ("eyes_m = 1.2", N_("how high eyes are: 1.2 seated, 1.55 standing")),
    ("", ""),
    ("[[cameras]]", N_("one for each camera")),
    ("name = \"front\"", ""),
    ("x_m = 3.6", N_("from the left wall")),
    ("y_m = 0.2", N_("from the board's wall")),
    ("height_m = 2.4", ""),
    ("at_x_m = 3.6", N_("the point that is in the middle of its picture: three numbers, measured like those before")),
    ("at_y_m = 4.5", ""),
    ("at_height_m = 1.2", ""),
    ("angle_deg = 87", N_("horizontal angle of the lens, from its data sheet; or instead of it the next two")),
    ("# focal_mm = 2.8", ""),
    ("# sensor_mm = 5.3", N_("width of the sensor: about 5.3 for 1/2.8\", 4.8 for 1/3\", 6.4 for 1/2\"")),
    ("width_px = 1920", N_("the main stream, which is recorded")),
    ("height_px = 1080", ""),
)
"""Lines of a room file with what they mean."""


def template(lang: str) -> str:
    """A room file to be changed."""
    lines = [f"{line}  # {translate(said, lang)}".strip() if said else line for line, said in TEMPLATE]
    return "\n".join(lines) + "\n"
