"""`zaitang-central schema`: an update asks which database there is and which ones a release opens."""
from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from central import cli
from central.store.engine import OPENS
from central.store.schema import SCHEMA_VERSION

DATA = Path(__file__).parent / "data"


def schema(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = cli.main(["--lang", "en", "schema", "--centre", str(folder), "--json", *words])
    said = capsys.readouterr()
    return code, json.loads(said.out) if not code else said.err


def dump(folder: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "zaitang.db")) as database:
        return list(database.iterdump())


def test_a_centre_of_this_version(new_centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"writes": SCHEMA_VERSION, "opens": list(OPENS), "database": SCHEMA_VERSION}
    assert schema(new_centre, capsys, "--try") == (0, told)
    assert not list(new_centre.glob("try-*"))
    assert cli.main(["--lang", "en", "schema", "--centre", str(new_centre), "--try"]) == 0
    assert "it opened a copy" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "code"), [(1, 0), (2, 0), (99, 1)])
def test_an_older_one_is_tried_on_a_copy_and_stays_as_it_is(
    tmp_path: Path, new_centre: Path, capsys: pytest.CaptureFixture[str], number: int, code: int,
) -> None:
    (tmp_path / "centre.toml").write_text((new_centre / "centre.toml").read_text())
    with sqlite3.connect(tmp_path / "zaitang.db") as made:
        made.executescript((DATA / f"schema-{min(number, 2)}.sql").read_text())
        made.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?)", (str(number),))
    made.close()
    before = dump(tmp_path)
    assert schema(tmp_path, capsys)[1]["database"] == number
    assert bool(schema(tmp_path, capsys, "--try")[0]) is bool(code)
    assert dump(tmp_path) == before and not list(tmp_path.glob("try-*"))
