"""The own record of a trainee: whose link opens it, how often, for how long; what is shown; objections from there."""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from httpx import Response

from central.accounts.door import form_token
from central.classes.objection_errors import TooManyObjections
from central.classes.objections import (
    MOST_EVER,
    MOST_OPEN,
    handle_objection,
    list_objections,
    raise_own_objection,
)
from central.classes.visits import VISIT_US
from central.web.app import create_app
from central.wiring import Centre
from evidence.bodies import CentreLook, body_of
from evidence.canonical import canonical
from evidence.own_links import HOLDS_US, SKEW_US, OwnLink, link_text, seal_own_link
from evidence.seal import UPLOAD_TYPE, KeySigner, Signer, seal
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text
from tests.central.console import HERE, send, signed_in
from tests.central.helpers import MORNING, NAMES, PLAN, Box, FixedClock
from tests.central.test_classes import add

CLASS, COOKIE, OVER = "welder-1", "zaitang-me", "this link does not hold any more"


@dataclasses.dataclass
class Office:
    """A centre with a class and its box; pseudonyms by name."""

    centre: Centre
    clock: FixedClock
    box: Box
    people: dict[str, str]
    app: Any
    made: int = 0

    def link(self, name: str = "张伟", signer: Signer | None = None, **changes: Any) -> str:
        self.made += 1
        link = OwnLink(1, "box-1", CLASS, self.people.get(name, name), utc_text(self.clock.utc_us + HOLDS_US),
                       f"{self.made:032x}")
        return link_text(seal_own_link(dataclasses.replace(link, **changes), signer or self.box.signer))

    def phone(self) -> TestClient:
        phone = TestClient(self.app, base_url=HERE, headers={"accept-language": "en"})
        phone.cookies.set("lang", "en")
        return phone

    def opened(self, name: str = "张伟", **changes: Any) -> TestClient:
        phone = self.phone()
        answer = press(phone, f"/me/open/{self.link(name, **changes)}")
        assert answer.status_code == 303, answer.text
        return phone

    def looks(self) -> list[CentreLook]:
        with self.centre.store.read() as tx:
            bodies = [body_of(one.record) for one in tx.of_type("look.centre")]
        return [body for body in bodies if isinstance(body, CentreLook)]


def press(phone: TestClient, path: str, **fields: str) -> Response:
    """Send a form as a page would that this telephone has seen."""
    if "zaitang" not in phone.cookies:
        phone.get("/sign-in")
    return send(phone, path, **fields)


@pytest.fixture
def office(centre: Centre, clock: FixedClock, tmp_path: Path) -> Office:
    add(centre, tmp_path)
    box = Box(centre)
    with centre.store.read() as tx:
        named = centre.names.open_all(CLASS, tx.sealed_names(CLASS))
    return Office(centre, clock, box, {one.name: person for person, one in named.items()}, create_app(centre))


def test_a_link_opens_the_own_record_and_that_is_on_record(office: Office) -> None:
    phone, token = office.phone(), office.link()
    asked = phone.get(f"/me/open/{token}")
    assert asked.status_code == 200 and "Open my record" in asked.text and "张伟" not in asked.text
    assert office.looks() == [] and phone.get("/me").status_code == 404, "only a press opens it"
    answer = press(phone, f"/me/open/{token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    given = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE))
    assert "Path=/me" in given and "HttpOnly" in given and f"Max-Age={VISIT_US // SECOND}" in given
    page = phone.get("/me")
    assert page.status_code == 200 and "张伟" in page.text and "You did not sign in" not in page.text
    person = office.people["张伟"]
    others = [word for name, one in office.people.items() if name != "张伟" for word in (name, one)]
    assert [word for word in others if word in page.text] == []
    phone.get("/me")
    assert office.looks() == [CentreLook(person, "own", None, CLASS, person=person)], "once an hour"
    audit = signed_in(office.centre).get("/audit?lang=en").text
    assert "the own record, as a trainee" in audit and person in audit
    assert token not in page.text


def test_a_link_opens_once(office: Office) -> None:
    token = office.link()
    assert press(office.phone(), f"/me/open/{token}").status_code == 303
    for phone in (office.phone(), office.phone()):
        shown, pressed = phone.get(f"/me/open/{token}"), press(phone, f"/me/open/{token}")
        assert shown.status_code == pressed.status_code == 404 and OVER in shown.text and OVER in pressed.text
    assert press(office.phone(), f"/me/open/{office.link()}").status_code == 303, "another link, another visit"


@pytest.mark.parametrize(("ahead_us", "holds"), [
    (-SKEW_US, False), (-SKEW_US + 1, True), (0, True), (HOLDS_US + SKEW_US, True), (HOLDS_US + SKEW_US + 1, False),
])
def test_a_link_holds_by_the_clock_of_the_centre(office: Office, ahead_us: int, holds: bool) -> None:
    token = office.link(until=utc_text(MORNING + ahead_us))
    assert (press(office.phone(), f"/me/open/{token}").status_code == 303) == holds


def test_a_link_that_was_looked_at_in_time_and_pressed_too_late_is_over(office: Office) -> None:
    phone, token = office.phone(), office.link()
    assert phone.get(f"/me/open/{token}").status_code == 200
    office.clock.utc_us += HOLDS_US + SKEW_US
    assert send(phone, f"/me/open/{token}").status_code == 404


def test_who_is_not_believed_opens_nothing(office: Office, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    add(office.centre, tmp_path / "b", PLAN.replace("welder-1", "welder-2").replace("box-1", "box-2"), NAMES)
    other, good = Box(office.centre, "box-2", "cd" * 16), office.link()
    upload = seal(canonical(encode(OwnLink(1, "box-1", CLASS, office.people["张伟"], utc_text(MORNING), "0" * 32))),
                  UPLOAD_TYPE, office.box.signer)
    refused = [
        office.link(signer=KeySigner(Ed25519PrivateKey.generate())), office.link(signer=other.signer),
        office.link(signer=office.centre.keys.signer), office.link(signer=other.signer, device="box-2"),
        office.link("陈老师"), office.link("p-nobody"), office.link(class_id="welder-2"), office.link(class_id="none"),
        office.link(device="box-9"), good[:-2] + ("AA" if good[-2:] != "AA" else "BB"), good[:-1], good + "=",
        link_text(upload), "x", "A" * 2001,
    ]
    for token in refused:
        phone = office.phone()
        shown, pressed = phone.get(f"/me/open/{token}"), press(phone, f"/me/open/{token}")
        assert shown.status_code == pressed.status_code == 404, token
        assert OVER in shown.text and COOKIE not in phone.cookies
    assert office.looks() == []
    assert press(office.phone(), f"/me/open/{good}").status_code == 303


def test_a_revoked_key_opens_nothing_and_ends_what_it_opened(office: Office) -> None:
    phone, token = office.opened(), office.link()
    assert phone.get("/me").status_code == 200
    office.centre.desk().revoke("box-1", "stolen")
    assert phone.get("/me").status_code == 404
    assert press(office.phone(), f"/me/open/{token}").status_code == 404


def test_a_box_that_joined_since_is_believed(office: Office) -> None:
    assert press(office.phone(), f"/me/open/{office.link()}").status_code == 303
    # A fresh application has read no certificate yet; one that has reads them again for a stranger after a while.
    office.app, office.box = create_app(office.centre), Box(office.centre)
    assert press(office.phone(), f"/me/open/{office.link()}").status_code == 303


def test_a_visit_ends_by_itself_and_by_a_press(office: Office) -> None:
    phone, other = office.opened(), office.opened("王芳")
    office.clock.utc_us += VISIT_US - 1
    assert "王芳" in other.get("/me").text and phone.get("/me").status_code == 200
    assert "Your visit is over" in press(other, "/me/leave").text
    assert other.get("/me").status_code == 404
    office.clock.utc_us += 1
    over = phone.get("/me")
    assert over.status_code == 404 and "scan the code again" in over.text
    office.clock.utc_us = MORNING - 2 * MINUTE
    assert phone.get("/me").status_code == 404, "a visit of the future belongs to a clock that was wrong"


def test_a_cookie_that_was_kept_after_leaving_opens_nothing(office: Office) -> None:
    phone = office.opened()
    kept = phone.cookies[COOKIE]
    press(phone, "/me/leave")
    phone.cookies.set(COOKIE, kept, path="/me")
    assert phone.get("/me").status_code == 404


@pytest.mark.parametrize("cookie", ["", "x", "é", "A" * 5000])
def test_a_made_up_cookie_opens_nothing(office: Office, cookie: str) -> None:
    answer = office.phone().get("/me", headers={"cookie": f"{COOKIE}={cookie}".encode()})
    assert answer.status_code == 404


def test_guessing_is_bounded_and_other_addresses_go_on(office: Office) -> None:
    phone = office.phone()
    answers = [phone.get(f"/me/open/x{number}").status_code for number in range(61)]
    assert answers[:60] == [404] * 60 and answers[60] == 429
    elsewhere = TestClient(office.app, base_url=HERE, client=("192.0.2.7", 1))
    assert elsewhere.get(f"/me/open/{office.link()}").status_code == 200


def test_a_trainee_opens_only_so_many_in_an_hour(office: Office) -> None:
    answers = [press(office.phone(), f"/me/open/{office.link()}").status_code for _ in range(21)]
    assert answers == [303] * 20 + [429]
    assert press(office.phone(), f"/me/open/{office.link('王芳')}").status_code == 303


# --- objections


def test_a_trainee_objects_and_reads_the_answer(office: Office) -> None:
    phone, person = office.opened(), office.people["张伟"]
    answer = press(phone, "/me/objections", text="3月2日上午  我在场")
    assert answer.status_code == 303 and answer.headers["location"] == "/me?done=objection#objections"
    (one,) = list_objections(office.centre.store, CLASS)
    assert (one.source, one.person, one.text, one.state) == ("trainee", person, "3月2日上午 我在场", "raised")
    handle_objection(office.centre.store, CLASS, "o-1", "upheld", "核对录像，您在场", "li")
    page = phone.get("/me?done=objection").text
    assert "3月2日上午 我在场" in page and "核对录像，您在场" in page and "upheld" in page
    assert "is on record" in page
    other = office.opened("王芳")
    assert "我在场" not in other.get("/me").text and "核对录像" not in other.get("/me").text


def test_objections_are_bounded(office: Office) -> None:
    phone = office.opened()
    assert press(phone, "/me/objections", text="一").status_code == 303
    soon = press(phone, "/me/objections", text="二")
    assert soon.status_code == 422 and "a moment ago" in soon.text and ">二<" in soon.text, "nothing typed is lost"
    for number in range(2, MOST_OPEN + 1):
        office.clock.utc_us += 10 * MINUTE
        assert press(office.opened(), "/me/objections", text=f"又 {number}").status_code == 303
    office.clock.utc_us += 10 * MINUTE
    assert press(office.opened(), "/me/objections", text="再").status_code == 422
    assert press(office.opened("王芳"), "/me/objections", text="王").status_code == 303, "others are not hindered"
    for _ in range(MOST_EVER - MOST_OPEN):
        own = [one.objection for one in list_objections(office.centre.store, CLASS)
               if one.open and one.person == office.people["张伟"]]
        handle_objection(office.centre.store, CLASS, own[0], "rejected", "已核对", "li")
        office.clock.utc_us += 30 * MINUTE
        raise_own_objection(office.centre.store, CLASS, office.people["张伟"], "再", office.clock.utc_us)
    for one in list_objections(office.centre.store, CLASS):
        if one.open:
            handle_objection(office.centre.store, CLASS, one.objection, "rejected", "已核对", "li")
    office.clock.utc_us += 30 * MINUTE
    with pytest.raises(TooManyObjections):
        raise_own_objection(office.centre.store, CLASS, office.people["张伟"], "无尽", office.clock.utc_us)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\u200bb"])
def test_an_objection_that_says_nothing_or_too_much_is_refused(office: Office, text: str) -> None:
    phone = office.opened()
    assert press(phone, "/me/objections", text=text).status_code == 422
    assert list_objections(office.centre.store, CLASS) == ()


def test_without_a_visit_or_its_forms_token_nobody_objects(office: Office) -> None:
    phone = office.opened()
    assert phone.post("/me/objections", data={"text": "x"}).status_code == 403
    stranger = office.phone()
    stranger.get(f"/me/open/{office.link()}")
    assert send(stranger, "/me/objections", text="x").status_code == 404
    assert list_objections(office.centre.store, CLASS) == ()


def test_the_cookie_of_a_visit_is_tied_to_tls_where_there_is_tls(office: Office) -> None:
    web = dataclasses.replace(office.centre.config.web, certificate="c.pem", key="k.pem", names=("127.0.0.1",))
    config = dataclasses.replace(office.centre.config, web=web)
    app = create_app(dataclasses.replace(office.centre, config=config))
    phone = TestClient(app, base_url="https://127.0.0.1:8470")
    shown = phone.get(f"/me/open/{office.link()}")
    visit = next(one for one in shown.headers.get_list("set-cookie") if one.startswith("__Host-zaitang="))
    token = visit.split("=", 1)[1].split(";")[0]
    answer = phone.post(shown.url.path, data={"token": form_token(token)}, follow_redirects=False)
    given = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Secure-zaitang-me="))
    assert "Secure" in given and "Path=/me" in given
