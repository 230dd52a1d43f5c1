"""Replay over HTTP: a reason before anything plays, how each file stands, what is asked of a box and what is not."""
from __future__ import annotations

import copy
import dataclasses
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from central.accounts.looks import AGAIN_US
from central.classes.stories import Stories
from central.ingest.collector import Message
from central.objects import Objects
from central.orders.boxes import orders
from central.web.replay.page import unseen_words
from central.wiring import Centre, init_centre, open_centre
from evidence.bodies import CentreLook, SegmentRemoved
from evidence.box_orders import OrderAnswered
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.records import Stamp
from evidence.story import SegmentFact
from evidence.times import HOUR, MINUTE, SECOND, utc_us
from tests.central.case_pages import kept, text
from tests.central.console import give_reason, media, send, signed_in
from tests.central.helpers import Box, FixedClock

pytest.importorskip("av")
from tests.central.course import Course

CLASS, BLOCK = "welder-1", "2026-03-02-pm"
BASE = f"/classes/{CLASS}/blocks/{BLOCK}"
PATH = f"{BASE}/replay"
Lived = tuple[Centre, Box]
NOW = utc_us("2026-03-04T02:00:00.000000Z")
AT = "14:20"


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Box]:
    """The folder of a centre with the course, and the box that sent it; not to be changed."""
    folder = tmp_path_factory.mktemp("lived")
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock(NOW))
    played = Course(centre, folder)
    played.play()
    centre.store.close()
    return folder / "centre", played.box


@pytest.fixture
def lived(course: tuple[Path, Box], tmp_path: Path) -> Iterator[Lived]:
    """A copy of that centre, and the box, which lives on."""
    folder, box = course
    shutil.copytree(folder, tmp_path / "centre")
    centre, own = open_centre(tmp_path / "centre", FixedClock(NOW)), copy.copy(box)
    own.sealed = list(box.sealed)
    yield centre, own
    centre.store.close()


@pytest.fixture
def centre(lived: Lived) -> Centre:
    return lived[0]


@pytest.fixture
def li(centre: Centre) -> TestClient:
    return signed_in(centre, "supervisor", "410000", "li")


def facts(centre: Centre, block: str = BLOCK) -> list[SegmentFact]:
    """The files of a block, in order of time."""
    story = Stories(centre.store, centre.clock).tell(CLASS).story
    span = next(one.span for one in story.blocks if one.id == block)
    return sorted((one for one in story.segments if one.span.start_us < span.end_us
                   and one.span.end_us > span.start_us), key=lambda one: one.span.start_us)


def take_away(centre: Centre, fact: SegmentFact) -> bytes:
    """The file is at the box alone; its bytes."""
    path = centre.objects.path(fact.segment.sha256)
    data = path.read_bytes()
    path.unlink()
    return data


def kinds(client: TestClient) -> list[str]:
    (camera,) = client.get(f"{PATH}/state").json()["cameras"]
    return [one["kind"] for one in camera["parts"]]


def ask(client: TestClient, at: str = AT, lang: str = "en") -> tuple[int, str]:
    answer = send(client, f"{PATH}/ask?lang={lang}", at=at, device="box-1", camera="room")
    told = answer.json()
    return answer.status_code, told.get("error", "") or str(told["ordered"])


def uploads_ordered(centre: Centre) -> list[list[str]]:
    with centre.store.read() as tx:
        return [[one.sha256 for one in body.upload.files] for _, body in orders(tx, "box-1") if body.upload]


def answer(lived: Lived, result: str = "accepted", **more: object) -> None:
    """The box answers the newest order."""
    centre, box = lived
    with centre.store.read() as tx:
        sealed, body = orders(tx, "box-1")[-1]
    said = OrderAnswered(sealed.hash, body.number, result, **more)  # type: ignore[arg-type]
    box.append(said, box.sealed[-1].record.utc_us + MINUTE)
    centre.collector().take(box.messages()[-1:])


def lives(lived: Lived) -> None:
    """The box says that it does."""
    centre, box = lived
    head = box.sealed[-1]
    beat = heartbeat_of(head, Stamp("b0", head.record.mono_us, head.record.utc_us, box.clock), 0, {})
    collector = centre.collector()
    collector.pulse.listen()
    collector.take([Message("box-1", seal_heartbeat(beat, box.signer), "heartbeats")])


def looks(centre: Centre) -> list[CentreLook]:
    return [one for one in kept(centre, "look.centre") if isinstance(one, CentreLook) and one.what == "replay"]


# --- a reason first


def test_attack_nothing_plays_without_a_reason(centre: Centre, li: TestClient) -> None:
    sha = facts(centre)[0].segment.sha256
    page = li.get(f"{PATH}?lang=en")
    assert page.status_code == 200 and "<video" not in page.text and "Why do you look?" in page.text
    addresses = (f"{BASE}/box-1/room.m3u8", media(sha, CLASS, BLOCK), f"/media/{sha}.mp4", f"{PATH}/state")
    for path in addresses:
        refused = li.get(f"{path}{'&' if '?' in path else '?'}lang=en")
        assert refused.status_code == 403 and "say why you look" in refused.json()["error"], path
    assert ask(li)[0] == 403 and uploads_ordered(centre) == [] and looks(centre) == []
    give_reason(li, CLASS, BLOCK, "复核该半天")
    assert [li.get(path).status_code for path in addresses] == [200, 200, 403, 200]
    assert "<video" in li.get(PATH).text
    assert [(one.account, one.block, one.why) for one in looks(centre)] == [("li", BLOCK, "复核该半天")]


def test_attack_a_reason_for_one_recording_plays_no_other_one(centre: Centre, li: TestClient) -> None:
    give_reason(li, CLASS, "2026-03-02-am")
    mine, other = facts(centre, "2026-03-02-am")[0].segment.sha256, facts(centre)[0].segment.sha256
    assert li.get(media(mine, CLASS, "2026-03-02-am")).status_code == 200
    assert li.get(media(other, CLASS, BLOCK)).status_code == 403
    assert li.get(media(other, CLASS, "2026-03-02-am")).status_code == 403, "a file of another recording"
    assert li.get(media(mine, "no-class", "2026-03-02-am")).status_code == 403
    wang = signed_in(centre, "supervisor", "410000", "wang")
    assert wang.get(media(mine, CLASS, "2026-03-02-am")).status_code == 403, "somebody else's reason"


def test_a_reason_holds_for_an_hour(centre: Centre, li: TestClient) -> None:
    assert isinstance(centre.clock, FixedClock)
    give_reason(li, CLASS, BLOCK)
    centre.clock.utc_us += AGAIN_US - SECOND
    li = signed_in(centre, "supervisor", "410000", "li")
    assert li.get(f"{PATH}/state").status_code == 200
    centre.clock.utc_us += 2 * SECOND
    assert li.get(f"{PATH}/state").status_code == 403 and "<video" not in li.get(PATH).text
    give_reason(li, CLASS, BLOCK)
    assert li.get(f"{PATH}/state").status_code == 200 and len(looks(centre)) == 2


@pytest.mark.parametrize(("reason", "why"), [("other", "  "), ("other", "x" * 201), ("", " "), ("nothing", "x"),
                                             ("routine", "x" * 200)])
def test_a_reason_that_says_nothing_is_refused(centre: Centre, li: TestClient, reason: str, why: str) -> None:
    refused = send(li, f"{PATH}?lang=en", follow=True, reason=reason, why=why, at="14:20")
    assert refused.history[0].status_code == 303 and "xx" not in str(refused.url), "words stand in no address"
    assert "choose why you look" in refused.text and 'value="14:20"' in refused.text
    assert looks(centre) == []


def test_no_reason_is_chosen_before_the_reader_chooses(li: TestClient) -> None:
    page = li.get(PATH).text
    assert page.count('type="radio"') > 2 and "checked" not in page


def test_what_was_chosen_is_kept_in_words_and_leads_to_the_moment(centre: Centre, li: TestClient) -> None:
    taken = send(li, f"{PATH}?lang=en", reason="objection", why="o-1", at="14:20", device="box-1", camera="room")
    assert taken.headers["location"] == f"{PATH}?at=14%3A20&device=box-1&camera=room"
    assert looks(centre)[0].why == "an objection: o-1"


@pytest.mark.parametrize(("role", "name"), [("supervisor", "li"), ("auditor", "zhou")])
def test_attack_the_page_of_a_recording_makes_no_reason_of_its_own(centre: Centre, role: str, name: str) -> None:
    """Also not for who reviews it: nobody chose one yet."""
    reader = signed_in(centre, role, "410000", name)
    page = reader.get(f"{BASE}?lang=en")
    assert "<video" not in page.text and "Why do you look?" in page.text and "checked" not in page.text.split(
        'class="fields wide reason"')[1].split("</form>")[0]
    sha = facts(centre)[0].segment.sha256
    for path in (f"{BASE}/box-1/room.m3u8", media(sha, CLASS, BLOCK), f"{PATH}/state"):
        assert reader.get(path).status_code == 403, path
    assert "<video" not in reader.get(PATH).text and looks(centre) == []


def test_whoever_says_why_on_the_page_of_a_recording_goes_on_there(centre: Centre, li: TestClient) -> None:
    refused = send(li, f"{PATH}?lang=en", follow=True, reason="other", why=" ", to="review")
    assert 'role="alert"' in refused.text and 'name="to" value="review"' in refused.text
    assert send(li, f"{PATH}?lang=en", reason="flag", to="review").headers["location"] == f"{BASE}#video"
    page = li.get(f"{BASE}?lang=en")
    assert f'src="{BASE}/box-1/room.m3u8"' in page.text and "Why do you look?" not in page.text
    assert li.get(f"{BASE}/box-1/room.m3u8").status_code == 200 and "<video" in li.get(PATH).text
    assert [one.why for one in looks(centre)] == ["check of a flag"]


def test_the_class_page_has_no_player_and_leads_to_the_replay(centre: Centre, li: TestClient) -> None:
    page = li.get(f"/classes/{CLASS}").text
    assert "<video" not in page and f'href="{PATH}"' in page and f'data-check="{BASE}/check"' in page
    assert f'data-replay="{PATH}"' in page
    assert li.get(f"{BASE}/check").json()["cameras"][0]["problems"] == [], "hashes are checked without a reason"


def test_files_are_compared_while_the_reader_writes_the_reason(
    centre: Centre, li: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    own = Objects.intact
    monkeypatch.setattr(Objects, "intact", lambda self, sha256: seen.append(sha256) or own(self, sha256))
    li.get(PATH)
    end = time.monotonic() + 20
    while len(seen) < 4:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert seen == [one.segment.sha256 for one in facts(centre)]


# --- what there is


def test_each_file_is_told_as_it_stands(lived: Lived, li: TestClient) -> None:
    centre, box = lived
    files = facts(centre)
    assert len(files) == 4
    give_reason(li, CLASS, BLOCK)
    assert kinds(li) == ["here"] * 4
    take_away(centre, files[1])
    path = centre.objects.path(files[2].segment.sha256)
    path.write_bytes(path.read_bytes()[:-1])
    box.append(SegmentRemoved(files[3].segment.sha256, "retention", "storage"), NOW - HOUR)
    centre.collector().take(box.messages()[-1:])
    assert kinds(li) == ["here", "away", "changed", "removed"]
    page = text(li.get(f"{PATH}?lang=en"))
    for said in ("at the box", f"segment {files[2].segment.file} of box-1 was changed after it was recorded",
                 "removed: a record says so", "at the centre, not changed (its hash is the recorded one)"):
        assert said in page, said
    state = li.get(f"{PATH}/state").json()
    assert state["moving"] is False and [one["may_ask"] for one in state["cameras"][0]["parts"]] == [
        False, True, True, False]
    playlist = li.get(f"{BASE}/box-1/room.m3u8").text
    assert [one.segment.sha256 in playlist for one in files] == [True, False, False, False]


def test_gaps_stand_there_with_their_reasons(centre: Centre, li: TestClient) -> None:
    give_reason(li, CLASS, "2026-03-02-am")
    page = li.get(f"/classes/{CLASS}/blocks/2026-03-02-am/replay?lang=en").text
    rows = page.split('<table id="rows" class="fit">')[1].split("</table>")[0]
    assert "not recorded 09:40:00–09:47:00: the camera sent no picture" in rows
    assert rows.index("not recorded 09:40:00") < rows.index("at the centre, not changed"), "what lacks comes first"
    assert 'class="gap"' in page.split('id="track"')[1]


def test_nobody_is_called_not_shown_before_the_roll_call(centre: Centre) -> None:
    (unit,) = [one for one in Stories(centre.store, centre.clock).tell(CLASS).story.blocks if one.id == BLOCK]
    running = dataclasses.replace(unit, calls=(), roll_called=True)
    partly = dataclasses.replace(unit, roll_called=False)
    assert [unseen_words(one, "en") for one in (running, partly, unit)] == [
        "roll call not made yet", "not shown so far; the roll call is not finished", "not shown"]


@pytest.mark.parametrize(("at", "local"), [("14:20", "14:20:00"), ("14：20：30", "14:20:30"), (
    str(utc_us("2026-03-02T06:20:00.000000Z")), "14:20:00")])
def test_a_moment_is_named_by_the_clock_or_in_utc(li: TestClient, at: str, local: str) -> None:
    give_reason(li, CLASS, BLOCK)
    assert f'value="{local}"' in li.get(PATH, params={"at": at}).text


@pytest.mark.parametrize("at", ["07:00", "25:00", "x", "1", "9" * 40, "-1"])
def test_a_moment_that_is_none_of_the_recording_is_told(li: TestClient, at: str) -> None:
    give_reason(li, CLASS, BLOCK)
    page = li.get(PATH, params={"at": at, "lang": "en"})
    assert page.status_code == 422 and "is no moment of this recording, which goes from 13:5" in page.text
    assert ask(li, at)[0] == 422


# --- asked of the box


@pytest.mark.parametrize(("minutes", "said"), [
    (1, "asked of the box; it has not answered yet; the box was last heard Mar 4, 2026 10:00:00"),
    (3, "asked of the box, which was last heard Mar 4, 2026 10:00:00: it comes when the box is back"),
    (10, "asked of the box, which was last heard Mar 4, 2026 10:00:00: it comes when the box is back"),
])
def test_of_a_box_that_is_unplugged_it_is_said_when_it_was_heard(
    lived: Lived, li: TestClient, minutes: int, said: str,
) -> None:
    centre, _ = lived
    assert isinstance(centre.clock, FixedClock)
    take_away(centre, facts(centre)[1])
    lives(lived)
    give_reason(li, CLASS, BLOCK)
    assert ask(li) == (200, "1")
    centre.clock.utc_us += minutes * MINUTE
    state = li.get(f"{PATH}/state?lang=en").json()
    assert state["cameras"][0]["parts"][1]["words"] == said and state["moving"]


def test_the_file_of_a_minute_is_asked_first_then_its_neighbours(centre: Centre, li: TestClient) -> None:
    files = facts(centre)
    for one in files:
        take_away(centre, one)
    give_reason(li, CLASS, BLOCK)
    assert ask(li) == (200, "3")
    assert uploads_ordered(centre) == [[files[one].segment.sha256 for one in (1, 2, 0)]]
    assert kinds(li) == ["asked", "asked", "asked", "away"]


def test_what_is_under_way_is_not_ordered_twice(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    assert isinstance(centre.clock, FixedClock)
    files = facts(centre)
    for one in files[:3]:
        take_away(centre, one)
    give_reason(li, CLASS, BLOCK)
    assert ask(li) == (200, "3")
    assert ask(li)[0] == 422 and ask(li, "14:01")[0] == 422
    answer(lived)
    assert ask(li)[0] == 422 and len(uploads_ordered(centre)) == 1
    centre.clock.utc_us += 11 * MINUTE
    for one in files[:3]:
        assert not centre.objects.parts.path(one.segment.sha256, "box-1").exists()
    assert kinds(li)[:3] == ["asked"] * 3 and ask(li)[0] == 422, "the box has not been there since: it may still come"
    lives(lived)
    assert kinds(li)[:3] == ["away"] * 3 and ask(li) == (200, "3"), "nothing moved: it may be asked for again"


def test_how_much_has_come_is_told(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    wanted = facts(centre)[1]
    data = take_away(centre, wanted)
    give_reason(li, CLASS, BLOCK)
    ask(li)
    answer(lived)
    state = li.get(f"{PATH}/state?lang=en").json()
    assert state["moving"] and state["cameras"][0]["parts"][1]["words"].startswith("the box has taken the order")
    sha = wanted.segment.sha256
    with centre.objects.parts.open(sha, "box-1", len(data), centre.objects.path(sha)) as part:
        part.write(data[:len(data) // 4 + 1])
        state = li.get(f"{PATH}/state?lang=en").json()
        assert state["cameras"][0]["parts"][1]["words"] == "the box sends it: 25% is here" and state["coming"]
        part.write(data[len(data) // 4 + 1:])
        part.finish()
    state = li.get(f"{PATH}/state?lang=en").json()
    assert not state["moving"] and state["cameras"][0]["parts"][1]["kind"] == "here"


def test_what_the_box_refuses_or_has_not_got_is_told(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    wanted = facts(centre)[1]
    take_away(centre, wanted)
    give_reason(li, CLASS, BLOCK)
    ask(li)
    answer(lived, "refused", why="no_road")
    part = li.get(f"{PATH}/state?lang=en").json()["cameras"][0]["parts"][1]
    assert part["kind"] == "away" and "refused to send it: the box has no address" in part["words"] and part["may_ask"]
    assert ask(li) == ask(li) == (200, "0") and len(uploads_ordered(centre)) == 1, "the box just said no"
    assert isinstance(centre.clock, FixedClock)
    centre.clock.utc_us += MINUTE
    assert ask(li) == (200, "1")
    answer(lived, missing=(wanted.segment.sha256,))
    part = li.get(f"{PATH}/state?lang=en").json()["cameras"][0]["parts"][1]
    assert (part["kind"], part["words"]) == ("gone", "asked for; the box has not got it any more")


def test_a_box_that_is_silent_is_told(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    assert isinstance(centre.clock, FixedClock)
    lives(lived)
    centre.clock.utc_us += 20 * MINUTE
    centre.collector().pulse.tell_silent(10)
    take_away(centre, facts(centre)[1])
    give_reason(li, CLASS, BLOCK)
    ask(li)
    words = li.get(f"{PATH}/state?lang=en").json()["cameras"][0]["parts"][1]["words"]
    assert words.startswith("asked of the box, which was last heard ") and "10:00" in words


def test_who_may_not_ask_sees_that_it_is_at_the_box(centre: Centre) -> None:
    take_away(centre, facts(centre)[1])
    auditor = signed_in(centre, "auditor", "410000", "zhou")
    give_reason(auditor, CLASS, BLOCK)
    page = auditor.get(f"{PATH}?lang=en")
    assert 'data-ask=""' in page.text and "Fetch from the box" not in page.text and "at the box" in page.text
    assert ask(auditor)[0] == 403 and uploads_ordered(centre) == []


def test_a_file_of_an_earlier_database_of_the_box_cannot_be_asked_for(
    lived: Lived, li: TestClient
) -> None:
    centre, _ = lived
    newer = Box(centre, "box-1", chain="cd" * 16)
    newer.genesis(NOW - HOUR)
    centre.collector().take(newer.messages())
    take_away(centre, facts(centre)[1])
    give_reason(li, CLASS, BLOCK)
    part = li.get(f"{PATH}/state?lang=en").json()["cameras"][0]["parts"][1]
    assert part["kind"] == "earlier" and not part["may_ask"] and ask(li)[0] == 422


def test_a_changed_file_is_asked_for_again(centre: Centre, li: TestClient) -> None:
    files = facts(centre)
    path = centre.objects.path(files[1].segment.sha256)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    give_reason(li, CLASS, BLOCK)
    assert kinds(li)[1] == "changed" and ask(li) == (200, "1") and kinds(li)[1] == "asked"
    assert uploads_ordered(centre) == [[files[1].segment.sha256]]


def test_a_file_that_was_changed_after_it_came_is_asked_for_again_at_once(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    assert isinstance(centre.clock, FixedClock)
    wanted = facts(centre)[1].segment
    data = take_away(centre, facts(centre)[1])
    give_reason(li, CLASS, BLOCK)
    assert ask(li) == (200, "1")
    answer(lived)
    for times in (2, 3):
        centre.clock.utc_us += SECOND
        come(centre, wanted.sha256, data)
        assert kinds(li)[1] == "here"
        centre.objects.path(wanted.sha256).write_bytes(data[:-1] + b"x")
        part = li.get(f"{PATH}/state").json()["cameras"][0]["parts"][1]
        assert (part["kind"], part["may_ask"]) == ("changed", True)
        centre.clock.utc_us += SECOND
        assert ask(li) == (200, "1") and uploads_ordered(centre) == [[wanted.sha256]] * times
        answer(lived)
        assert kinds(li)[1] == "asked" and ask(li)[0] == 422, "and once only"


def come(centre: Centre, sha256: str, data: bytes) -> None:
    """A file is brought, as by a box that keeps its video."""
    with centre.objects.parts.open(sha256, "box-1", len(data), centre.objects.path(sha256)) as part:
        part.write(data)
        part.finish()
    centre.cache.came(sha256, len(data), False, centre.clock.stamp().utc_us)


def test_a_file_that_is_lost_after_it_came_is_asked_for_again_at_once(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    assert isinstance(centre.clock, FixedClock)
    sha256, data = facts(centre)[1].segment.sha256, take_away(centre, facts(centre)[1])
    give_reason(li, CLASS, BLOCK)
    assert ask(li) == (200, "1")
    answer(lived)
    centre.clock.utc_us += SECOND
    come(centre, sha256, data)
    centre.objects.path(sha256).unlink()
    assert kinds(li)[1] == "away" and ask(li) == (200, "1")


def test_what_an_account_sees_is_also_asked_by_a_class_hour(centre: Centre, li: TestClient) -> None:
    hour = next(one for one in Stories(centre.store, centre.clock).tell(CLASS).story.hours if one.block == BLOCK)
    give_reason(li, CLASS, hour.id)
    assert looks(centre)[0].block == BLOCK and li.get(f"{PATH}/state").status_code == 200


def test_a_file_that_was_changed_after_it_was_asked_for_and_came_is_told_at_once(lived: Lived, li: TestClient) -> None:
    centre, _ = lived
    wanted = facts(centre)[1]
    data = take_away(centre, wanted)
    give_reason(li, CLASS, BLOCK)
    ask(li)
    answer(lived)
    path = centre.objects.path(wanted.segment.sha256)
    path.write_bytes(data)
    assert kinds(li)[1] == "here"
    path.write_bytes(data[:-1] + b"x")
    state = li.get(f"{PATH}/state?lang=en").json()
    assert wanted.segment.file in state["problems"] and "was changed after it was recorded" in state["problems"]
