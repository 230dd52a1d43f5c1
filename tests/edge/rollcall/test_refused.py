"""No roll call of a class for which the pack is refused, until it passes: told once, and its video waits."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection

import numpy as np
import pytest

from common.alarms import alarm_words
from common.policies import load_policy
from edge.plans import newest_orders
from edge.rollcall.attempts import Attempts
from edge.rollcall.behind import BEHIND, Behind, Board, read_behind
from edge.rollcall.process import Worker, policy_for
from edge.rollcall.refused import Refused
from edge.vision.pack import Pack
from edge.wiring import Box
from evidence.bodies import OrderAccepted, PolicyRef, RollCall, body_of
from evidence.called import PACK_REFUSED
from evidence.policy import Policy
from tests.edge.rollcall.test_process import SECOND, add, film, remembering  # noqa: F401
from tests.edge.vision.test_calibrate import crowd

REAL, DEMO = load_policy("sanmenxia-2023"), load_policy("demo")
CLASS = "class-1"
Start = Callable[[Policy], Worker]


@pytest.fixture
def start(face_box: Box, remembering: Pack) -> Start:  # noqa: F811
    """Starts the work anew under a policy, as after a restart."""
    def begun(policy: Policy) -> Worker:
        run = face_box.run_folder
        return Worker(face_box.store, face_box.find_segment, remembering, 1, Attempts(run / "try.json"),
                      Board(run / BEHIND), refused=Refused(face_box.store, remembering, lambda order: policy))
    return begun


def alarms(box: Box) -> list[tuple[str, str]]:
    found = [sealed.record.body for sealed in box.store.records_of("alarm")]
    assert {body["code"] for body in found} <= {PACK_REFUSED} and {body["class"] for body in found} <= {CLASS}
    return [(body["params"]["why"], alarm_words(PACK_REFUSED, body["params"], "en")) for body in found]


def galleries(box: Box) -> list[int]:
    found = [body_of(sealed.record) for sealed in box.store.records_of("rollcall")]
    return [len(call.gallery or ()) for call in found if isinstance(call, RollCall)]


def test_too_few_enrolled_people_are_told_once_and_the_video_is_looked_at_when_there_are_enough(
    face_box: Box, add, start: Start,  # noqa: F811
) -> None:
    people = crowd(20, 2.0)
    face_box.store.put_templates(CLASS, "builtin", dict(list(people.items())[:7]))
    add(0)
    worker = start(REAL)
    assert not worker.turn() and not worker.turn() and not start(REAL).turn(), "a restart is no reason to say it again"
    told = read_behind(face_box.run_folder / BEHIND)
    assert told == Behind(0, 0, 0, {CLASS: "few"}) and galleries(face_box) == []
    ((why, words),) = alarms(face_box)
    assert why == "few" and "Enrol at least ten" in words and "pack builtin: 7 enrolled, 10 needed" in words
    face_box.store.put_templates(CLASS, "builtin", people)
    assert worker.turn() and not worker.turn() and galleries(face_box) == [20]
    assert read_behind(face_box.run_folder / BEHIND) == Behind(0, 0) and len(alarms(face_box)) == 1


def test_after_a_roll_call_it_is_told_anew(face_box: Box, add, start: Start) -> None:  # noqa: F811
    """A finding takes it that who called the roll since is not refused any more."""
    people = crowd(20, 2.0)
    few = dict(list(people.items())[:7])
    face_box.store.put_templates(CLASS, "builtin", few)
    add(0)
    worker = start(REAL)
    assert not worker.turn()
    face_box.store.put_templates(CLASS, "builtin", people)
    assert worker.turn() and len(alarms(face_box)) == 1
    face_box.store.ask_erasure(CLASS, list(people)[7:], "withdrawn")
    add(1)
    assert not worker.turn() and not worker.turn() and len(alarms(face_box)) == 2
    assert not start(REAL).turn() and len(alarms(face_box)) == 2, "a restart is no reason"


def test_a_pack_that_mixes_the_class_up_is_told_with_what_to_do(face_box: Box, add, start: Start) -> None:  # noqa: F811
    face_box.store.put_templates(CLASS, "builtin", crowd(12, 0.1))
    add(0)
    assert not start(REAL).turn() and not start(REAL).turn() and galleries(face_box) == []
    ((why, words),) = alarms(face_box)
    assert why == "loose" and "opencv" in words and "15000 allowed" in words


def test_under_a_demonstration_nothing_is_refused(
    face_box: Box, add, start: Start, templates: dict[str, np.ndarray],  # noqa: F811
) -> None:
    face_box.store.put_templates(CLASS, "builtin", templates)
    add(0)
    assert start(DEMO).turn() and galleries(face_box) == [7] and alarms(face_box) == []


def test_who_is_refused_costs_nothing_while_it_waits_and_keeps_nobody_else_waiting(
    face_box: Box, add, start: Start, templates: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch,  # noqa: F811
) -> None:
    """The other class has no plan here: no rule judges it, so nobody asks."""
    face_box.store.put_templates(CLASS, "builtin", templates)
    face_box.store.put_templates("class-2", "builtin", templates)
    add(0)
    add(1, class_id="class-2")
    worker = start(REAL)
    assert worker.turn() and not worker.turn() and galleries(face_box) == [7]
    asked: list[str] = []
    read = face_box.store.templates
    monkeypatch.setattr(face_box.store, "templates", lambda *of: asked.append(of[0]) or read(*of))
    assert not worker.turn() and not worker.turn() and asked == []


def test_a_new_plan_is_asked_for_anew(
    face_box: Box, add, remembering: Pack, templates: dict[str, np.ndarray],  # noqa: F811
) -> None:
    face_box.store.put_templates(CLASS, "builtin", templates)
    add(0)
    policies = {"now": REAL}
    refused = Refused(face_box.store, remembering, lambda order: policies["now"])
    worker = Worker(face_box.store, face_box.find_segment, remembering, 1, Attempts(face_box.run_folder / "try.json"),
                    refused=refused)
    assert not worker.turn()
    policies["now"] = DEMO
    assert not worker.turn(), "nothing said that anything changed"
    face_box.store.append("order.accepted", OrderAccepted(CLASS, "0" * 64))
    assert worker.turn() and galleries(face_box) == [7]


@pytest.mark.parametrize(("known", "policy"), [("demo", "demo"), ("of-next-year", "sanmenxia-2023")])
def test_a_policy_that_the_box_does_not_know_is_asked_by_its_own(face_box: Box, known: str, policy: str) -> None:
    order = newest_orders(face_box.store.orders())[CLASS]
    order = dataclasses.replace(order, policy=PolicyRef(known, "0" * 64))
    assert policy_for(face_box.store, order, "sanmenxia-2023").id == policy


def test_words_need_no_parameter_of_a_stranger() -> None:
    hostile: Collection[dict[str, object]] = ({"least": 1}, {"strangers_ppm": 1}, {"why": "few"}, {"why": []}, {})
    for params in hostile:
        for lang in ("zh", "en"):
            assert alarm_words(PACK_REFUSED, params, lang)
