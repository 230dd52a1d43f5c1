"""The check-in engine: one attempt per visit, a vote of several frames, nobody twice."""
from __future__ import annotations

import numpy as np
import pytest

from common.policies import load_policy
from edge.checkin.engine import LEFT_AFTER, WINDOW, Engine
from edge.checkin.errors import NobodyEnrolled
from edge.vision.pack import Pack
from evidence.checkin import answer_of
from evidence.policy import Policy
from tests.edge.checkin.faking import FAR, FakePack, Shows, vector

SECOND = 1_000_000


def frame(who: int, x: int = 0) -> np.ndarray:
    return Shows(FAR if who == 4 else who, x).picture()


@pytest.fixture
def demo() -> Policy:
    return load_policy("demo")


@pytest.fixture
def engine(builtin: Pack, demo: Policy) -> Engine:
    pack = FakePack(builtin.manifest)
    return Engine(pack, demo, "class-1", "s-1", {"a": vector(1)[None], "b": vector(2)[None]})


def steps(engine: Engine, *who: int) -> list:
    steps.now = getattr(steps, "now", 0)
    views = []
    for one in who:
        steps.now += SECOND
        views.append(engine.step(frame(one), steps.now))
    return views


def test_enough_agreeing_frames_make_one_record(engine: Engine, demo: Policy) -> None:
    views = steps(engine, 0, 1, 1, 1, 1, 1)
    assert [view.state for view in views] == ["empty", "looking", "looking", "accepted", "accepted", "accepted"]
    (checkin,) = [view.checkin for view in views if view.checkin]
    assert answer_of(checkin, demo) == ("accepted", "a")
    assert (checkin.frames, checkin.votes, checkin.face_px, checkin.liveness) == (3, 3, 120, "not_checked")
    assert checkin.seen_mono_us == steps.now - 4 * SECOND and checkin.session == "s-1"
    assert views[1].votes == 1 and views[1].needed == 3 and views[3].person == "a"


def test_somebody_checked_in_is_greeted_and_not_recorded_again(engine: Engine) -> None:
    steps(engine, 1, 1, 1, 0, 0, 0)
    views = steps(engine, 1, 1, 1, 1)
    assert views[-1].state == "greeted" and views[-1].person == "a"
    assert not any(view.checkin for view in views)


def test_a_new_session_begins_with_its_own_list(engine: Engine) -> None:
    steps(engine, 1, 1, 1, 0, 0)
    engine.begin("s-2", ["b"])
    assert steps(engine, 1, 1, 1)[-1].checkin.session == "s-2"
    assert steps(engine, 0, 0, 2, 2, 2)[-1].state == "greeted"


def test_an_unknown_face_is_one_refused_attempt_per_visit(engine: Engine, demo: Policy) -> None:
    views = steps(engine, *[3] * (WINDOW + 5))
    made = [view.checkin for view in views if view.checkin]
    assert len(made) == 1 and made[0].frames == WINDOW and answer_of(made[0], demo) == ("unknown", None)
    assert views[-1].state == "unknown" and views[-1].person is None
    assert [view.state for view in steps(engine, *[0] * LEFT_AFTER)][-1] == "empty"
    assert sum(view.checkin is not None for view in steps(engine, *[3] * WINDOW)) == 1


def test_the_next_person_is_noticed_without_a_pause(engine: Engine) -> None:
    views = steps(engine, 1, 1, 1, 2, 2, 2)
    assert [view.checkin.best.person for view in views if view.checkin] == ["a", "b"]
    swapped = steps(engine, 0, 0, 3, 3, 1, 1, 1)
    assert swapped[-1].state == "greeted" and swapped[-1].person == "a"


def test_votes_of_two_people_never_mix(engine: Engine) -> None:
    assert not any(view.checkin for view in steps(engine, 1, 2, 1, 2, 1, 2))


def test_one_missed_frame_is_no_farewell(engine: Engine) -> None:
    views = steps(engine, 1, 1, 0, 1, 1)
    assert sum(view.checkin is not None for view in views) == 1 and views[3].state == "accepted"


def test_a_face_far_away_is_asked_to_come_closer(engine: Engine) -> None:
    views = steps(engine, 4, 4, 4)
    assert {view.state for view in views} == {"too_small"} and not any(view.checkin for view in views)


def test_without_anybody_enrolled_there_is_no_check_in(builtin: Pack, demo: Policy) -> None:
    with pytest.raises(NobodyEnrolled, match="class-1"):
        Engine(builtin, demo, "class-1", None, {})


def test_real_faces_with_builtin(builtin: Pack, demo: Policy, templates, pictures) -> None:
    import cv2

    engine, random = Engine(builtin, demo, "class-1", "s-1", templates), np.random.default_rng(3)
    accepted = []
    for number, person in enumerate(("p-1", "p-7", "p-4")):
        for repeat in range(4):
            image = np.full((480, 640, 3), 120, np.uint8)
            image[40:440, 120:520] = cv2.resize(pictures.portraits[person], (400, 400))
            noisy = np.clip(image + random.normal(0, 5, image.shape), 0, 255).astype(np.uint8)
            view = engine.step(noisy, (number * 4 + repeat) * SECOND)
            accepted += [view.checkin.best.person] if view.checkin and view.state == "accepted" else []
    assert accepted == ["p-1", "p-7", "p-4"]
