"""ID numbers at rest: nobody reads one without the key, and one person is found in every class."""
from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.errors import BadKeyFile, NoCentre
from central.plans.errors import NumbersLocked
from central.plans.ids import IdBox, IdNumber, people_key
from tests.central.plans.tables import number

BOX, OTHER = IdBox(b"k" * 32), IdBox(b"o" * 32)
ONE = IdNumber("id_card", number(1))


def test_what_is_sealed_opens_for_its_person_alone() -> None:
    sealed = BOX.seal("c-1", "p-1", ONE)
    assert ONE.number.encode() not in sealed
    assert BOX.open("c-1", "p-1", sealed) == ONE
    assert sealed != BOX.seal("c-1", "p-1", ONE)
    for box, class_id, person, data in (
        (OTHER, "c-1", "p-1", sealed), (BOX, "c-2", "p-1", sealed), (BOX, "c-1", "p-2", sealed),
        (BOX, "c-1", "p-1", sealed[:-1]), (BOX, "c-1", "p-1", b""),
    ):
        with pytest.raises(NumbersLocked):
            box.open(class_id, person, data)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_marker_is_the_same_for_the_same_document_alone(one: str, two: str) -> None:
    assert (BOX.marker(IdNumber("passport", one)) == BOX.marker(IdNumber("passport", two))) == (one == two)
    assert BOX.marker(IdNumber("passport", one)) != BOX.marker(IdNumber("taiwan", one))
    assert BOX.marker(IdNumber("passport", one)) != OTHER.marker(IdNumber("passport", one))


def test_a_number_is_not_printed() -> None:
    assert number(1) not in repr(ONE)


def test_the_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with pytest.raises(NoCentre):
        people_key(folder)
    folder.mkdir()
    (folder / "centre.key").write_bytes(b"x")
    key = people_key(folder)
    assert people_key(folder) == key and len(key) == 32
    assert stat.S_IMODE((folder / "people.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["centre.key", "people.key"]
    (folder / "people.key").write_bytes(b"short")
    with pytest.raises(BadKeyFile):
        people_key(folder)
