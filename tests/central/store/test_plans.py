"""Drafts, ID numbers and bookings in the database; and a database of before, which has none of them."""
from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import pytest

from central.store.engine import open_engine, reading
from central.store.plans import KeptNumber
from central.store.schema import SCHEMA_VERSION
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import ClassOrder, Hour, Place, PolicyRef
from evidence.times import HOUR, utc_text
from tests.central.helpers import MORNING

SCHEMA_2 = Path(__file__).parents[1] / "data" / "schema-2.sql"
ORDER = ClassOrder("a", 1, "A", PolicyRef("demo", "ab" * 32), 480, (Place("box-1", "101"),), (), (
    Hour("h1", "theory", utc_text(MORNING), utc_text(MORNING + HOUR)),
    Hour("h2", "online", utc_text(MORNING + 5 * HOUR), utc_text(MORNING + 6 * HOUR))), "school")


@pytest.mark.parametrize("centre", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
def test_a_draft_is_saved_by_whoever_has_seen_the_last_one(centre: Centre) -> None:
    with centre.store.write() as tx:
        assert tx.save_draft("a", 0, 1, "one")
        assert not tx.save_draft("a", 0, 2, "two")
        assert tx.save_draft("a", 1, 3, "three") and not tx.save_draft("a", 1, 4, "four")
        draft = tx.draft("a")
        assert draft is not None and (draft.version, draft.changed_us, draft.body) == (2, 3, "three")
        assert [one.class_id for one in tx.drafts()] == ["a"]
        tx.drop_draft("a")
        assert tx.draft("a") is None and not tx.save_draft("a", 2, 5, "five")


@pytest.mark.parametrize("centre", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
def test_a_number_is_found_elsewhere_and_erased(centre: Centre) -> None:
    with centre.store.write() as tx:
        kept = (("a", "p-1", "m1"), ("b", "p-2", "m1"), ("b", "p-3", "m2"), ("c", "p-4", "m1"))
        for class_id, person, marker in kept:
            tx.put_number(KeptNumber(class_id, person, marker, b"x"))
        assert [(one.class_id, one.person) for one in tx.elsewhere(["m1", *map(str, range(1200))], "a")] == [
            ("b", "p-2"), ("c", "p-4")]
        tx.put_number(KeptNumber("b", "p-2", "m3", b"y"))
        tx.forget_number("c", "p-4")
        assert tx.elsewhere(["m1"], "a") == []
        assert tx.numbers("b")["p-2"].sealed == b"y"


@pytest.mark.parametrize("centre", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
def test_who_has_a_box_or_a_room_of_the_same_institution_when(centre: Centre) -> None:
    other = dataclasses.replace(ORDER, class_id="b", boxes=(Place("box-2", "101"),))
    with centre.store.write() as tx:
        tx.book(ORDER)
        assert tx.sharing(ORDER, 0, 1 << 60) == []
        assert tx.sharing(other, MORNING, MORNING + 1) == ["a"]
        assert tx.sharing(dataclasses.replace(other, institution="x"), MORNING, MORNING + 1) == []
        same = dataclasses.replace(other, institution=None, boxes=ORDER.boxes)
        assert tx.sharing(same, MORNING, MORNING + 1) == ["a"]
        # Back to back is no overlap, and what is online needs no room.
        assert tx.sharing(other, MORNING + HOUR, MORNING + 2 * HOUR) == []
        tx.book(dataclasses.replace(ORDER, number=2, hours=()))
        assert tx.sharing(other, MORNING, MORNING + 1) == []


def test_a_database_of_before_knows_its_bookings_from_its_orders(tmp_path: Path) -> None:
    path = tmp_path / "zaitang.db"
    old = sqlite3.connect(path)
    old.executescript(SCHEMA_2.read_text("utf-8"))
    old.close()
    engine = open_engine(path)
    with reading(engine) as connection:
        tx = Tx(connection)
        assert (tx.meta("schema"), tx.drafts()) == (str(SCHEMA_VERSION), [])
        assert tx.sharing(ORDER, MORNING, MORNING + 1) == ["welder-1"]
    engine.dispose()
