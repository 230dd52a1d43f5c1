"""Guided enrolment: from the name to the records, all or nothing; refusals, other faces, and people who walk away."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge.enrol import shots
from edge.enrol.consents import consents
from edge.enrol.erase import withdraw
from edge.enrol.errors import NeedsAnchor, NobodyToEnrol, NoInspector, NoSuchClass, NotConfirmed, NotNow
from edge.enrol.guide import IDLE_S, ODD_OFTEN, Guide
from edge.enrol.same import Odd
from edge.enrol.search import limit_of, search
from edge.enrol.shots import LOST_FRAMES, LOST_S, SAID_S
from edge.errors import BadStore, FacesChanged, StoreBusy
from edge.store.people import NewFace
from edge.wiring import Box
from evidence.bodies import Alarm, Consent, Enrolment, FaceErased, body_of
from evidence.errors import ZaitangError

CLASS = "class-1"
MakeGuide = Callable[..., Guide]


def said(box: Box) -> list[str]:
    return [sealed.record.type for sealed in box.store.records(after=0)]


def bodies(box: Box, kind: str) -> list[Any]:
    return [body_of(sealed.record) for sealed in box.store.records_of(kind)]


def look(guide: Guide, frame: np.ndarray | None, times: int = 3) -> None:
    for _ in range(times):
        guide.frame(frame)


def enrol(guide: Guide, person: str, frame: np.ndarray, inspector: str = "") -> str:
    guide.open(CLASS) if guide.view().state == "closed" else guide.next()
    guide.choose(person)
    if guide.view().state == "again":
        guide.confirm()
    guide.agree("zh")
    guide.vouch(inspector) if inspector else guide.unanchored()
    look(guide, frame)
    return guide.view().state


def test_from_the_name_to_the_records(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose, who="某职校")
    assert not guide.active and guide.view().state == "closed"
    guide.open(CLASS)
    view = guide.view()
    assert guide.active and view.title == "测试班" and [one.name for one in view.people][:2] == ["王秀英", "李强"]
    guide.choose("p-1")
    view = guide.view("zh")
    assert (view.state, view.name) == ("consent", "王秀英") and "某职校" in view.text
    guide.agree("zh")
    assert guide.view().state == "anchor" and guide.view().inspector and not guide.view().card
    guide.vouch("  赵 检查 ")
    assert (guide.view().state, guide.view().pose, guide.view().shots_of) == ("shots", "front", 1)
    look(guide, portraits["p-1"], 2)
    assert guide.view().advice == "good" and said(named_box) == []
    look(guide, portraits["p-1"], 1)
    assert guide.view().state == "enrolled" and said(named_box) == ["consent", "enrolment"]
    given = named_box.store.records_of("consent")[0]
    body, consent = bodies(named_box, "enrolment")[0], body_of(given.record)
    assert isinstance(body, Enrolment) and isinstance(consent, Consent)
    assert (body.anchor, body.anchor_by, body.source, body.consent) == ("inspector", "赵 检查", "camera", given.hash)
    assert [shot.pose for shot in body.shots] == ["front"] and body.shots[0].face_px > 110 and body.photos == 1
    assert consent.given and consent.until == "2026-04-01T01:25:00.000000Z" and consent.by == "terminal"
    assert list(named_box.store.templates(CLASS, "builtin")) == ["p-1"]
    shot = named_box.store.shot(CLASS, "p-1")
    assert shot is not None and shot[:2] == b"\xff\xd8"
    guide.next()
    assert guide.view().people[0].enrolled and guide.view().said is None


def test_five_shots_are_guided_and_a_picture_is_not_alive(
    named_box: Box, make_guide: MakeGuide, posed: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide, frame = make_guide(posed), portraits["p-1"]
    posed.live_ppm = 1_000
    assert enrol(guide, "p-1", frame) == "shots" and guide.view().advice == "not_live"
    posed.live_ppm = 990_000
    look(guide, frame)
    assert (guide.view().pose, guide.view().shots_taken, guide.view().shots_of) == ("left", 1, 5)
    look(guide, frame, 1)
    assert guide.view().advice == "left"
    for yaw, pitch in ((25, 0), (-25, 0), (0, 15), (0, -15)):
        posed.turn(yaw, pitch)
        look(guide, frame)
    assert guide.view().state == "enrolled"
    body = bodies(named_box, "enrolment")[0]
    assert [shot.pose for shot in body.shots] == ["front", "left", "right", "up", "down"] and body.photos == 5
    assert body.shots[0].live_ppm == 990_000 and named_box.store.templates(CLASS, "builtin")["p-1"].shape == (5, 128)


def test_somebody_else_in_the_middle_of_the_shots_is_told(
    make_guide: MakeGuide, posed: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(posed)
    enrol(guide, "p-1", portraits["p-1"])
    posed.turn(25)
    look(guide, portraits["p-7"])
    assert guide.view().advice == "other" and guide.view().shots_taken == 1


def move(frame: np.ndarray, pixels: int) -> np.ndarray:
    """The same picture, further to the right."""
    moved = np.full_like(frame, 120)
    moved[:, pixels:] = frame[:, :-pixels]
    return moved


@pytest.mark.parametrize("how", ["gone", "silent", "jumped"])
def test_a_face_that_leaves_between_two_shots_begins_them_again(
    make_guide: MakeGuide, posed: Any, hands: Any, portraits: dict[str, np.ndarray], how: str,
) -> None:
    guide, frame = make_guide(posed), portraits["p-1"]
    enrol(guide, "p-1", frame)
    posed.turn(25)
    look(guide, frame, 1)
    assert guide.view().shots_taken == 1
    if how == "jumped":
        frame = move(frame, 200)
    else:
        look(guide, None if how == "silent" else np.full((340, 480, 3), 90, np.uint8), LOST_FRAMES)
        hands.now_s += LOST_S + 0.1
    guide.frame(frame)
    assert (guide.view().shots_taken, guide.view().pose, guide.view().advice) == (0, "front", "again")
    posed.turn()
    look(guide, frame)
    assert guide.view().advice == "again" and guide.view().shots_taken == 0  # it stays to be read
    hands.now_s += SAID_S
    look(guide, frame)
    assert guide.view().shots_taken == 1


def test_a_box_that_is_slow_or_misses_a_frame_begins_nothing_again(
    make_guide: MakeGuide, posed: Any, hands: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide, frame = make_guide(posed), portraits["p-1"]
    enrol(guide, "p-1", frame)
    hands.now_s += 3.0
    look(guide, frame, 1)
    hands.now_s += 0.2
    guide.frame(np.full((340, 480, 3), 90, np.uint8))
    hands.now_s += 0.2
    look(guide, frame, 1)
    hands.now_s += 1.0  # one frame in a second
    guide.frame(np.full((340, 480, 3), 90, np.uint8))
    hands.now_s += 1.0
    look(guide, frame, 1)
    assert guide.view().shots_taken == 1 and guide.view().advice == "left"


@pytest.mark.long
@pytest.mark.parametrize("how", ["enrolled", "away"])
def test_two_people_are_not_enrolled_as_one_however_alike(
    named_box: Box, make_guide: MakeGuide, posed: Any, hands: Any, portraits: dict[str, np.ndarray],
    monkeypatch: pytest.MonkeyPatch, how: str,
) -> None:
    monkeypatch.setattr(shots, "SAME_SHARE", 0.0)  # an accomplice who is similar enough for every single frame
    guide, turns = make_guide(posed), ((25, 0), (-25, 0), (0, 15), (0, -15))
    enrol(guide, "p-1", portraits["p-1"])
    for times in range(1, ODD_OFTEN + 1):
        for number, (yaw, pitch) in enumerate(turns):
            posed.turn(yaw, pitch)
            look(guide, portraits["p-1" if number < 2 else "p-2"])
        assert (guide.view().state, guide.view().shots_taken) == ("shots", 0)
        assert guide.view().advice == ("odd" if times < ODD_OFTEN else "odd_still")
        assert said(named_box) == ["alarm"] and named_box.store.templates(CLASS, "builtin") == {}
        hands.now_s += SAID_S
        posed.turn()
        look(guide, portraits["p-1"])
    if how == "enrolled":
        for yaw, pitch in turns:
            posed.turn(yaw, pitch)
            look(guide, portraits["p-1"])
    assert guide.view().state == ("enrolled" if how == "enrolled" else "shots")
    guide.next() if how == "enrolled" else guide.close()
    guide.close()
    alarms = bodies(named_box, "alarm")
    assert {(one.code, one.params["person"], one.params["shots"]) for one in alarms} == {
        ("enrol.two_faces", "p-1", "up, down")}
    assert [one.params["times"] for one in alarms] == [1, ODD_OFTEN]  # the first at once: a power cut hides nothing


def test_a_silent_camera_and_an_empty_room_ask_for_nothing(
    make_guide: MakeGuide, no_pose: Any, hands: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide, empty = make_guide(no_pose), np.full((340, 480, 3), 90, np.uint8)
    assert enrol(guide, "p-1", empty) == "shots" and guide.view().advice == "nobody"
    guide.frame(None)
    assert guide.view().advice is None
    hands.now_s += IDLE_S + 1
    guide.frame(empty)
    assert not guide.active and guide.view().person is None


def test_a_refusal_is_recorded_at_once_and_leads_to_the_pin(
    named_box: Box, make_guide: MakeGuide, no_pose: Any,
) -> None:
    guide = make_guide(no_pose)
    guide.open(CLASS)
    guide.choose("p-2")
    guide.refuse("en")
    assert guide.view().state == "pin" and consents(named_box.store, CLASS)["p-2"].said == "refused"
    guide.choose_pin("271828")
    assert guide.view().state == "pin_set" and named_box.store.pins(CLASS) == {"p-2": 0}
    assert said(named_box) == ["consent", "pin.set"] and named_box.store.erasures() == []


def test_who_refuses_after_all_loses_the_face_that_is_here(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-1", portraits["p-1"])
    guide.next()
    guide.choose("p-1")
    guide.confirm()
    guide.refuse("zh")
    assert named_box.store.templates(CLASS, "builtin") == {}
    assert [one.why for one in named_box.store.erasures()] == ["withdrawn"]


def test_one_face_under_two_names_stops_for_a_supervisor(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, hands: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-1", portraits["p-1"])
    assert enrol(guide, "p-2", portraits["p-1"]) == "stopped"
    found, alarm = guide.view().found, bodies(named_box, "alarm")[0]
    assert found is not None and (found.why, found.person, found.class_id) == ("same_face", "p-1", CLASS)
    assert isinstance(alarm, Alarm) and (alarm.code, alarm.params["other"]) == ("enrol.same_face", "p-1")
    assert list(named_box.store.templates(CLASS, "builtin")) == ["p-1"] and len(said(named_box)) == 3
    with pytest.raises(NeedsAnchor):
        guide.overrule("p-2")
    assert enrol(guide, "p-2", portraits["p-1"], "赵检查") == "stopped"
    hands.instructor = None
    with pytest.raises(NotConfirmed):
        guide.overrule("p-2")
    for hands.instructor, person, error in (("p-6", "p-1", NotNow), ("p-2", "p-2", NotConfirmed)):
        with pytest.raises(error):
            guide.overrule(person)
    hands.instructor = "p-6"
    guide.overrule("p-2")
    assert guide.view().state == "enrolled" and bodies(named_box, "alarm")[-1].code == "enrol.overruled"
    assert list(named_box.store.templates(CLASS, "builtin")) == ["p-1", "p-2"]


def test_enrolling_again_is_confirmed_replaces_and_says_so(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, hands: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-1", portraits["p-1"])
    version = named_box.store.faces_version()
    assert enrol(guide, "p-1", portraits["p-1"]) == "enrolled"
    assert said(named_box) == ["consent", "enrolment", "consent", "face.erased", "enrolment"]
    assert bodies(named_box, "face.erased") == [FaceErased(CLASS, "p-1", "again", 1, 1)]
    assert named_box.store.templates(CLASS, "builtin")["p-1"].shape == (1, 128)
    assert named_box.store.faces_version() != version
    hands.instructor = None
    guide.next()
    guide.choose("p-1")
    with pytest.raises(NotConfirmed):
        guide.confirm()
    assert guide.view().state == "again"


def test_another_face_under_an_enrolled_name_stops(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-1", portraits["p-1"])
    assert enrol(guide, "p-1", portraits["p-7"]) == "stopped"
    found = guide.view().found
    assert found is not None and found.why == "other_face" and bodies(named_box, "alarm")[0].code == "enrol.other_face"


def find(pack: Any, vectors: np.ndarray, me: Any, everybody: Any, names: Any) -> Any:
    return search(pack, vectors, me, everybody, names, limit_of(pack, {**everybody, me: vectors}, names))


def crowd(people: int, photos: int) -> list[np.ndarray]:
    """Made-up descriptions of people as far from each other as those of dlib are, of one person as near."""
    rng = np.random.default_rng(4)
    middles = rng.normal(size=(people, 1, 128))
    rows = middles / np.linalg.norm(middles, axis=2, keepdims=True) * 0.6 + rng.normal(0, 0.02, (people, photos, 128))
    return list(rows.astype(np.float32))


@pytest.mark.parametrize("bond", ["name", "pseudonym"])
def test_one_person_in_two_classes_does_not_raise_the_limit_of_the_search(builtin: Any, bond: str) -> None:
    """Else a face would hide under another name because others come to two classes."""
    faces = crowd(14, 4)
    once = {("class-1", f"p-{at}"): rows[:2] for at, rows in enumerate(faces[:12])}
    names = {known: f"某{known[1]}" for known in once}
    both, strangers = dict(once), dict(once)
    for at in range(3):
        known = ("class-2", f"p-{at}" if bond == "pseudonym" else f"p-9{at}")
        both[known] = faces[at][2:]
        strangers["class-2", f"p-8{at}"] = faces[at][2:]
        if bond == "name":
            names[known] = names["class-1", f"p-{at}"]
    alone, joined = limit_of(builtin, once, names), limit_of(builtin, both, names)
    assert abs(joined - alone) < 10_000 < limit_of(builtin, strangers, names) - alone
    again = {**both, ("class-1", "p-0"): faces[0][1:3]}  # enrolled anew: this is another class's face, too
    assert abs(limit_of(builtin, again, names) - alone) < 10_000


def test_two_namesakes_of_one_class_are_two_people(builtin: Any) -> None:
    faces = crowd(12, 2)
    everybody = {("class-1", f"p-{at}"): rows for at, rows in enumerate(faces)}
    assert limit_of(builtin, everybody, dict.fromkeys(everybody, "李强")) == limit_of(builtin, everybody, {})


def test_a_face_that_comes_between_search_and_store_stops_the_guide(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, builtin: Any, templates: Any,
    portraits: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch,
) -> None:
    guide, real = make_guide(no_pose), named_box.store.enrol

    def late(faces: Any, facts: Any = (), searched: Any = None) -> None:
        monkeypatch.setattr(named_box.store, "enrol", real)
        real([NewFace(templates["p-1"], Enrolment(CLASS, "p-2", "builtin", builtin.sha256, 1, "none"))])
        real(faces, facts, searched)

    monkeypatch.setattr(named_box.store, "enrol", late)
    assert enrol(guide, "p-1", portraits["p-1"]) == "shots" and said(named_box) == ["enrolment"]
    guide.frame(None)
    assert guide.view().state == "stopped" and list(named_box.store.templates(CLASS, "builtin")) == ["p-2"]


def test_an_instructor_decides_on_what_stands_there_in_that_moment(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, builtin: Any, templates: Any,
    portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-7", portraits["p-1"], "赵检查")
    assert enrol(guide, "p-2", portraits["p-1"], "赵检查") == "stopped"
    near = [NewFace(templates["p-1"], Enrolment(CLASS, "p-1", "builtin", builtin.sha256, 1, "none"))]
    named_box.store.ask_erasure(CLASS, ["p-7"], "withdrawn")
    named_box.store.enrol(near)
    with pytest.raises(FacesChanged):
        guide.overrule("p-2")
    found = guide.view().found
    assert guide.view().state == "stopped" and found is not None and found.person == "p-1"
    named_box.store.enrol([NewFace(templates["p-3"], Enrolment(CLASS, "p-3", "builtin", builtin.sha256, 1, "none"))])
    guide.overrule("p-2")  # somebody came who changes nothing
    assert guide.view().state == "enrolled"


def test_shots_that_show_two_people_by_now_are_taken_anew_before_anybody_decides(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, builtin: Any, templates: Any, hands: Any,
    portraits: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch,
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-7", portraits["p-1"], "赵检查")
    assert enrol(guide, "p-2", portraits["p-1"], "赵检查") == "stopped"
    named_box.store.enrol([NewFace(templates["p-3"], Enrolment(CLASS, "p-3", "builtin", builtin.sha256, 1, "none"))])
    with monkeypatch.context() as patch:  # whoever came raised the limit
        patch.setattr("edge.enrol.guide.odd_ones", lambda *_: Odd((0,), 410_000))
        with pytest.raises(FacesChanged):
            guide.overrule("p-2")
    view = guide.view()
    assert (view.state, view.pose, view.advice, view.found) == ("shots", "front", "odd", None)
    assert [one.code for one in bodies(named_box, "alarm")] == ["enrol.same_face", "enrol.two_faces"]
    assert "p-2" not in named_box.store.templates(CLASS, "builtin")
    hands.now_s += SAID_S
    look(guide, portraits["p-1"])
    assert guide.view().state == "stopped"


def test_the_same_person_in_another_class_is_fine_and_another_name_is_not(builtin: Any, templates: Any) -> None:
    me, other = ("class-2", "p-90"), ("class-1", "p-1")
    everybody = {other: templates["p-1"], ("class-1", "p-7"): templates["p-7"]}
    same = {me: "王秀英", other: "王秀英"}
    assert find(builtin, templates["p-1"], me, everybody, same) is None
    found = find(builtin, templates["p-1"], me, everybody, {**same, other: "李强"})
    assert found is not None and (found.why, found.class_id, found.person) == ("same_face", "class-1", "p-1")
    unnamed = find(builtin, templates["p-1"], me, everybody, {})
    assert unnamed is not None and unnamed.why == "same_face"
    assert find(builtin, templates["p-3"], me, everybody, same) is None  # an honest namesake in another class
    again = {**everybody, ("class-1", "p-90"): templates["p-7"]}
    moved = find(builtin, templates["p-3"], me, again, same)  # the same pseudonym is the same person
    assert moved is not None and (moved.why, moved.person) == ("other_face", "p-90")
    assert find(builtin, templates["p-3"], ("class-2", "p-91"), everybody, same) is None
    assert find(builtin, templates["p-3"], me, {}, {}) is None


def test_a_withdrawal_in_between_wins(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    guide.open(CLASS)
    guide.choose("p-1")
    guide.agree("zh")
    guide.unanchored()
    look(guide, portraits["p-1"], 2)
    withdraw(named_box.store, CLASS, "p-1", "command")
    look(guide, portraits["p-1"], 1)
    assert guide.view().state == "withdrawn" and named_box.store.templates(CLASS, "builtin") == {}
    assert said(named_box) == ["consent.withdrawn"]


@pytest.mark.parametrize("error", [StoreBusy, BadStore])
@pytest.mark.parametrize("call", ["records_of", "enrol"])
def test_a_store_that_fails_for_a_moment_costs_nothing_but_time(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, portraits: dict[str, np.ndarray],
    monkeypatch: pytest.MonkeyPatch, call: str, error: type[ZaitangError],
) -> None:
    guide, real = make_guide(no_pose), getattr(named_box.store, call)

    def busy(*told: Any) -> Any:
        if guide._state == "consent":
            return real(*told)
        raise error(path="box.db", why="disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(named_box.store, call, busy)
        with pytest.raises(error):
            enrol(guide, "p-1", portraits["p-1"])
        assert guide.view().state == "shots" and said(named_box) == []
    guide.frame(None)
    assert guide.view().state == "enrolled" and said(named_box) == ["consent", "enrolment"]


def test_what_cannot_be_pressed_now_is_refused_and_nothing_changes(
    make_guide: MakeGuide, no_pose: Any, hands: Any,
) -> None:
    guide = make_guide(no_pose)
    for press in (lambda: guide.choose("p-1"), guide.unanchored, guide.next, lambda: guide.agree("zh"), guide.cannot,
                  lambda: guide.choose_pin("271828"), lambda: guide.overrule("p-1"), lambda: guide.withdraw("p-1")):
        with pytest.raises(NotNow):
            press()
    with pytest.raises(NoSuchClass):
        guide.open("class-9")
    guide.open(CLASS)
    with pytest.raises(NobodyToEnrol):
        guide.choose("p-99")
    guide.choose("p-1")
    guide.agree("zh")
    for name in ("", "x", "y" * 41, "a\u202eb"):
        with pytest.raises(NoInspector):
            guide.vouch(name)
    hands.utc_us += 86_400_000_000
    assert not guide.view().inspector
    with pytest.raises(NotNow):
        guide.vouch("赵检查")
    assert guide.view().state == "anchor"
    guide.close()
    assert guide.view().state == "closed"


def test_withdrawal_at_the_terminal_is_confirmed_and_leads_to_a_pin(
    named_box: Box, make_guide: MakeGuide, no_pose: Any, hands: Any, portraits: dict[str, np.ndarray],
) -> None:
    guide = make_guide(no_pose)
    enrol(guide, "p-1", portraits["p-1"])
    guide.next()
    guide.choose("p-1")
    with pytest.raises(NotNow):  # a late or hostile page: somebody else than who was chosen
        guide.withdraw("p-2")
    hands.instructor = None
    with pytest.raises(NotConfirmed):
        guide.withdraw("p-1")
    hands.instructor = "p-6"
    guide.withdraw("p-1")
    assert guide.view().state == "withdrawn" and named_box.store.templates(CLASS, "builtin") == {}
    assert consents(named_box.store, CLASS)["p-1"].said == "withdrawn"
    guide.cannot()
    assert dataclasses.asdict(guide.view())["state"] == "pin"
