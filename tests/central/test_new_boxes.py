"""New boxes in the console: claimed by whose room it is, approved by an administrator who compared."""
from __future__ import annotations

import dataclasses
import re

import pytest
from fastapi.testclient import TestClient

from central.devices.introductions import code_of
from central.devices.limits import EACH
from central.web.app import create_app
from central.web.new_boxes import told_line
from central.wiring import Centre
from provisioning.install.words import BOXES, PIN
from provisioning.install.words import parser as installer
from tests.central.console import HERE, become, send, session_of
from tests.central.new_machines import key_of, machine

SENT = machine(7, "100000003d1d1c36")
CODE = code_of(SENT)


@pytest.fixture
def people(centre: Centre) -> dict[str, TestClient]:
    desk, app = centre.account_desk(), create_app(centre)
    for name in ("school-a", "school-b"):
        desk.put_institution(name, f"学校 {name}", "411202", None)
    made = {}
    for who, role, scope in (("admin", "administrator", None), ("a", "institution", "school-a"),
                             ("b", "institution", "school-b")):
        made[who] = TestClient(app, base_url=HERE)
        become(made[who], session_of(centre, role, scope))
    centre.welcome().introduce(SENT, "10.0.0.7")
    return made


def fields(**more: str) -> dict[str, str]:
    return {"code": CODE, "key": key_of(SENT), "device": "box-101", "room": "101 教室", "policy": "sanmenxia-2023",
            "lang": "zh", "same": "yes"} | more


def test_a_school_claims_and_an_administrator_approves(people: dict[str, TestClient], centre: Centre) -> None:
    shown = people["a"].get("/boxes/new", params={"code": CODE.lower().replace("-", "")}).text
    assert SENT.serial in shown and CODE in shown and shown.count("<code>") >= 16
    assert send(people["a"], "/boxes/new", **fields()).status_code == 303
    assert "box-101" in people["a"].get("/boxes/waiting").text
    assert 'value="approve"' not in people["a"].get("/boxes/waiting").text
    assert "/boxes/waiting" in people["admin"].get("/boxes").text
    waits = people["admin"].get("/boxes/waiting").text
    assert "101 教室" in waits and "学校 school-a" in waits
    done = send(people["admin"], "/boxes/waiting", device="box-101", key=key_of(SENT), do="approve", same="yes")
    assert done.status_code == 303
    assert centre.welcome().introduce(SENT, "10.0.0.7").state == "approved"
    for page in ("/boxes", "/boxes/waiting", "/plans/new"):
        assert "box-101" in people["a"].get(page).text and "box-101" not in people["b"].get(page).text


def test_the_page_that_opens_first_says_that_a_box_waits_or_that_none_is_there(people: dict[str, TestClient]) -> None:
    def home(who: str) -> tuple[bool, bool]:
        shown = people[who].get("/?lang=en").text
        return '<a href="/boxes/waiting">Boxes that wait for approval: 1</a>' in shown, '<a href="/boxes/new">' in shown

    assert [home(who) for who in ("admin", "a", "b")] == [(False, True)] * 3
    send(people["a"], "/boxes/new", **fields())
    assert [home(who) for who in ("admin", "a", "b")] == [(True, False), (True, False), (False, True)]
    send(people["admin"], "/boxes/waiting", device="box-101", key=key_of(SENT), do="approve", same="yes")
    assert [home(who) for who in ("admin", "a", "b")] == [(False, False), (False, False), (False, True)]


def test_a_person_of_another_institution_sees_no_claim_of_this_one(people: dict[str, TestClient]) -> None:
    send(people["a"], "/boxes/new", **fields())
    assert "box-101" not in people["b"].get("/boxes/waiting").text
    assert "box-101" not in people["b"].get("/boxes").text
    assert send(people["b"], "/boxes/new", **fields(device="box-b")).status_code == 422


def test_a_school_claims_for_itself_alone_and_approves_nothing(people: dict[str, TestClient], centre: Centre) -> None:
    assert send(people["a"], "/boxes/new", **fields(institution="school-b")).status_code == 303
    (claim,) = centre.desk().pending()
    assert claim.institution == "school-a"
    for do in ("approve", "refuse"):
        sent = send(people["a"], "/boxes/waiting", device="box-101", key=key_of(SENT), do=do, same="yes", reason="x")
        assert sent.status_code == 403
    assert centre.desk().pending() == [claim]


@pytest.mark.parametrize("wrong", [
    {"same": ""}, {"key": "0" * 64}, {"device": "Box 1"}, {"device": "centre"}, {"room": "x" * 101},
    {"policy": "/etc/passwd"}, {"lang": "fr"}, {"code": "0000-0000-0000"},
])
def test_what_was_not_compared_or_is_no_name_is_not_claimed(
    people: dict[str, TestClient], centre: Centre, wrong: dict[str, str],
) -> None:
    answer = send(people["a"], "/boxes/new", **fields(**wrong))
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert centre.desk().pending() == [] and centre.welcome().find(CODE).state == "introduced"


def test_nobody_approves_without_comparing_or_another_key(people: dict[str, TestClient], centre: Centre) -> None:
    send(people["a"], "/boxes/new", **fields())
    for wrong in ({"same": ""}, {"key": "0" * 64}, {"device": "box-9"}, {"do": "else"}):
        sent = {"device": "box-101", "key": key_of(SENT), "do": "approve", "same": "yes"} | wrong
        assert send(people["admin"], "/boxes/waiting", **sent).status_code == 422
    assert len(centre.desk().pending()) == 1
    refused = {"device": "box-101", "key": key_of(SENT), "do": "refuse"}
    assert send(people["admin"], "/boxes/waiting", **refused, reason=" ").status_code == 422
    assert send(people["admin"], "/boxes/waiting", **refused, reason="不是这台机器").status_code == 303
    assert centre.welcome().introduce(SENT, "").reason == "不是这台机器"


def test_who_guesses_codes_is_shut_out(people: dict[str, TestClient]) -> None:
    for number in range(EACH):
        assert people["a"].get("/boxes/new", params={"code": f"0000-0000-{number:04}"}).status_code == 422
    assert people["a"].get("/boxes/new", params={"code": CODE}).status_code == 422
    assert people["b"].get("/boxes/new", params={"code": CODE}).status_code == 200


def test_the_page_says_what_the_installer_takes_from_a_stick_and_without_one(
    people: dict[str, TestClient], centre: Centre,
) -> None:
    shown = re.findall(r"<code>sudo (.+)</code>", people["a"].get("/boxes/new").text)
    commands = [line.split() for line in shown]
    assert [one[0] for one in commands] == ["./install-box", "provisioning/install-box"]
    said = [installer("en").parse_args(["box", *one[1:]]) for one in commands]
    assert [str(one.release_key) for one in said] == ["~/release.pem", "None"]
    for one in said:
        assert (one.centre, one.pin) == ("https://localhost:8471", centre.root_fingerprint)
        assert one.console == "" and BOXES.fullmatch(one.centre) and PIN.fullmatch(one.pin)


def test_telephones_are_told_of_a_console_that_they_can_reach(people: dict[str, TestClient], centre: Centre) -> None:
    web = dataclasses.replace(centre.config.web, certificate="web.crt", key="web.key", names=("c.example",))
    served = dataclasses.replace(centre, config=dataclasses.replace(centre.config, web=web))
    assert told_line(served).endswith(" --console https://c.example:8470")
    assert "--console" not in told_line(centre)
