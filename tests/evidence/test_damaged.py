"""Which files are spoilt by what boxes and centres state; whose word counts for which copy."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Alarm
from evidence.damaged import AT_BOX, AT_CENTRE, Damage, damages

A, B = "ab" * 32, "cd" * 32
OWNERS = {A: "box-1", B: "box-2"}
BOXES = {"box-1", "box-2"}


def said(device: str, seq: int, code: str, segment: object = A) -> tuple[tuple[str, str, int], Alarm, int]:
    return ((device, "0" * 32, seq), Alarm(code, {"segment": segment}), 0)


def test_the_last_word_counts() -> None:
    lost, whole = said("box-1", 1, "segment.lost"), said("box-1", 2, "storage.repaired")
    assert damages([lost], OWNERS, BOXES) == [Damage(A, lost[0], None)]
    assert damages([whole, lost], OWNERS, BOXES) == []
    again = said("box-1", 3, "storage.rotten")
    assert damages([again, lost, whole], OWNERS, BOXES) == [Damage(A, again[0], None)]


def test_both_copies_may_be_spoilt() -> None:
    box, centre = said("box-1", 1, "storage.rotten"), said("centre", 9, "centre.file_rotten")
    assert damages([centre, box], OWNERS, BOXES) == [Damage(A, box[0], centre[0])]
    assert damages([centre, said("centre", 10, "centre.file_repaired")], OWNERS, BOXES) == []


def test_attack_nobody_answers_for_another_ones_copy() -> None:
    assert damages([said("box-2", 1, "segment.lost")], OWNERS, BOXES) == []
    assert damages([said("box-1", 1, "centre.file_lost")], OWNERS, BOXES) == []
    lost = said("box-1", 1, "segment.lost")
    assert damages([lost, said("box-2", 2, "storage.repaired")], OWNERS, BOXES) == [Damage(A, lost[0], None)]


@given(st.lists(st.tuples(
    st.sampled_from(["box-1", "box-2", "centre"]), st.integers(0, 50), st.sampled_from([*AT_BOX, *AT_CENTRE, "other"]),
    st.sampled_from([A, B, "ef" * 32, 7, None])), unique_by=lambda one: (one[0], one[1])))
def test_order_of_arrival_changes_nothing_and_only_known_files_are_told(
    what: list[tuple[str, int, str, object]]
) -> None:
    alarms = [said(*one) for one in what]
    found = damages(alarms, OWNERS, BOXES)
    assert found == damages(list(reversed(alarms)), OWNERS, BOXES)
    assert {one.segment for one in found} <= {A, B}
