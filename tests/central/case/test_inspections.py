"""The page of inspections: what the form says becomes a record, signed in one of three ways; one is put right."""
from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from central.papers import MAX_DRAWN, MAX_PAPER
from central.wiring import Centre
from evidence.bodies import Inspection
from tests.central.case_pages import BASE, belongs, kept, school, send_files, supervisor, text
from tests.central.console import send
from tests.central.course import PEOPLE
from tests.central.test_reviews import story

pytestmark = pytest.mark.long

PAGE = f"{BASE}/inspections"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(60))
DRAWN = "data:image/png;base64," + base64.b64encode(PNG).decode()
GOOD = {
    "kind": "field", "start": "2026-03-02T08:40", "end": "2026-03-02T09:00", "place": "101 教室", "teachers": "1",
    "headcount": "6", "workplaces": "", "remark": "", "inspector": "孙检查员", "numbers": "", "replaces": "",
}


@pytest.fixture
def owned(played: Centre, tmp_path: Path) -> Centre:
    belongs(played, tmp_path)
    return played


def papers(centre: Centre) -> list[str]:
    return sorted(path.name for path in (centre.folder / "objects" / "papers").glob("*"))


def inspected(centre: Centre) -> Inspection:
    (*_, body) = kept(centre, "inspection")
    assert isinstance(body, Inspection)
    return body


def test_an_inspection_is_stated_with_a_drawn_signature_that_is_shown_again(owned: Centre) -> None:
    li = supervisor(owned, "li")
    answer = send(li, PAGE, **GOOD, drawn=DRAWN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#i-1")
    body = inspected(owned)
    assert (body.kind, body.start, body.headcount, body.workplaces, body.inspector, body.by) == (
        "field", "2026-03-02T00:40:00.000000Z", 6, None, "孙检查员", "li")
    assert body.signature == hashlib.sha256(PNG).hexdigest() and papers(owned) == [f"{body.signature}.png"]
    page = school(owned).get(f"{PAGE}?lang=en")
    assert f'href="{BASE}/papers/{body.signature}"' in page.text and "<form class" not in page.text
    paper = school(owned).get(f"{BASE}/papers/{body.signature}")
    assert (paper.content, paper.headers["content-type"]) == (PNG, "image/png")
    assert "nosniff" in paper.headers["x-content-type-options"]
    owned.papers().find(body.signature)[0].write_bytes(PNG + b"x")
    assert school(owned).get(f"{BASE}/papers/{body.signature}").status_code == 404, "other bytes than were signed"
    assert li.get(f"{BASE}/papers/{'0' * 64}").status_code == 404


def test_a_class_hour_stands_for_its_time_and_a_name_is_typed(owned: Centre) -> None:
    hour = story(owned).hours[0]
    fields = {**GOOD, "start": "", "end": "", "hour": hour.id, "typed": "孙 检查员"}
    answer = send(supervisor(owned, "li"), PAGE, **fields)
    assert answer.status_code == 303
    body = inspected(owned)
    assert (body.start, body.end) == (hour.hour.start, hour.hour.end) and body.signature is not None
    path, media = owned.papers().find(body.signature)
    assert json.loads(path.read_bytes()) == {"class": "welder-1", "account": "li", "signed": "孙 检查员"}
    assert media.startswith("text/plain")
    paper = school(owned).get(f"{BASE}/papers/{body.signature}")
    assert "attachment" in paper.headers["content-disposition"]


def test_a_scanned_sheet_is_taken_and_the_opening_vouches(owned: Centre) -> None:
    people = [one.person for one in story(owned).order.roster[:2]]
    fields: dict[str, str | list[str]] = {**GOOD, "kind": "opening", "numbers": "1107，1108", "people": people}
    answer = send_files(supervisor(owned, "li"), PAGE, {"scan": ("表.pdf", b"%PDF-1.7 x")}, **fields)
    assert answer.status_code == 303
    body = inspected(owned)
    assert (body.numbers, body.people) == (("1107", "1108"), tuple(people))
    assert papers(owned) == [f"{body.signature}.pdf"]
    said = text(supervisor(owned, "li").get(f"{PAGE}?lang=en"))
    assert f"People vouched for {PEOPLE[0]}, {PEOPLE[1]}" in said


def test_a_better_word_replaces_the_one_before(owned: Centre) -> None:
    li = supervisor(owned, "li")
    send(li, PAGE, **GOOD)
    page = li.get(f"{PAGE}?replaces=i-1&lang=en")
    assert "Put i-1 right" in text(page) and 'value="2026-03-02T08:40:00"' in page.text
    assert send(li, PAGE, **{**GOOD, "headcount": "5", "replaces": "i-1"}).status_code == 303
    assert inspected(owned).inspection == "i-1" and inspected(owned).headcount == 5
    (fact,) = story(owned).inspections
    assert fact.inspection.headcount == 5 and len(fact.refs) == 2


BAD: list[tuple[dict[str, str], str]] = [
    ({"kind": "secret"}, "choose one"), ({"headcount": "many"}, "Trainees who were there: a whole number"),
    ({"headcount": "-1"}, "whole number"), ({"headcount": "99999"}, "whole number"), ({"teachers": ""}, "whole number"),
    ({"start": ""}, "Beginning:"), ({"start": "soon"}, "Beginning: soon"),
    ({"end": "2026-03-02T08:00"}, "end comes before"),
    ({"start": "2026-03-05T08:00", "end": "2026-03-05T09:00"}, "no class-hours on"), ({"place": " "}, "Place:"),
    ({"inspector": "a\u202eb"}, "Inspector:"), ({"numbers": "1107"}, "opening only"), ({"replaces": "i-7"}, "i-7"),
    ({"drawn": DRAWN, "typed": "孙"}, "one way only"), ({"drawn": "data:image/png;base64,!"}, "no PNG"),
    ({"drawn": base64.b64encode(b"%PDF-").decode()}, "no PNG"),
    ({"drawn": base64.b64encode(PNG + b"\0" * MAX_DRAWN).decode()}, "too large"),
    ({"drawn": DRAWN, "replaces": "i-7"}, "i-7"),
]


def test_what_cannot_be_is_refused_and_nothing_is_kept_but_what_was_typed(owned: Centre) -> None:
    li = supervisor(owned, "li")
    for change, said in BAD:
        answer = send(li, f"{PAGE}?lang=en", **{**GOOD, **change})
        assert answer.status_code == 422, change
        assert said in answer.text.split('role="alert">')[1].split("</p>")[0], change
        assert "101 教室" in answer.text or "place" in change
    for data, said in ((b"MZ program", "no PNG"), (b"%PDF-" + b"\0" * MAX_PAPER, "too large")):
        answer = send_files(li, f"{PAGE}?lang=en", {"scan": ("x", data)}, **GOOD)
        assert answer.status_code == 422 and said in text(answer)
    assert kept(owned, "inspection") == [] and papers(owned) == []
