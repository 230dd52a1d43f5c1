"""The road of a contact sheet: ordered, answered, handed over sealed, shown to who gives a reason, and gone in time."""
from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from fastapi.testclient import TestClient
from httpx import Response

from central.classes import sheets as sheets_module
from central.classes.errors import SheetAsked
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.sheets import DAYS, SheetState, order_sheet, state_of, sweep
from central.cli import main
from central.orders.boxes import box_order_messages, orders
from central.orders.errors import NoSuchBox
from central.wiring import Centre
from common.policies import load_policy
from common.sealed_pages import seal_pages
from evidence.bodies import Alarm, CentreLook, ConsentWithdrawn, Decision, FaceErased, PolicyRef, Sheet, body_of
from evidence.box_orders import BoxOrder, OrderAnswered
from evidence.rules import RULES_VERSION
from evidence.seal import read_sealed
from evidence.sheets import DAY_US, KEPT_DAYS
from evidence.times import MINUTE, utc_text
from tests.central.console import send, signed_in
from tests.central.helpers import MORNING, PLAN, Box, FixedClock, segment_of, sending, token, write_plan
from tests.central.site import BLOCK
from tests.common.test_sealed_pages import png

CLASS = "class-a"
PAGE = f"/classes/{CLASS}/blocks/{BLOCK}"
PAGES = [png(more=b"page one"), png(more=b"page two")]


@dataclasses.dataclass
class Road:
    """The centre, a box of the class, and somebody of the city who is signed in."""

    centre: Centre
    clock: FixedClock
    box: Box
    li: TestClient

    def say(self, *bodies: Any) -> None:
        for body in bodies:
            self.clock.utc_us += MINUTE
            self.box.append(body, self.clock.utc_us)
        self.centre.collector().take(self.box.messages())

    def ask(self) -> Response:
        return send(self.li, f"{PAGE}/sheets", device=self.box.device)

    def order(self) -> tuple[str, BoxOrder]:
        """The newest one, and its hash."""
        with self.centre.store.read() as tx:
            sealed, body = orders(tx, self.box.device)[-1]
        return sealed.hash, body

    def answer(self, why: str = "") -> None:
        sha256, body = self.order()
        self.say(OrderAnswered(sha256, body.number, "refused" if why else "accepted", why))  # type: ignore[arg-type]

    def sealed(self, **changes: Any) -> tuple[bytes, Sheet]:
        """What the box makes, and states."""
        sha256, body = self.order()
        assert body.sheet is not None
        data = seal_pages(PAGES, body.sheet.to_key, sha256)
        made = Sheet(CLASS, BLOCK, sha256, hashlib.sha256(data).hexdigest(), len(data), "0" * 64, ("p-1", "p-2"),
                     utc_text(self.clock.utc_us + 20 * DAY_US))
        return data, dataclasses.replace(made, **changes)

    def put(self, data: bytes, sha256: str = "") -> int:
        where = f"/api/segments/{sha256 or hashlib.sha256(data).hexdigest()}"
        return self.li.put(where, content=data, headers=sending(self.box, data, self.clock.utc_us)).status_code

    def stands(self) -> SheetState:
        with self.centre.store.read() as tx:
            return state_of(tx, self.centre.sheets, CLASS, BLOCK, self.box.device, self.clock.utc_us)

    def state(self) -> str:
        return self.stands().state

    def bring(self) -> Sheet:
        """A whole sheet to the centre."""
        assert self.ask().status_code == 303
        self.answer()
        data, made = self.sealed()
        self.say(made)
        assert self.put(data) == 201
        return made

    def looks(self) -> list[tuple[str, str, str | None]]:
        with self.centre.store.read() as tx:
            bodies = [body_of(one.record) for one in tx.of_type("look.centre", CLASS)]
        return [(body.account, body.why, body.file) for body in bodies
                if isinstance(body, CentreLook) and body.what == "faces"]

    def here(self) -> list[Path]:
        return sorted(path for path in (self.centre.folder / "objects" / "sheets").rglob("*") if path.is_file())


@pytest.fixture
def road(centre: Centre, clock: FixedClock, tmp_path: Path) -> Road:
    """A class of a school of the city; nothing of it is filmed yet."""
    centre.account_desk().put_institution("school-a", "学校", "411202", None)
    plan, names = write_plan(tmp_path, f'institution = "school-a"\n{PLAN.replace("welder-1", CLASS)}')
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    box = Box(centre, chain="cd" * 16)
    box.genesis()
    centre.collector().take(box.messages())
    return Road(centre, clock, box, signed_in(centre, "supervisor", "411200", "li"))


def test_a_sheet_is_asked_for_comes_sealed_and_is_shown_to_who_says_why(road: Road) -> None:
    assert "Ask the box for the contact sheet" in road.li.get(f"{PAGE}?lang=en").text and road.state() == "none"
    asked = road.ask()
    assert (asked.status_code, asked.headers["location"], road.state()) == (303, f"{PAGE}#sheet", "asked")
    _, body = road.order()
    assert body.sheet is not None and (body.sheet.class_id, body.sheet.block, body.sheet.by) == (CLASS, BLOCK, "li")
    road.answer()
    assert road.state() == "making" and "makes it when it has time" in road.li.get(PAGE).text
    data, made = road.sealed()
    road.say(made)
    assert road.state() == "coming"
    assert road.li.head(f"/api/segments/{made.sha256}", headers=token(road.box, data, road.clock.utc_us)).headers[
        "upload-offset"] == "0"
    assert road.put(data) == 201 and road.put(data) == 200 and road.state() == "here"
    (path,) = road.here()
    assert path.read_bytes() == data and b"\x89PNG\r\n" not in data
    assert f"{PAGE}/sheets/{road.box.device}" in road.li.get(PAGE).text
    sheet = f"{PAGE}/sheets/{road.box.device}"
    assert "Why you look" in road.li.get(f"{sheet}/1.png").text and "Why you look" in road.li.get(sheet).text
    assert send(road.li, sheet, why="  ").status_code == 422 and send(road.li, sheet, why="x" * 501).status_code == 422
    assert road.looks() == []
    assert send(road.li, sheet, why="R3 says one is missing").headers["location"] == sheet
    assert [road.li.get(f"{sheet}/{one}.png").content for one in (1, 2)] == PAGES
    assert road.li.get(f"{sheet}/3.png").status_code == 404 and road.li.get(f"{sheet}/0.png").status_code == 404
    assert 'alt="Page 2 of 2 of the contact sheet"' in road.li.get(sheet).text
    assert road.looks() == [("li", "R3 says one is missing", made.sha256)]
    assert road.li.get(f"/media/{made.sha256}.mp4").status_code == 404


def test_a_reason_holds_for_an_hour_and_for_who_gave_it(road: Road) -> None:
    road.bring()
    sheet = f"{PAGE}/sheets/{road.box.device}"
    send(road.li, sheet, why="R3")
    wang = signed_in(road.centre, "auditor", "411200", "wang")
    assert road.li.get(f"{sheet}/1.png").content == PAGES[0] != wang.get(f"{sheet}/1.png").content
    road.clock.utc_us += 29 * MINUTE
    road.li.get(sheet)
    road.clock.utc_us += 29 * MINUTE
    assert road.li.get(f"{sheet}/1.png").content == PAGES[0]
    for _ in range(3):
        road.clock.utc_us += 25 * MINUTE
        road.li.get(sheet)
    assert all("查看这些人脸的原因" in road.li.get(path).text for path in (sheet, f"{sheet}/1.png"))


def test_a_refusal_is_told_with_its_reason_and_may_be_asked_again(road: Road) -> None:
    reasons = {"no_class": "has no plan of this class", "no_block": "knows no such recording",
               "not_over": "is not over yet", "no_roll_call": "has not called the roll",
               "unknown_kind": "does not know this kind", "no_road": "no address to send files to"}
    for number, (why, says) in enumerate(reasons.items(), 1):
        assert road.ask().status_code == 303 and road.state() == "asked" and road.order()[1].number == number
        road.answer(why)
        page = road.li.get(f"{PAGE}?lang=en").text
        assert road.state() == "refused" and says in page and "Ask the box again" in page
    assert "拒绝了" in road.li.get(f"{PAGE}?lang=zh").text


def test_nobody_asks_twice_while_it_is_on_its_way_or_here(road: Road) -> None:
    for step in (lambda: None, road.answer, lambda: road.say(road.sealed()[1])):
        road.ask() if road.state() == "none" else None
        step()
        answer = road.ask()
        assert answer.status_code == 409 and "正在途中" in answer.text
    assert road.order()[1].number == 1


def test_what_the_box_does_not_answer_or_cannot_make_ends(road: Road) -> None:
    road.ask()
    road.clock.utc_us += DAYS * DAY_US
    road.li = signed_in(road.centre, "supervisor", "411200", "li")
    assert road.state() == "expired" and road.ask().status_code == 303 and road.state() == "asked"
    road.answer()
    road.say(Alarm("sheet.unmade", {"order": "00" * 32}, CLASS), Alarm("sheet.unmade", {}, CLASS))
    assert road.state() == "making"
    road.say(Alarm("sheet.unmade", {"order": road.order()[0]}, CLASS))
    assert road.state() == "unmade" and "could not make it" in road.li.get(f"{PAGE}?lang=en").text


def test_a_sheet_that_never_comes_may_be_asked_for_again_once_its_order_has_ended(road: Road) -> None:
    """As of a box whose disk lost it: else nobody could ask for thirty days."""
    road.ask()
    road.answer()
    data, made = road.sealed()
    road.say(made)
    road.clock.utc_us += DAYS * DAY_US
    road.li = signed_in(road.centre, "supervisor", "411200", "li")
    assert road.state() == "lost" and "has not come" in road.li.get(f"{PAGE}?lang=en").text
    assert road.put(data) == 201 and road.state() == "here", "if it comes after all it is taken"
    road.centre.sheets.drop(made.sha256)
    assert road.state() == "lost" and road.ask().status_code == 303 and road.state() == "asked"


def test_a_form_names_only_boxes_of_the_recording(road: Road) -> None:
    for device in ("box-b", ""):
        assert send(road.li, f"{PAGE}/sheets", device=device).status_code == 422
    assert send(road.li, f"/classes/{CLASS}/blocks/2026-03-02-xx/sheets", device="box-1").status_code == 404
    assert road.li.get(f"{PAGE}/sheets/box-b").status_code == 404
    with pytest.raises(NoSuchBox):
        order_sheet(road.centre.store, road.centre.sheets, "ab" * 32, CLASS, BLOCK, "box-9", "zh", "li", MORNING)


def test_the_order_goes_with_the_others_and_is_listed(road: Road, capsys: pytest.CaptureFixture[str]) -> None:
    road.ask()
    with road.centre.store.read() as tx:
        (message,) = box_order_messages(tx, road.centre.keys.certificate, set(), road.clock.utc_us).values()
    told = read_sealed(base64.b64decode(json.loads(message.payload)["orders"][0])).record.body
    assert told["kind"] == "sheet" and told["sheet"]["class"] == CLASS and "upload" in told
    assert told["sheet"]["to_key"] == road.centre.sealing_key().public_key().public_bytes_raw().hex()
    main(["--lang", "en", "order", "list", "--centre", str(road.centre.folder)])
    assert f"contact sheet of {BLOCK}, {CLASS}" in capsys.readouterr().out


# --- who would like to bring something else


def refused(road: Road, data: bytes, made: Sheet, status: int = 404) -> None:
    road.say(made)
    assert road.put(data, made.sha256) == status and road.here() == []


def test_a_sheet_that_was_not_asked_for_is_not_taken(road: Road) -> None:
    road.ask()
    road.answer()
    data, made = road.sealed()
    for number, wrong in enumerate(({"class_id": "class-b"}, {"block": "2026-03-02-pm"}, {"order": "12" * 32})):
        other = data + bytes([number])
        sha256 = hashlib.sha256(other).hexdigest()
        refused(road, other, dataclasses.replace(made, sha256=sha256, size=len(other), **wrong))
    assert road.state() == "making"


def test_what_no_record_names_is_not_taken(road: Road) -> None:
    other = Box(road.centre, "box-b", chain="ef" * 16)
    other.genesis()
    road.ask()
    road.answer()
    data, made = road.sealed()
    assert road.put(data) == 404
    road.say(made)
    longer = token(road.box, data, road.clock.utc_us, size=len(data) + 1)
    assert road.li.head(f"/api/segments/{made.sha256}", headers=longer).status_code == 404
    other.append(made, road.clock.utc_us)
    road.centre.collector().take(other.messages())
    assert road.li.put(f"/api/segments/{made.sha256}", content=data, headers=sending(
        other, data, road.clock.utc_us)).status_code == 404, "another box was not asked"
    assert road.put(data) == 201


def test_a_sheet_that_is_too_large_is_not_taken(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    road.ask()
    road.answer()
    data, made = road.sealed()
    monkeypatch.setattr(sheets_module, "MOST_BYTES", len(data) - 1)
    refused(road, data, made)


def test_bytes_with_another_hash_leave_nothing(road: Road) -> None:
    road.ask()
    road.answer()
    data, made = road.sealed()
    refused(road, bytes(len(data)), made, 401)
    where, headers = f"/api/segments/{made.sha256}", sending(road.box, data, road.clock.utc_us)
    assert road.li.put(where, content=bytes(len(data)), headers=headers).status_code == 422 and road.here() == []
    assert road.put(data) == 201


@pytest.mark.parametrize("make", [
    lambda other, order: PAGES[0], lambda other, order: b"%PDF-1.7 somebody's face",
    lambda other, order: b"zaitang-sheet-1\n" + PAGES[0], lambda other, order: seal_pages(PAGES, other, order),
])
def test_what_is_not_sealed_to_this_centre_for_this_order_is_not_kept(road: Road, make: Any) -> None:
    """A readable picture, a paper, bare pages, and pages for somebody else."""
    other = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    road.ask()
    road.answer()
    data = make(other, road.order()[0])
    _, made = road.sealed(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    refused(road, data, made, 422)
    assert road.state() == "coming"


def test_of_many_sheets_that_a_box_states_for_one_order_the_first_alone_is_taken(road: Road) -> None:
    """Each of 32 MiB they would fill the disk."""
    road.bring()
    for number in range(3):
        data = seal_pages(PAGES * (number + 2), road.centre.sealing_key().public_key().public_bytes_raw().hex(),
                          road.order()[0])
        _, made = road.sealed(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        road.say(made)
        assert road.put(data, made.sha256) == 404 and len(road.here()) == 1
    with road.centre.store.read() as tx:
        assert len(tx.of_type("sheet")) == 4 and len(tx.sheets_since(0)) == 1, "who looks for one reads no more"
    assert sweep(road.centre.store, road.centre.sheets, road.clock.utc_us) == 0 and road.state() == "here"


def test_a_sheet_of_an_earlier_order_does_not_come_again_for_a_later_one(road: Road) -> None:
    """Replayed: the same file under the record of another order."""
    first = road.bring()
    data = road.centre.sheets.path(first.sha256).read_bytes()
    road.say(ConsentWithdrawn(CLASS, "p-1", "terminal"))
    assert sweep(road.centre.store, road.centre.sheets, road.clock.utc_us) == 1 and road.here() == []
    assert road.put(data) == 404 and road.ask().status_code == 303
    road.answer()
    refused(road, data, dataclasses.replace(first, order=road.order()[0], people=("p-2",)), 422)


# --- its end


@pytest.mark.parametrize("body", [
    ConsentWithdrawn(CLASS, "p-1", "terminal"), FaceErased(CLASS, "p-2", "over", 1, 1),
])
def test_the_erasure_of_anybody_on_it_ends_it_at_once_and_then_its_file_goes(road: Road, body: Any) -> None:
    made = road.bring()
    sheet = f"{PAGE}/sheets/{road.box.device}"
    send(road.li, sheet, why="R3")
    assert road.li.get(f"{sheet}/1.png").status_code == 200
    road.say(body)
    assert road.state() == "erased" and road.li.get(f"{sheet}/1.png").status_code == 404
    assert road.li.get(sheet).status_code == 404 and "was withdrawn" in road.li.get(f"{PAGE}?lang=en").text
    assert [path.stem for path in road.here()] == [made.sha256]
    road.centre.sweep_sheets()
    assert road.here() == []


def test_who_is_not_on_it_and_what_is_of_another_class_end_nothing(road: Road) -> None:
    road.bring()
    road.say(ConsentWithdrawn(CLASS, "p-9", "terminal"), ConsentWithdrawn("class-b", "p-1", "terminal"))
    assert road.state() == "here" and sweep(road.centre.store, road.centre.sheets, road.clock.utc_us) == 0


@pytest.mark.parametrize(("until", "ends"), [(20, 20), (900, KEPT_DAYS)])
def test_its_time_is_what_the_box_says_and_thirty_days_from_the_order_at_most(
    road: Road, until: int, ends: int,
) -> None:
    road.ask()
    asked_us = road.clock.utc_us
    road.answer()
    data, made = road.sealed(until=utc_text(asked_us + until * DAY_US))
    road.say(made)
    road.put(data)
    for us, here in ((asked_us + ends * DAY_US - 1, 1), (asked_us + ends * DAY_US, 0)):
        road.clock.utc_us = us
        assert road.state() == ("here" if here else "over")
        assert road.stands().ended_by == ("" if here else "people" if until < KEPT_DAYS else "days")
        road.centre.sweep_sheets()
        assert len(road.here()) == here
    assert road.put(data) == 404


def test_a_final_decision_ends_it_and_whoever_needs_it_then_asks_anew(road: Road) -> None:
    road.bring()

    def decide(stage: str, by: str, first: str | None = None) -> str:
        body = Decision(
            CLASS, stage, "keep", "looked", by, by, "0" * 64, "flag", (BLOCK,),  # type: ignore[arg-type]
            PolicyRef("demo", load_policy("demo").sha256), RULES_VERSION, utc_text(road.clock.utc_us), (), first)
        with road.centre.store.write() as tx:
            return road.centre.store.append(tx, body).hash

    road.clock.utc_us += MINUTE
    first = decide("first", "wang")
    assert road.state() == "here"
    decide("second", "zhao", first)
    assert road.state() == "over"
    assert "the decision about the class became final then" in road.li.get(f"{PAGE}?lang=en").text
    road.centre.sweep_sheets()
    assert road.here() == []
    road.clock.utc_us += MINUTE
    road.bring()
    road.centre.sweep_sheets()
    assert road.state() == "here" and len(road.here()) == 1


def test_a_file_that_no_record_lets_lie_there_goes_and_one_that_was_changed_is_not_shown(road: Road) -> None:
    made = road.bring()
    stray = road.centre.sheets.path("ff" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left by somebody")
    assert sweep(road.centre.store, road.centre.sheets, road.clock.utc_us) == 1 and not stray.exists()
    sheet = f"{PAGE}/sheets/{road.box.device}"
    send(road.li, sheet, why="R3")
    road.centre.sheets.path(made.sha256).write_bytes(b"another thing")
    assert road.li.get(f"{sheet}/1.png").status_code == 404


def test_what_was_put_aside_of_one_ends_with_it(road: Road) -> None:
    """Derived from faces, and no evidence: of a segment it stays."""
    road.ask()
    road.answer()
    data, made = road.sealed(until=utc_text(road.clock.utc_us + 2 * DAY_US))
    road.say(made)
    road.put(data)
    sheets = road.centre.sheets
    sheets.path(made.sha256).write_bytes(bytes(reversed(data)))
    assert road.put(data) == 201 and sheets.aside() == [f"{made.sha256}.1"]
    road.centre.sweep_sheets()
    assert sheets.aside() and road.here()
    road.clock.utc_us += 2 * DAY_US
    road.centre.sweep_sheets()
    assert not sheets.aside() and not road.here()
    assert not list((sheets.folder / "aside").iterdir())


def test_the_collector_removes_what_may_not_lie_here_and_lives_on_where_a_disk_refuses(
    road: Road, monkeypatch: pytest.MonkeyPatch,
) -> None:
    road.bring()
    road.say(ConsentWithdrawn(CLASS, "p-1", "terminal"))
    link = road.centre.broker_link()

    def fails(*_: Any) -> None:
        raise OSError(5, "the disk does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(type(road.centre.sheets), "drop", fails)
        link._tidy()
    assert len(road.here()) == 1
    link._tidy()
    assert len(road.here()) == 1, "it looks once in a while only"
    link._sweep_at = 0.0
    link._tidy()
    assert road.here() == []


def test_asking_while_one_is_here_needs_no_order(road: Road) -> None:
    road.bring()
    with pytest.raises(SheetAsked):
        order_sheet(road.centre.store, road.centre.sheets, "ab" * 32, CLASS, BLOCK, road.box.device, "zh", "li",
                    road.clock.utc_us)


def test_segments_take_their_road_as_before(road: Road) -> None:
    film = b"the bytes of a segment"
    road.say(segment_of(film, MORNING, 60, 7, class_id=CLASS))
    assert road.put(film) == 201 and road.centre.objects.has(hashlib.sha256(film).hexdigest()) and road.here() == []
