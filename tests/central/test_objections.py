"""Objections at the centre: who may object, what is sealed with them, and that video is held while one is open."""
from __future__ import annotations

from typing import Any

import pytest

from central.classes.errors import BadBy, HeldByObjection, UnknownPerson
from central.classes.objection_errors import BadObjection, NoObjection, NotTheirObjection, ObjectionOver, WhoObjects
from central.classes.objections import (
    handle_objection,
    list_objections,
    pseudonym_of,
    raise_objection,
    raise_own_objection,
)
from central.classes.statements import close_dispute
from central.errors import UnknownClass
from central.wiring import Centre
from evidence.bodies import Dispute, Objection, body_of
from tests.central.test_statements import CLASS, centre_with_class, stated

__all__ = ["centre_with_class"]


def person(centre: Centre, name: str = "王芳") -> str:
    return pseudonym_of(centre.store, centre.names, CLASS, name)


def objected(centre: Centre, **changes: Any) -> Objection:
    told = {"class_id": CLASS, "source": "school", "person": None, "text": " 名册  有误 ", "by": "school-1"} | changes
    return raise_objection(centre.store, **told)


def answered(centre: Centre, objection: str = "o-1", how: str = "rejected", **changes: Any) -> Objection:
    told = {"class_id": CLASS, "objection": objection, "how": how, "answer": "名册无误", "handled_by": "li"} | changes
    return handle_objection(centre.store, **told)


def test_an_objection_holds_the_video_until_it_ends(centre_with_class: Centre) -> None:
    centre = centre_with_class
    assert objected(centre) == Objection(CLASS, "o-1", "raised", "school", None, "名册 有误", "school-1", "d-1")
    assert stated(centre) == [Dispute(CLASS, "d-1", "opened", "o-1")]
    with pytest.raises(HeldByObjection):
        close_dispute(centre.store, CLASS, "x", None)
    answered(centre, how="answered")
    assert stated(centre) == [Dispute(CLASS, "d-1", "opened", "o-1")], "an answer alone ends nothing"
    who = person(centre)
    second = objected(centre, source="trainee", person=who)
    assert (second.objection, second.dispute, second.person) == ("o-2", "d-2", who)
    answered(centre)
    assert stated(centre)[-1] == Dispute(CLASS, "d-1", "closed", "o-1")
    assert [(one.objection, one.state) for one in list_objections(centre.store, CLASS)] == [
        ("o-1", "rejected"), ("o-2", "raised")]
    answered(centre, "o-2", "withdrawn")
    assert len(stated(centre)) == 4
    with centre.store.read() as tx:
        assert len([body_of(one.record) for one in tx.of_type("objection", CLASS)]) == 5


@pytest.mark.parametrize(("changes", "error"), [
    ({"class_id": "no"}, UnknownClass), ({"text": " "}, BadObjection), ({"text": "长" * 2001}, BadObjection),
    ({"text": "a\u202eb"}, BadObjection), ({"by": ""}, BadBy), ({"source": "trainee"}, WhoObjects),
    ({"person": "p-1"}, WhoObjects), ({"source": "trainee", "person": "李四"}, UnknownPerson),
])
def test_an_objection_that_does_not_say_who_and_what_leaves_nothing(
    centre_with_class: Centre, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        objected(centre_with_class, **changes)
    assert stated(centre_with_class) == [] and list_objections(centre_with_class.store, CLASS) == ()


def test_no_institution_withdraws_what_a_trainee_raised_alone(centre_with_class: Centre) -> None:
    centre, who = centre_with_class, person(centre_with_class)
    raise_own_objection(centre.store, CLASS, who, "当日本人在场", centre.clock.stamp().utc_us)
    with pytest.raises(NotTheirObjection):
        answered(centre, how="withdrawn", by_school=True)
    assert list_objections(centre.store, CLASS)[0].open
    objected(centre, source="trainee", person=who)
    answered(centre, "o-2", "withdrawn", by_school=True)
    answered(centre)
    assert [one.state for one in list_objections(centre.store, CLASS)] == ["rejected", "withdrawn"]


def test_an_instructor_objects_as_the_school(centre_with_class: Centre) -> None:
    with pytest.raises(WhoObjects):
        objected(centre_with_class, source="trainee", person=person(centre_with_class, "陈老师"))


def test_what_ended_stays_ended(centre_with_class: Centre) -> None:
    centre = centre_with_class
    objected(centre)
    for change, error in (({"objection": "o-9"}, NoObjection), ({"answer": " "}, BadObjection),
                          ({"handled_by": " "}, BadBy), ({"class_id": "no"}, UnknownClass)):
        with pytest.raises(error):
            answered(centre, **change)
    answered(centre, how="upheld")
    with pytest.raises(ObjectionOver):
        answered(centre, how="rejected")
    assert [one.state for one in list_objections(centre.store, CLASS)] == ["upheld"]
