"""Where the database of a centre is, and how it moves from its folder into PostgreSQL."""
from __future__ import annotations

from pathlib import Path

from central.alone import alone
from central.config import CentreConfig, load_config
from central.errors import CannotWrite, NothingToMove, TwoDatabases
from central.store.address import address_of
from central.store.engine import Place
from central.store.moving import move

DATABASE = "zaitang.db"


def place_of(folder: Path, config: CentreConfig) -> Place:
    """Where the database is. Raises TwoDatabases."""
    address, path = address_of(config.database), folder / DATABASE
    if address is None:
        return path
    if path.exists():
        raise TwoDatabases(place=address, path=path)
    return address


def move_database(folder: Path) -> int:
    """Move what zaitang.db holds to the address in centre.toml, and put the file aside. Returns how many records came.

    Raises NoCentre, BadShape, NothingToMove, CollectorRuns, CannotWrite, DatabaseNotEmpty, DatabaseUnusable."""
    address, path = address_of(load_config(folder).database), folder / DATABASE
    if address is None or not path.exists():
        raise NothingToMove(path=path)
    with alone(folder):
        records = move(path, address)
        try:
            path.rename(path.with_name(f"{DATABASE}.moved"))
        except OSError as error:
            raise CannotWrite(path=path, why=error.strerror) from None
    return records
