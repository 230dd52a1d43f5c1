"""What an archive will hold: decided once, kept beside the unfinished bag, so that a pull that was ended goes on with
it."""
from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from central.archive.errors import PullDamaged
from central.archive.removed import Certified
from central.files import write_new
from central.parts import sync_folder
from evidence.bodies import Missing
from evidence.errors import BadShape
from evidence.records import Id, Sha256
from evidence.shape import decode, encode

NAME = "plan.json"


@dataclasses.dataclass(frozen=True)
class Piece:
    """One file of the bag, by its path in it."""

    path: str
    sha256: Sha256
    size: int


@dataclasses.dataclass(frozen=True)
class Wanted(Piece):
    """A segment, and the record that names it."""

    device: Id
    chain: str
    seq: int


@dataclasses.dataclass(frozen=True)
class Plan:
    """`export`: hash of the export record; `day`: of its `as_of`; `small`: files that are written with the plan;
    `contradicted`: as in `Exported`; `removed`: what is not in it, for it was removed before; `missing`: what is not
    in it, for it could not be had."""

    v: int
    class_id: Id
    centre: Id
    export: Sha256
    day: str
    small: tuple[Piece, ...]
    segments: tuple[Wanted, ...]
    contradicted: int | None
    removed: tuple[Certified, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def payload(self) -> list[Piece]:
        """What lies under data/, by its path."""
        return sorted((one for one in (*self.small, *self.segments) if one.path.startswith("data/")),
                      key=lambda one: one.path)


def write_plan(folder: Path, plan: Plan) -> None:
    """Keep it, durably. Raises OSError."""
    write_whole(folder / NAME, json.dumps(encode(plan), ensure_ascii=False).encode())


def read_plan(folder: Path) -> Plan | None:
    """The plan that was decided; None: none was. Raises PullDamaged, OSError."""
    try:
        return decode(Plan, json.loads((folder / NAME).read_bytes()), NAME, strict=True)
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError, BadShape):
        raise PullDamaged(file=NAME) from None


def write_whole(path: Path, data: bytes) -> None:
    """Put a small file in its place, the old one or the new one, durably. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_new(fresh, data)
    fresh.rename(path)
    sync_folder(path.parent)
