"""A centre moves from its file into PostgreSQL: with everything, in one step, and not twice."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from central.cli import main
from central.ingest.collector import Message
from central.place import DATABASE, move_database
from central.store import moving
from central.store.address import address_of
from central.store.engine import open_engine, reading
from central.store.errors import DatabaseNotEmpty
from central.store.schema import metadata
from central.wiring import init_centre, open_centre
from evidence.bodies import Alarm
from tests.central.helpers import MORNING, Box, FixedClock, segment_of
from tests.postgres import Server


@pytest.fixture
def folder(tmp_path: Path, postgres: Server) -> Path:
    """Of a centre with records, a tree and a refused message, whose configuration names PostgreSQL since today."""
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=FixedClock())
    box = Box(centre)
    box.genesis()
    for at in range(5):
        box.append(segment_of(b"%d" % at, MORNING, 10, at), MORNING)
    collector = centre.collector()
    collector.take([*box.messages()[:3], *box.messages()[4:], Message("box-1", b"\0")])
    centre.tree().issue(1)
    centre.tree().issue(2)
    with centre.store.write() as tx:
        tx.put_name("welder-1", "p", "张伟".encode())
    centre.store.close()
    config = centre.folder / "centre.toml"
    config.write_text(config.read_text().replace('database = ""', f'database = "{postgres.empty()}"'))
    return centre.folder


def rows(place: object) -> dict[str, list[tuple[object, ...]]]:
    engine = open_engine(place)  # type: ignore[arg-type]
    with reading(engine) as connection:
        found = {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
                 for table in metadata.sorted_tables}
    engine.dispose()
    return found


def address(folder: Path) -> object:
    line = next(one for one in (folder / "centre.toml").read_text().splitlines() if one.startswith("database"))
    return address_of(line.split('"')[1])


def test_everything_is_there_afterwards_and_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rows(folder / DATABASE)
    assert main(["class", "list", "--centre", str(folder), "--lang", "en"]) == 2
    assert "`zaitang-central database move`" in capsys.readouterr().err
    assert main(["database", "move", "--centre", str(folder), "--lang", "en"]) == 0
    assert "7 records are in the database" in capsys.readouterr().out
    assert rows(address(folder)) == before and sum(map(len, before.values())) > 20
    assert not (folder / DATABASE).exists() and (folder / f"{DATABASE}.moved").exists()
    centre = open_centre(folder, FixedClock())
    with centre.store.write() as tx:
        centre.store.append(tx, Alarm("a", {}))
    assert centre.tree().issue(3).checkpoint.size == 8
    centre.store.close()
    assert main(["database", "move", "--centre", str(folder), "--lang", "en"]) == 2
    assert "nothing to move" in capsys.readouterr().err


def test_a_move_that_fails_leaves_both_as_they_were_and_can_be_done_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, copy, copied = rows(folder / DATABASE), moving._copy, []

    def fails(*args: object) -> None:
        copied.append(args)
        if len(copied) > 9:
            raise KeyboardInterrupt
        copy(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(moving, "_copy", fails)
        with pytest.raises(KeyboardInterrupt):
            move_database(folder)
    assert rows(folder / DATABASE) == before and sum(map(len, rows(address(folder)).values())) == 1
    shutil.copy(folder / DATABASE, folder / "again.db")
    assert move_database(folder) == 7
    shutil.move(folder / "again.db", folder / DATABASE)
    assert move_database(folder) == 7, "as after a cut between the copy and putting the file aside"
    assert rows(address(folder)) == before


def test_what_is_in_the_other_database_is_not_mixed_with_it(folder: Path, tmp_path: Path, postgres: Server) -> None:
    text = next(one for one in (folder / "centre.toml").read_text().splitlines() if one.startswith("database"))
    other = init_centre(tmp_path / "other", test_keys=True, database=text.split('"')[1])
    other.store.close()
    before = rows(address(folder))
    with pytest.raises(DatabaseNotEmpty):
        move_database(folder)
    assert rows(address(folder)) == before and (folder / DATABASE).exists()
