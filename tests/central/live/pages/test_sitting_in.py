"""Looks that go on, pause, lapse, outlive a start of the centre; and a room that becomes another school's meanwhile."""
from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.live import rooms
from central.web.app import create_app
from central.wiring import Centre, init_centre
from evidence.bodies import Inspection, SessionStart
from evidence.times import MINUTE, SECOND, utc_text
from tests.central.case_pages import kept, text
from tests.central.console import COOKIE, HERE, become, send, session_of, signed_in
from tests.central.helpers import MORNING, PLAN, Box, FixedClock, write_plan
from tests.central.live.pages.conftest import BOXES
from tests.central.live.pages.test_live_pages import WHY, inspect, looks, sees
from tests.central.live.pushing import Camera, answer, jpeg, wanted
from tests.central.live_box import begin_class


def restarted(centre: Centre, client: TestClient, name: str = "wang") -> TestClient:
    """The same person at a console that was started anew."""
    fresh = TestClient(create_app(centre), base_url=HERE)
    become(fresh, session_of(centre, "supervisor", "410000", name))
    return fresh


def test_a_look_that_pauses_goes_on_as_another_one_on_record_and_lapses(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    send(wang, "/live/box-1", reason="other", why=WHY)
    for _ in range(4):
        clock.utc_us += 10 * SECOND
        assert wang.get("/live/box-1/state").json()["asks"] is False
    assert looks(taught) == [("live", "box-1", WHY)]
    clock.utc_us += 4 * MINUTE
    for _ in range(2):
        assert wang.get("/live/box-1/state").json()["asks"] is False
    assert looks(taught) == [("live", "box-1", WHY)] * 2, "a line that was cut: the page goes on by itself, on record"
    clock.utc_us += 5 * MINUTE
    before = len(wanted(taught))
    for path in ("state", "stream.m3u8", "picture.jpg"):
        assert wang.get(f"/live/box-1/{path}", follow_redirects=False).status_code in (200, 303)
    said = wang.get("/live/box-1/state").json()
    assert said["asks"] is True and "五分钟" in said["words"], "an address that somebody kept opens nothing"
    assert len(wanted(taught)) == before and len(looks(taught)) == 2
    send(wang, "/live/box-1/again")
    assert wang.get("/live/box-1/state").json()["asks"] is False and len(looks(taught)) == 3


def test_after_a_start_of_the_centre_only_pages_that_are_open_go_on(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    send(wang, "/live/box-1", reason="other", why=WHY)
    wang = restarted(taught, wang)
    assert wang.get("/live/box-1/state").json()["asks"] is False and len(looks(taught)) == 2
    wang = restarted(taught, wang)
    clock.utc_us += 5 * MINUTE
    assert wang.get("/live/box-1/state").json()["asks"] is True and len(looks(taught)) == 2


def test_each_sitting_at_the_wall_names_who_looked(taught: Centre, wang: TestClient, clock: FixedClock) -> None:
    send(wang, "/wall", reason="other", why=WHY)
    for wait_s in (3, 3, 60, 3):
        clock.utc_us += wait_s * SECOND
        wang.get("/wall/state")
    assert [one for one in looks(taught) if one[1]] == [("wall", "box-1", WHY)] * 2


def test_attack_a_room_that_nobody_more_may_watch_floods_no_chain(
    taught: Centre, wang: TestClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(wang, "/wall", reason="other", why=WHY)
    wang.get("/wall/state")
    clock.utc_us += MINUTE
    wang.app.state.live.hub.sweep()  # type: ignore[attr-defined]
    monkeypatch.setattr("central.live.hub.MOST_VIEWERS", 0)
    before = len(looks(taught))
    for _ in range(3):
        clock.utc_us += 3 * SECOND
        assert wang.get("/wall/state").json()["rooms"][0]["picture"] is None
    assert len(looks(taught)) == before


def test_what_was_seen_before_a_start_of_the_centre_is_still_known(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    began = clock.utc_us
    sees(taught, wang, 10, 40)
    wang = restarted(taught, wang)
    status, said = inspect(wang)
    assert (status, said) == (200, {"inspection": "i-1"})
    camera = Camera(BOXES[taught.folder], wanted(taught)[-1][0], clock.utc_us)
    camera.epoch = 1
    clock.utc_us += 10 * SECOND
    wang.get("/live/box-1/state")
    assert camera.play(wang, 1) == [204, 204]
    assert wang.get(f"/live/box-1/{camera.order.hash}/1/1.m4s").status_code == 200
    send(wang, "/live/box-1/end")
    wang = restarted(taught, wang)
    assert inspect(wang)[0] == 200
    first, second = kept(taught, "inspection")
    assert isinstance(first, Inspection) and isinstance(second, Inspection)
    assert (first.start, first.end) == (utc_text(began + 10 * SECOND), utc_text(began + 50 * SECOND))
    assert (second.start, second.end) == (first.start, utc_text(began + 60 * SECOND))
    send(wang, "/live/box-1/again")
    wang = restarted(taught, wang)
    assert inspect(wang)[0] == 422, "what reached them in the look before"


def test_nobody_types_when_pictures_reached_them(taught: Centre, wang: TestClient, clock: FixedClock) -> None:
    page = wang.get("/classes/welder-1/inspections").text
    assert 'value="remote"' not in page and "视频巡查" in text(wang.get("/classes/welder-1/inspections"))
    typed = {"start": "2026-03-02T08:30", "end": "2026-03-02T08:35", "look": ""}
    status, said = inspect(wang, **typed)
    assert status == 422 and "实时画面旁登记" in said["error"] and kept(taught, "inspection") == []
    sees(taught, wang, 5)
    assert inspect(wang, kind="field")[0] == 422, "it is no inspection at the place"
    assert inspect(wang)[0] == 200
    (first,) = kept(taught, "inspection")
    page = wang.get("/classes/welder-1/inspections?replaces=i-1").text
    assert 'type="hidden" name="kind" value="remote"' in page and 'name="start"' not in page
    assert inspect(wang, **typed, replaces="i-1", headcount="2")[0] == 200
    _, second = kept(taught, "inspection")
    assert isinstance(first, Inspection) and isinstance(second, Inspection)
    assert (second.start, second.end, second.headcount, second.kind) == (first.start, first.end, 2, "remote")
    assert inspect(wang, **typed, replaces="i-1", kind="field")[0] == 422
    assert inspect(wang, **typed, kind="field")[0] == 200
    assert inspect(wang, **typed, replaces="i-2")[0] == 422


BACK_TO_BACK = PLAN.replace("welder-1", "cook-1").replace('title = "', 'title = "烹饪 ')


def test_who_gets_the_room_next_sees_nothing_of_the_class_before(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both have the box today; the class of one ends when that of the other begins."""
    monkeypatch.setattr(rooms, "FRESH_S", 0.0)
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    for name in ("school-a", "school-b"):
        centre.account_desk().put_institution(name, name, "411202", None)
    box = begin_class(centre, tmp_path, 'institution = "school-a"\n' + PLAN)
    add_after(centre, tmp_path / "b")
    clock.utc_us = MORNING + 99 * MINUTE + 50 * SECOND
    alive(centre, box, clock)
    a = signed_in(centre, "institution", "school-a", "school-a")
    b = TestClient(a.app, base_url=HERE)
    become(b, session_of(centre, "institution", "school-b", "school-b"))
    send(a, "/live/box-1", reason="routine")
    send(a, "/wall", reason="routine")
    a.get("/wall/state")
    cameras = {}
    for sealed, body in wanted(centre):
        answer(centre, box, (sealed, body), clock.utc_us)
        cameras[body.watch.form if body.watch else ""] = Camera(box, sealed, clock.utc_us)
    assert cameras["video"].play(a, 3) == [204] * 4
    assert cameras["pictures"].put(a, jpeg(), 1, "picture").status_code == 204
    clock.utc_us += 15 * SECOND
    send(b, "/live/box-1", reason="routine")
    send(b, "/wall", reason="routine")
    assert cameras["video"].play(a, 1, 3) == [204]
    of = f"/live/box-1/{cameras['video'].order.hash}/0"
    assert [b.get(f"{of}/{number}.m4s").status_code for number in (1, 2, 3, 4)] == [404, 404, 404, 200]
    (room,) = b.get("/wall/state").json()["rooms"]
    assert room["class"] == "cook-1" and room["picture"] is None
    assert b.get("/live/box-1/picture.jpg").status_code == 404
    assert cameras["pictures"].put(a, jpeg(30), 2, "picture").status_code == 204
    assert b.get("/live/box-1/picture.jpg").status_code == 200
    centre.store.close()


def alive(centre: Centre, box: Box, clock: FixedClock) -> None:
    """The box is heard now."""
    box.append(SessionStart("welder-1", "s-2", "button"), clock.utc_us)
    centre.collector().take(box.messages()[-1:])


def add_after(centre: Centre, folder: Path) -> None:
    """A class of school-b in the same room from 10:10 on, on the same day."""
    folder.mkdir()
    hours = '{ kind = "theory", start = 2026-03-02T10:10:00, end = 2026-03-02T10:55:00 }'
    plan = 'institution = "school-b"\n' + BACK_TO_BACK.split("hours = [")[0] + f"hours = [{hours}]\n"
    paths = write_plan(folder, plan)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])


def test_a_day_of_many_other_looks_hides_no_look_into_a_room(
    taught: Centre, wang: TestClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("central.web.looks.MOST", 3)
    send(wang, "/live/box-1", reason="other", why=WHY)
    clock.utc_us += MINUTE
    for path in ("/classes/welder-1", "/classes/welder-1/inspections", "/plans/welder-1", "/classes/welder-1/case"):
        for name in ("li", "zhao", "sun"):
            signed_in(taught, "supervisor", "410000", name).get(path)
    said = text(signed_in(taught, "administrator").get("/looks"))
    assert WHY in said and "还有更多" not in said
    for _ in range(3):
        send(wang, "/live/box-1/end")
        send(wang, "/live/box-1/again")
    page = text(signed_in(taught, "administrator").get("/looks"))
    assert "还有更多" in page, "what is left out is said"


def test_of_a_look_over_two_schools_each_sees_its_own_part(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rooms, "FRESH_S", 0.0)
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    for name in ("school-a", "school-b"):
        centre.account_desk().put_institution(name, name, "411202", None)
    BOXES[centre.folder] = begin_class(centre, tmp_path, 'institution = "school-a"\n' + PLAN)
    add_after(centre, tmp_path / "b")
    clock.utc_us = MORNING + 99 * MINUTE + 50 * SECOND
    alive(centre, BOXES[centre.folder], clock)
    wang = signed_in(centre, "supervisor", "410000", "wang")
    sees(centre, wang, 1)
    clock.utc_us += 12 * SECOND
    li = TestClient(wang.app, base_url=HERE)
    become(li, session_of(centre, "supervisor", "410000", "li"))
    send(li, "/live/box-1", reason="complaint")
    assert len(wanted(centre)) == 1, "one sitting"
    a, b = (text(signed_in(centre, "institution", name, name).get("/looks")) for name in ("school-a", "school-b"))
    assert "wang · " in a and "li · " not in a and WHY in a
    assert "li · " in b and "wang · " not in b and "welder-1" not in b and WHY not in b
    both = text(signed_in(centre, "supervisor", "410000", "zhao").get("/looks"))
    assert "wang · " in both and "li · " in both
    centre.store.close()


@pytest.mark.long
@pytest.mark.parametrize("how", ["disabled", "password", "left"])
def test_attack_who_is_out_gets_nothing_of_what_was_on_the_way(
    taught: Centre, wang: TestClient, clock: FixedClock, how: str,
) -> None:
    """Every address that a player or a page had."""
    camera = sees(taught, wang, 1)
    send(wang, "/wall", reason="routine")
    of = f"/live/box-1/{camera.order.hash}/0"
    paths = [f"{of}/1.m4s", f"{of}/init.mp4", "/live/box-1/stream.m3u8", "/live/box-1/state", "/live/box-1/picture.jpg",
             "/wall/state"]
    assert [wang.get(path).status_code for path in paths] == [200, 200, 200, 200, 404, 200]
    assert all(wang.get(path).headers["cache-control"] == "no-store" for path in paths)
    if how == "disabled":
        taught.account_desk().disable("wang", None)
    elif how == "password":
        taught.account_desk().set_password("wang", "ein anderes Passwort 77", None)
    else:
        token = wang.cookies.get(COOKIE) or ""
        assert send(wang, "/sign-out").status_code == 303
        become(wang, token)  # whoever copied the cookie
    assert {wang.get(path, follow_redirects=False).status_code for path in paths} <= {401, 303}
    assert all(b"moof" not in wang.get(path).content for path in paths)
