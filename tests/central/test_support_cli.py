"""The file about a centre: counts and settings, and no name, password or pseudonym of a course that it holds."""
from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path

from central import cli
from central.support_cli import parts
from central.wiring import Centre
from evidence.bodies import ClassOrder, body_of
from tests.central.course import PEOPLE


def test_nothing_of_the_people_of_a_course_is_in_it(played: Centre, tmp_path: Path) -> None:
    target = tmp_path / "support.zip"
    assert cli.main(["support", "--centre", str(played.folder), "--out", str(target), "--lang", "en"]) == 0
    with zipfile.ZipFile(target) as found:
        told = {name: found.read(name).decode() for name in found.namelist()}
    assert set(told) == {"about.json", "settings.json", "records.json", "space.json", "journal.jsonl"}
    with played.store.read() as tx:
        orders = [body_of(order.record) for order in tx.of_type("order.class")]
    people = [one.person for order in orders if isinstance(order, ClassOrder) for one in order.roster]
    assert len(people) > 5
    assert not [one for one in (*people, *PEOPLE) if one in "".join(told.values())]
    counts = json.loads(told["records.json"])["types"]
    assert counts["checkin"] > 5 and counts["order.class"] == 1
    settings = json.loads(told["settings.json"])
    assert settings["database"] == "sqlite" and "passphrase" not in told["settings.json"]


def test_no_password_of_an_address_is_in_it(centre: Centre) -> None:
    tree = dataclasses.replace(centre.config.tree, stamp_url="https://zaitang:geheim@tsa.example/stamp?key=geheim")
    told = parts(dataclasses.replace(centre, config=dataclasses.replace(centre.config, tree=tree)))
    assert "geheim" not in json.dumps(told) and "https://tsa.example" in json.dumps(told)


def test_a_file_that_is_there_is_not_written_over(played: Centre, tmp_path: Path) -> None:
    target = tmp_path / "support.zip"
    target.write_text("mine")
    assert cli.main(["support", "--centre", str(played.folder), "--out", str(target)]) == 2
    assert target.read_text() == "mine"
