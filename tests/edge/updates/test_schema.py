"""`zaitang-edge schema` and `update-failed`: what an update asks a box's database, and what it states there."""
from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from edge import cli
from edge.store import sql
from edge.updates.said import Failed, last_failed
from edge.wiring import Box, open_box
from tests.edge.recorder.test_process import make_box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return open_box(make_box(tmp_path / "box", tmp_path / "film.mp4"))


def schema(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = cli.main(["--lang", "en", "schema", "--box", str(folder), "--json", *words])
    said = capsys.readouterr()
    return code, json.loads(said.out) if not code else {"why": said.err}


def test_the_numbers_are_told_and_nothing_is_changed(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    head = box.store.head_seq()
    assert schema(box.folder, capsys, "--try") == (0, {
        "writes": sql.SCHEMA_VERSION, "opens": list(sql.OPENS), "database": sql.SCHEMA_VERSION})
    assert box.store.head_seq() == head and not list(box.run_folder.glob("database-try-*"))
    assert sql.SCHEMA_VERSION in sql.OPENS


def test_a_box_without_a_database_gets_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_box(tmp_path / "box", tmp_path / "film.mp4")
    assert schema(folder, capsys, "--try")[1]["database"] is None
    assert not (folder / "zaitang.db").exists()


def test_a_database_of_another_release_is_told_and_not_opened(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    box.store.put_note("schema", "99")
    assert schema(box.folder, capsys)[1]["database"] == 99
    code, said = schema(box.folder, capsys, "--try")
    assert code == 2 and "schema 99" in said["why"] and not list(box.run_folder.glob("database-try-*"))


def test_a_broken_database_is_one_sentence(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    box.store.close()
    (box.folder / "zaitang.db").write_bytes(b"no database" * 1000)
    for more in ((), ("--try",)):
        assert schema(box.folder, capsys, *more)[0] == 2


def test_what_did_not_hold_is_stated_once_and_the_doctor_tells_it(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["update-failed", "--box", str(box.folder), "--release", "0.2.0", "--back-to", "0.1.0", "--why", "doctor"]
    assert [cli.main(words), cli.main(words)] == [0, 0]
    alarms = [one.record.body for one in box.store.records_of("alarm")]
    assert [one["code"] for one in alarms] == ["update.rolled_back"]
    assert last_failed(box.store) == Failed("0.2.0", "0.1.0", "doctor")
    capsys.readouterr()
    cli.main(["--lang", "en", "doctor", "--box", str(box.folder)])
    assert "release 0.2.0 did not hold here; release 0.1.0 runs again" in capsys.readouterr().out
    assert cli.main(["update-failed", "--box", str(box.folder), "--release", "0.3.0", "--why", "starts"]) == 0
    assert [one.record.body["code"] for one in box.store.records_of("alarm")] == ["update.rolled_back", "update.stays"]
    box.store.close()


@pytest.mark.parametrize("release", ["", "a b", "版", "x" * 65])
def test_a_release_is_named_plainly(box: Box, release: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["update-failed", "--box", str(box.folder), "--release", release, "--why", "doctor"])


def test_a_copy_of_one_moment(box: Box, tmp_path: Path) -> None:
    from edge.store.database import copy_database

    copy_database(box.folder / "zaitang.db", tmp_path / "copy.db")
    (count,) = sqlite3.connect(tmp_path / "copy.db").execute("SELECT count(*) FROM records").fetchone()
    assert count == 1
    box.store.close()
