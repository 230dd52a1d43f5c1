"""Looking into a room: what a box is answered, what viewers are shown, what goes on record."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from central.accounts.looks import AGAIN_US
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.live.decide import APART_US, GRACE_US, RENEW_US, SEEN_US, TAKEN_US
from central.web import live_boxes
from central.web.app import create_app
from central.web.reasons import LONGEST
from central.wiring import Centre, open_centre
from evidence.bodies import CentreLook, body_of
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.live import LONGEST_US
from evidence.records import Stamp
from evidence.seal import KeySigner
from evidence.times import HOUR, MINUTE, SECOND, utc_text
from tests.central.console import HERE, become, send, session_of
from tests.central.helpers import MORNING, PLAN, REAL, Box, FixedClock, segment_of, write_plan
from tests.central.live.pushing import Camera, answer, ended, jpeg, pieces, wanted

INIT, CUT = pieces()
WHY = "例行抽查"


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    """The box of a class whose first class-hour begins now, of a school in Sanmenxia."""
    centre.account_desk().put_institution("school-a", "学校甲", "411202", None)
    paths = write_plan(tmp_path, 'institution = "school-a"\n' + PLAN)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    made = Box(centre)
    made.genesis()
    made.append(segment_of(b"x", MORNING - MINUTE, 60), MORNING)
    centre.collector().take(made.messages())
    heartbeat(centre, made)
    return made


def heartbeat(centre: Centre, box: Box) -> None:
    from central.ingest.collector import Message

    now_us = centre.clock.stamp().utc_us
    made = heartbeat_of(box.sealed[-1], Stamp("b0", now_us - MORNING + 7200 * SECOND, now_us, REAL), 0, {})
    centre.collector().take([Message(box.device, seal_heartbeat(made, box.signer), "heartbeats")])


@pytest.fixture
def client(centre: Centre, box: Box) -> Iterator[TestClient]:
    with TestClient(create_app(centre), base_url=HERE) as made:
        become(made, session_of(centre, "supervisor", "411200", "li"))
        yield made


def other(centre: Centre, client: TestClient, role: str, scope: str, name: str) -> TestClient:
    made = TestClient(client.app, base_url=HERE)
    become(made, session_of(centre, role, scope, name))
    return made


@pytest.fixture
def camera(centre: Centre, client: TestClient, box: Box) -> Camera:
    """Somebody looks, and the box took the order."""
    send(client, "/live/box-1", reason="other", why=WHY)
    order = wanted(centre)[-1]
    answer(centre, box, order, MORNING)
    return Camera(box, order[0], MORNING)


def looks(centre: Centre) -> list[CentreLook]:
    with centre.store.read() as tx:
        return [body for one in tx.of_type("look.centre") if isinstance(body := body_of(one.record), CentreLook)]


def state(client: TestClient) -> dict[str, object]:
    told: dict[str, object] = client.get("/live/box-1/state?lang=en").json()
    return told


def see(centre: Centre, client: TestClient, box: Box, now_us: int) -> int:
    """The box sends a piece for the newest order, and it is asked for; the status of the answer."""
    order = wanted(centre)[-1][0]
    Camera(box, order, now_us).play(client, 1)
    return client.get(f"/live/box-1/{order.hash}/0/1.m4s", follow_redirects=False).status_code


# --- viewers


def test_a_look_takes_a_reason_which_is_on_record_before_anything_is_asked_of_the_box(
    centre: Centre, client: TestClient,
) -> None:
    assert 'name="why"' in client.get("/live/box-1").text and looks(centre) == []
    for why in ("", "   ", "x" * (LONGEST + 1)):
        refused = send(client, "/live/box-1?lang=en", follow=True, reason="other", why=why)
        assert refused.history[0].status_code == 303 and "choose why you look" in refused.text and wanted(centre) == []
    assert send(client, "/live/box-1", reason="other", why=f" {WHY} ").headers["location"] == "/live/box-1"
    (look,) = looks(centre)
    assert (look.account, look.what, look.device, look.class_id, look.why) == ("li", "live", "box-1", None, WHY)
    ((_, body),) = wanted(centre)
    assert body.watch is not None and (body.watch.camera, body.watch.form, body.watch.by) == ("room", "video", "li")
    assert body.expires == utc_text(MORNING + TAKEN_US)
    assert "<video" in client.get("/live/box-1").text
    send(client, "/live/box-1", reason="other", why=WHY)
    assert len(looks(centre)) == len(wanted(centre)) == 1


def test_the_page_asks_the_box_again_by_no_reason_of_its_own(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    assert send(client, "/live/box-1/again").headers["location"] == "/live/box-1"
    assert wanted(centre) == [] and looks(centre) == [], "nobody said why"
    send(client, "/live/box-1", reason="other", why=WHY)
    answer(centre, box, wanted(centre)[-1], MORNING, "no_camera")
    _later(client, clock, APART_US)
    assert 'action="/live/box-1/again"' in client.get("/live/box-1").text
    send(client, "/live/box-1/again")
    assert len(wanted(centre)) == 2 and len(looks(centre)) == 1
    _later(client, clock, AGAIN_US)
    heartbeat(centre, box)
    send(client, "/live/box-1/again")
    assert len(wanted(centre)) == 2 and len(looks(centre)) == 1, "the hour is over: a person says it again"
    assert 'name="why"' in client.get("/live/box-1").text


def test_without_a_reason_nothing_is_shown_and_nothing_ordered(centre: Centre, client: TestClient) -> None:
    for path in ("stream.m3u8", f"{'0' * 64}/0/init.mp4", f"{'0' * 64}/0/1.m4s", "picture.jpg"):
        led = client.get(f"/live/box-1/{path}", follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, "/live/box-1")
    told = state(client)
    assert (told["state"], told["order"]) == ("over", None) and "say again why" in str(told["words"])
    assert wanted(centre) == [] and looks(centre) == []


def test_from_the_order_to_the_picture(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    send(client, "/live/box-1", reason="other", why=WHY)
    assert state(client)["state"] == "waiting"
    order = wanted(centre)[-1]
    assert client.get("/live/box-1/stream.m3u8").status_code == 404
    answer(centre, box, order, MORNING)
    camera = Camera(box, order[0], MORNING - 2 * SECOND)
    assert camera.play(client, 4) == [204] * 5
    clock.utc_us += SECOND
    told = state(client)
    assert (told["state"], told["viewers"], told["delay_s"], told["skipped"]) == ("running", 1, 2.0, 0)
    assert told["order"] == order[0].hash and told["until"] == utc_text(MORNING + 1800 * SECOND)
    listed = client.get("/live/box-1/stream.m3u8")
    assert listed.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert listed.headers["cache-control"] == "no-store" and listed.text.count("EXTINF") == 4
    names = [line for line in listed.text.splitlines() if line.endswith(".m4s")]
    assert [client.get(name).content for name in names] == list(CUT[:4])
    init = client.get(f"/live/box-1/{order[0].hash}/0/init.mp4")
    assert init.content == INIT and init.headers["x-content-type-options"] == "nosniff"
    assert client.get(names[0].replace("/1.m4s", "/9.m4s")).status_code == 404
    leaves = _leaves(centre)
    for name in names * 3:
        client.get(name)
    assert _leaves(centre) == leaves, "no record for each piece"


def _leaves(centre: Centre) -> int:
    with centre.store.read() as tx:
        return tx.leaves()


def test_a_refusal_is_told_in_the_boxs_words(centre: Centre, client: TestClient, box: Box) -> None:
    send(client, "/live/box-1", reason="other", why=WHY)
    answer(centre, box, wanted(centre)[-1], MORNING, "no_camera")
    client.app.state.live._orders._known.clear()  # type: ignore[attr-defined]
    told = state(client)
    assert told["state"] == "refused" and "camera" in str(told["words"]).lower()
    assert "refused at 08:30:00" in str(told["words"])
    assert len(wanted(centre)) == 1


def _later(client: TestClient, clock: FixedClock, us: int) -> None:
    """Time passes, also for what is kept for seconds; whoever is signed in, or looks in, does so still."""
    clock.utc_us += us
    for look in client.app.state.live.looking._looks.values():  # type: ignore[attr-defined]
        look.asked_us += us
    become(client, session_of(client.app.state.centre, "supervisor", "411200", "li"))  # type: ignore[attr-defined]
    desk = client.app.state.live  # type: ignore[attr-defined]
    for kept in (desk._orders, desk._looks, desk._went_on, desk._reach, desk._institutions):
        kept._known.clear()
    desk.rooms._of.clear()
    desk.rooms._all = (-10.0, ())


def test_a_page_tells_how_its_room_stands(
    centre: Centre, clock: FixedClock, client: TestClient, camera: Camera,
) -> None:
    camera.play(client, 1)
    assert camera.put(client, CUT[2], 2, skipped=True).status_code == 204
    assert (state(client)["state"], state(client)["skipped"]) == ("slow", 1)
    _later(client, clock, 7 * SECOND)
    assert state(client)["state"] == "silent"
    _later(client, clock, 4 * MINUTE)
    told = state(client)
    assert told["state"] == "offline" and len(wanted(centre)) == 1


def test_an_order_goes_on_in_another_one_while_somebody_watches(
    centre: Centre, clock: FixedClock, client: TestClient, camera: Camera, box: Box,
) -> None:
    _later(client, clock, 1800 * SECOND - RENEW_US - 1)
    heartbeat(centre, box)
    state(client)
    assert len(wanted(centre)) == 1
    _later(client, clock, 1)
    state(client)
    state(client)
    assert len(wanted(centre)) == 2 and len(looks(centre)) == 1
    new = Camera(box, wanted(centre)[-1][0], clock.utc_us)
    assert new.play(client, 2) == [204] * 3
    camera.now_us = clock.utc_us
    assert camera.put(client, CUT[0], 1).status_code == 410, "the newer one has its place"


def test_what_the_box_ended_is_asked_for_again_while_somebody_watches(
    centre: Centre, clock: FixedClock, client: TestClient, camera: Camera, box: Box,
) -> None:
    ended(centre, box, camera.order, MORNING + SECOND)
    _later(client, clock, APART_US)
    state(client)
    assert len(wanted(centre)) == 2


def test_whoever_ends_it_does_not_watch(
    centre: Centre, clock: FixedClock, client: TestClient, camera: Camera,
) -> None:
    camera.play(client, 1)
    assert send(client, "/live/box-1/end").headers["location"] == "/wall"
    assert camera.put(client, CUT[1], 2).status_code == 410
    camera.epoch = 1
    assert camera.put(client, INIT, 0, "init").status_code == 410, "the order is over here"


def test_a_reason_holds_for_an_hour_and_for_the_class_that_runs(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    send(client, "/live/box-1", reason="other", why=WHY)
    _later(client, clock, AGAIN_US - 1)
    assert state(client)["state"] != "over" or state(client)["order"] is not None
    _later(client, clock, 2)
    assert state(client)["order"] is None and 'name="why"' in client.get("/live/box-1").text
    _later(client, clock, 5 * HOUR + 15 * MINUTE - AGAIN_US - 1)  # 13:45: no class-hour yet
    send(client, "/live/box-1", reason="other", why="课前")
    assert [look.why for look in looks(centre)] == [WHY, "课前"]


def test_attack_a_room_at_rest_is_nobodys_business(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    """Also of whoever gave a reason while a class went on."""
    send(client, "/live/box-1", reason="other", why=WHY)
    _later(client, clock, AGAIN_US - 1)
    before = len(looks(centre))
    for late in (3 * HOUR, 30 * MINUTE):  # 12:30, and 13:00
        _later(client, clock, late)
        assert client.post("/live/box-1", data={"reason": "other", "why": "午间"}).status_code == 403
        for path in ("", "/state", "/stream.m3u8", "/picture.jpg", f"/{'ab' * 32}/0/init.mp4"):
            assert client.get(f"/live/box-1{path}", follow_redirects=False).status_code == 403, path
    assert "半小时" in client.get("/live/box-1").text and len(looks(centre)) == before


def test_who_still_looks_when_another_class_begins_looks_at_that_one_too(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    _later(client, clock, 5 * HOUR + 25 * MINUTE)  # 13:55
    send(client, "/live/box-1", reason="other", why=WHY)
    _later(client, clock, 6 * MINUTE)
    for _ in range(2):
        state(client)
        assert see(centre, client, box, clock.utc_us) == 200
    assert [(look.class_id, look.why) for look in looks(centre)] == [(None, WHY), ("welder-1", WHY)]


def test_a_class_that_begins_makes_no_reason_hold_longer(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    _later(client, clock, 5 * HOUR + 25 * MINUTE)  # 13:55
    send(client, "/live/box-1", reason="other", why=WHY)
    _later(client, clock, 6 * MINUTE)
    state(client)
    assert see(centre, client, box, clock.utc_us) == 200 and len(looks(centre)) == 2
    _later(client, clock, AGAIN_US - 5 * MINUTE)
    assert state(client)["order"] is None and 'name="why"' in client.get("/live/box-1").text
    assert client.get("/live/box-1/stream.m3u8", follow_redirects=False).status_code == 303


def test_a_picture_of_the_wall_is_shown_for_as_long_as_its_reason_holds(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    _later(client, clock, 5 * HOUR + 25 * MINUTE)  # 13:55, no class-hour
    send(client, "/wall", reason="other", why=WHY)
    client.get("/wall/state")
    _later(client, clock, 30 * MINUTE)
    heartbeat(centre, box)
    client.get("/wall/state")
    assert [(look.device, look.class_id) for look in looks(centre)] == [(None, None), ("box-1", "welder-1")]
    order = wanted(centre)[-1]
    answer(centre, box, order, clock.utc_us)
    for minutes, status in ((0, 200), (31, 303)):
        _later(client, clock, minutes * MINUTE)
        client.app.state.live.hub.see("box-1", "pictures", "wang")  # type: ignore[attr-defined]
        camera = Camera(box, order[0], clock.utc_us)
        assert camera.put(client, jpeg(), 1 + minutes, "picture").status_code == 204
        assert client.get("/live/box-1/picture.jpg", follow_redirects=False).status_code == status


def test_who_looked_where_and_why_stands_on_the_audit_page(centre: Centre, client: TestClient, box: Box) -> None:
    send(client, "/live/box-1", reason="other", why=WHY)
    send(client, "/wall", reason="other", why="值班")
    client.get("/wall/state")
    shown = other(centre, client, "administrator", "", "admin").get("/audit?lang=en").text
    assert "live view" in shown and "live pictures of rooms" in shown and WHY in shown and "值班" in shown
    assert shown.count("box-1") >= 2


def test_r5_counts_the_look_once_a_picture_of_the_class_was_seen(
    centre: Centre, client: TestClient, camera: Camera,
) -> None:
    from central.classes.stories import Stories
    from evidence.story import LookFact

    def counted() -> list[str]:
        told = Stories(centre.store, centre.clock, centre.kept_files).tell("welder-1")
        return [look.what for look in told.story.looks if isinstance(look, LookFact)]

    send(client, "/wall", reason="other", why=WHY)
    camera.play(client, 2)
    piece = f"/live/box-1/{camera.order.hash}/0/1.m4s"
    state(client)
    client.head(piece)
    assert counted() == []
    assert client.get(piece).status_code == client.get(piece).status_code == 200
    assert counted() == ["live"]


def test_another_school_sees_nothing_also_of_a_box_that_it_had_before(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box, tmp_path: Path,
) -> None:
    centre.account_desk().put_institution("school-b", "学校乙", "411302", None)
    plan = ('institution = "school-b"\n' + PLAN.replace("welder-1", "cook-1")).replace("2026-03-02T", "2026-02-02T")
    (tmp_path / "b").mkdir()
    paths = write_plan(tmp_path / "b", plan)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    for role, scope, sees in (("institution", "school-b", 404), ("institution", "school-a", 200),
                              ("supervisor", "411300", 404), ("supervisor", "410000", 200)):
        one = other(centre, client, role, scope, f"{role}-{scope}")
        assert one.get("/live/box-1").status_code == sees, scope
        assert one.get("/live/box-1/state").status_code == sees, scope
    assert client.get("/live/box-9").status_code == 404
    assert other(centre, client, "auditor", "411200", "auditor").get("/live/box-1").status_code == 403


def test_who_is_shut_out_sees_no_further_piece(
    centre: Centre, clock: FixedClock, client: TestClient, camera: Camera,
) -> None:
    camera.play(client, 2)
    piece = f"/live/box-1/{camera.order.hash}/0/1.m4s"
    assert client.get(piece).status_code == 200
    centre.account_desk().change("li", "supervisor", "411300", None)
    become(client, session_of(centre, "supervisor", "411300", "li"))
    assert client.get(piece).status_code == 404, "another region from now on"
    centre.account_desk().change("li", "supervisor", "411200", None)
    become(client, session_of(centre, "supervisor", "411200", "li"))
    assert client.get(piece).status_code == 200
    send(client, "/sign-out")
    for path in (piece, "/live/box-1/state", "/live/box-1/stream.m3u8", "/wall/state"):
        assert client.get(path, follow_redirects=False).status_code == 401, path


# --- boxes


def test_a_piece_needs_the_word_of_its_box_for_this_piece_here_and_now(
    centre: Centre, client: TestClient, camera: Camera, box: Box,
) -> None:
    stranger = Camera(Box(centre, "box-7", chain="cd" * 16), camera.order, MORNING)
    at = f"/api/live/{camera.order.hash}/0/0"
    for said in ("", "Bearer x", "Bearer AAAA", "Basic eA=="):
        assert client.put(at, content=INIT, headers={"authorization": said}).status_code == 401
    for changes in ({"centre": "other"}, {"epoch": 1}, {"number": 1}, {"order": "0" * 64},
                    {"expires": utc_text(MORNING)}, {"expires": utc_text(MORNING + LONGEST_US + 1)}):
        said = camera.headers(INIT, **{"number": 0, "what": "init", **changes})  # type: ignore[arg-type]
        assert client.put(at, content=INIT, headers=said).status_code == 401, changes
    assert stranger.put(client, INIT, 0, "init").status_code == 410, "an order to another box"
    stranger.box.signer = KeySigner(Ed25519PrivateKey.generate())
    assert stranger.put(client, INIT, 0, "init").status_code == 401
    assert camera.put(client, INIT, 0, "init").status_code == 204


def test_a_revoked_box_is_refused_at_once(centre: Centre, client: TestClient, camera: Camera, box: Box) -> None:
    assert camera.play(client, 1) == [204, 204]
    with centre.store.write() as tx:
        tx.deny(box.signer.keyid, box.device)
    assert camera.put(client, CUT[1], 2).status_code == 401


def test_an_order_that_is_over_takes_nothing(clock: FixedClock, client: TestClient, camera: Camera) -> None:
    assert camera.play(client, 1) == [204, 204]
    clock.utc_us += TAKEN_US + 1800 * SECOND
    camera.now_us = clock.utc_us
    assert camera.put(client, CUT[1], 2).status_code == 410


def test_what_is_no_piece_is_refused_and_the_next_one_taken(client: TestClient, camera: Camera) -> None:
    assert camera.put(client, CUT[0], 1).status_code == 409
    assert client.put(f"/api/live/{camera.order.hash}/0/1", content=CUT[0],
                      headers=camera.headers(CUT[0], 1, "video")).json() == {"need": "init"}
    for data, number, what in ((b"<html>", 0, "init"), (CUT[0], 0, "init"), (INIT, 0, "video"), (jpeg(), 1, "picture")):
        assert camera.put(client, data, number, what).status_code == 422
    assert camera.play(client, 1) == [204, 204]
    for data in (INIT, b"", b"\0" * 500, CUT[1] + b"x", CUT[1][:-1]):
        assert camera.put(client, data, 2).status_code == 422, data[:20]
    said = camera.headers(CUT[1], 2, "video")
    for body in (CUT[2], CUT[1] + b"x", CUT[1][:-1], b""):
        assert client.put(f"/api/live/{camera.order.hash}/0/2", content=body, headers=said).status_code == 422
    big = live_boxes.MOST["video"] + 1
    assert camera.put(client, b"x", 2, size=big).status_code == 413
    assert camera.put(client, b"x", 0, "init", size=live_boxes.MOST["init"] + 1).status_code == 413
    assert camera.put(client, CUT[1], 2).status_code == 204 and camera.put(client, CUT[1], 2).status_code == 204
    for path in ("0/x", "-1/0", "0/99999999999999999999", "x/0"):
        assert client.put(f"/api/live/{camera.order.hash}/{path}", content=b"").status_code == 404


def test_so_many_pieces_at_once_and_no_more(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, camera: Camera,
) -> None:
    monkeypatch.setattr(live_boxes, "MOST_UNDER_WAY", len(INIT) - 1)
    assert camera.put(client, INIT, 0, "init").status_code == 429
    monkeypatch.setattr(live_boxes, "MOST_UNDER_WAY", len(INIT))
    assert camera.put(client, INIT, 0, "init").status_code == 204
    monkeypatch.setattr(live_boxes, "PER_BOX", 0)
    assert camera.put(client, CUT[0], 1).status_code == 429


def test_after_a_restart_of_the_centre_the_box_begins_an_epoch_and_the_page_goes_on(
    centre: Centre, clock: FixedClock, client: TestClient, camera: Camera,
) -> None:
    camera.play(client, 3)
    before = client.get("/live/box-1/stream.m3u8").text
    again = open_centre(centre.folder, clock)
    clock.utc_us += 5 * SECOND
    with TestClient(create_app(again), base_url=HERE) as new:
        become(new, client.cookies["zaitang"])
        camera.now_us = clock.utc_us
        assert camera.put(new, CUT[3], 4).status_code == 409
        camera.epoch = 1
        assert camera.play(new, 2) == [204] * 3, "nobody had to be back"
        assert state(new)["state"] == "running" and len(wanted(again)) == 1
        after = new.get("/live/box-1/stream.m3u8").text
        places = [int(text.split("MEDIA-SEQUENCE:")[1].split()[0]) for text in (before, after)]
        assert places[1] > places[0] + 3, "its numbers go on"
        clock.utc_us += GRACE_US
        camera.now_us = clock.utc_us
        assert camera.put(new, CUT[2], 3).status_code == 410, "who had come back is gone"
    again.store.close()


def test_nobody_watches_for_a_while(clock: FixedClock, client: TestClient, camera: Camera) -> None:
    camera.play(client, 1)
    clock.utc_us += SEEN_US
    camera.now_us = clock.utc_us
    assert camera.put(client, CUT[1], 2).status_code == 410
    assert client.app.state.live.hub.size == 0  # type: ignore[attr-defined]


def test_a_piece_that_comes_too_slowly_is_let_go(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, camera: Camera,
) -> None:
    monkeypatch.setattr(live_boxes, "IDLE_S", -1.0)
    slow = camera.put(client, INIT, 0, "init")
    assert slow.status_code == 503
    monkeypatch.undo()
    assert camera.put(client, INIT, 0, "init").status_code == 204


# --- the wall


def test_the_wall_takes_a_reason_and_each_room_that_it_shows_is_on_record(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    assert 'name="why"' in client.get("/wall").text and client.get("/wall/state").json()["rooms"] == []
    refused = send(client, "/wall?lang=en", follow=True, reason="other", why="")
    assert 'role="alert"' in refused.text and wanted(centre) == []
    assert send(client, "/wall", reason="other", why=WHY).headers["location"] == "/wall"
    told = client.get("/wall/state?lang=en").json()
    (room,) = told["rooms"]
    assert (room["device"], room["class"], room["due"], room["recording"], room["picture"]) == (
        "box-1", "welder-1", True, False, None)
    assert room["name"].startswith("101 教室") and room["url"] == "/live/box-1" and room["state"] == "waiting"
    assert [(look.what, look.device, look.class_id, look.why) for look in looks(centre)] == [
        ("wall", None, None, WHY), ("wall", "box-1", "welder-1", WHY)]
    ((order, body),) = wanted(centre)
    assert body.watch is not None and body.watch.form == "pictures"
    answer(centre, box, (order, body), MORNING)
    camera = Camera(box, order, MORNING)
    assert camera.put(client, jpeg(), 1, "picture").status_code == 204
    assert camera.put(client, INIT, 0, "init").status_code == 422
    for bad in (jpeg(9, 600, 400), b"GIF89a", jpeg()[:-3]):
        assert camera.put(client, bad, 2, "picture").status_code == 422
    (room,) = client.get("/wall/state").json()["rooms"]
    assert room["state"] == "running" and room["picture"] and room["picture_at"]
    shown = client.get("/live/box-1/picture.jpg")
    assert shown.content == jpeg() and shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff" and shown.headers["cache-control"] == "no-store"
    assert client.get("/live/box-1/stream.m3u8", follow_redirects=False).status_code == 303, "the video takes its own"
    assert len(looks(centre)) == 2 and len(wanted(centre)) == 1


def test_a_room_too_many_takes_the_others_off_no_wall(
    centre: Centre, client: TestClient, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("central.live.hub.MOST_CHANNELS", 0)
    send(client, "/wall", reason="other", why=WHY)
    (room,) = client.get("/wall/state").json()["rooms"]
    assert room["device"] == "box-1" and room["picture"] is None


def test_the_wall_of_a_room_without_a_class_hour_shows_no_picture(
    centre: Centre, clock: FixedClock, client: TestClient, box: Box,
) -> None:
    send(client, "/wall", reason="other", why=WHY)
    _later(client, clock, 3 * HOUR)
    send(client, "/wall", reason="other", why=WHY)
    (room,) = client.get("/wall/state?lang=en").json()["rooms"]
    assert (room["due"], room["class"], room["picture"], room["state"]) == (False, None, None, "offline")
    heartbeat(centre, box)
    (room,) = client.get("/wall/state?lang=en").json()["rooms"]
    assert room["words"] == "No class-hour runs now."
    assert wanted(centre) == [] and all(look.device is None for look in looks(centre))


def test_the_wall_shows_what_is_within_reach_and_of_one_institution(
    centre: Centre, client: TestClient, box: Box, tmp_path: Path,
) -> None:
    centre.account_desk().put_institution("school-b", "学校乙", "411302", None)
    for number in range(30):
        folder = tmp_path / f"b{number}"
        folder.mkdir()
        plan = PLAN.replace("welder-1", f"cook-{number}").replace("box-1", f"box-b{number}")
        paths = write_plan(folder, 'institution = "school-b"\n' + plan.replace("101", f"2{number:02}"))
        add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    seen = {}
    for role, scope in (("supervisor", "411200"), ("supervisor", "410000"), ("institution", "school-b")):
        one = other(centre, client, role, scope, f"w-{scope}")
        send(one, "/wall", reason="other", why=WHY)
        pages = [one.get(f"/wall/state?page={page}").json() for page in (1, 2, 9)]
        seen[scope] = [len(page["rooms"]) for page in pages], pages[0]["all"]
        mine = one.get("/wall/state?institution=school-a").json()["all"]
        assert mine == (0 if scope == "school-b" else 1)
    assert seen == {"411200": ([1, 1, 1], 1), "410000": ([24, 7, 7], 31), "school-b": ([24, 6, 6], 30)}
    assert {order.watch.form for _, order in wanted(centre) if order.watch} == {"pictures"}, "of the box that is heard"
    one = other(centre, client, "supervisor", "410000", "w-410000")
    for bad in ("0", "-1", "x", "1e9", "９", ""):
        assert one.get(f"/wall/state?page={bad}").status_code == 200


def test_what_is_not_recorded_comes_first() -> None:
    from central.live.rooms import Room
    from central.live.wall import page_of, tile
    from central.store.live import Live

    now = MORNING + 20 * MINUTE
    hour = (MORNING, MORNING + HOUR)
    rooms = {name: Room(f"box-{name}", name, name, name, 480, None, *hour, (hour,))
             for name in ("a", "b", "c", "d", "e")}
    rooms["e"] = Room("box-e", "e", "e", "e", 480, None, 0, MORNING, ((0, MORNING),))
    live = {"a": {"box-a": Live(MORNING, 0, now)}, "b": {"box-b": Live(MORNING, 0, now - 10 * MINUTE)},
            "c": {"box-c": Live(MORNING, 0, now)}}
    tiles = [tile(one, live, name != "c", now) for name, one in rooms.items()]
    assert [one.recording for one in tiles] == [True, False, True, False, None]
    assert [one.room.room for one in page_of(tiles, 1).tiles] == ["b", "d", "c", "a", "e"]


def test_the_order_goes_only_to_a_box_that_has_introduced_itself(
    centre: Centre, client: TestClient, tmp_path: Path,
) -> None:
    (tmp_path / "n").mkdir()
    plan = PLAN.replace("welder-1", "new-1").replace("box-1", "box-new").replace("101", "102")
    paths = write_plan(tmp_path / "n", 'institution = "school-a"\n' + plan)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    assert send(client, "/live/box-new", reason="other", why=WHY).status_code == 303
    told = client.get("/live/box-new/state?lang=en").json()
    assert told["state"] == "offline" and "Nothing was ever heard of this box" in told["words"]
    assert "zaitang-central" not in client.get("/live/box-new?lang=en").text
