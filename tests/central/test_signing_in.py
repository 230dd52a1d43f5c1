"""Signing in through the pages: what a browser sends and is answered, and that looks and changes are on record."""
from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st

from central.accounts.codes import STEP_S
from central.accounts.door import IDLE_US
from central.accounts.looks import AGAIN_US
from central.config import load_config
from central.web.app import create_app
from central.web.errors import BadServing
from central.web.server import certificate_of
from central.web.signing_in import local
from central.wiring import Centre, open_centre
from evidence.bodies import CentreLook, body_of
from evidence.errors import BadShape
from tests.central.console import COOKIE, HERE, become, give_reason, media, program, send, session_of, signed_in
from tests.central.helpers import FixedClock
from tests.central.site import BLOCK, Side, furnish

PASSWORD, OTHER = "correct horse battery", "another long sentence"


@pytest.fixture
def people(centre: Centre) -> Iterator[None]:
    desk = centre.account_desk()
    desk.add("wang", "administrator", None, None, PASSWORD)
    desk.add("li", "supervisor", "411200", None, PASSWORD)
    yield


@pytest.fixture
def client(centre: Centre, people: None) -> TestClient:
    return TestClient(create_app(centre), base_url=HERE)


def token_in(answer: Response) -> str:
    found = re.search('name="token" value="([0-9a-f]{64})"', answer.text)
    assert found is not None
    return found[1]


def enter(client: TestClient, account: str = "li", password: str = PASSWORD, next: str = "/") -> Response:
    form = {"token": token_in(client.get("/sign-in")), "account": account, "password": password, "next": next}
    return client.post("/sign-in", data=form, follow_redirects=False)


def test_one_comes_back_to_where_one_wanted_to_go(client: TestClient) -> None:
    asked = client.get("/accounts?x=1", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=%2Faccounts%3Fx%3D1"
    page = client.get(asked.headers["location"])
    assert 'name="next" value="/accounts?x=1"' in page.text
    answer = enter(client, "wang", next="/accounts?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts?x=1")
    assert "wang" in client.get("/accounts").text
    assert client.get("/sign-in?next=/audit", follow_redirects=False).headers["location"] == "/audit"


def test_what_is_wrong_is_said_on_the_page_and_the_name_stays(client: TestClient) -> None:
    for account, password in (("li", OTHER), ("nobody", PASSWORD)):
        answer = enter(client, account, password)
        assert answer.status_code == 403 and "账号或密码不正确" in answer.text and f'value="{account}"' in answer.text
        assert PASSWORD not in answer.text and OTHER not in answer.text
    assert client.get("/own", follow_redirects=False).status_code == 303


def test_a_session_that_was_there_before_is_worth_nothing_after(client: TestClient, centre: Centre) -> None:
    client.get("/sign-in")
    before = client.cookies[COOKIE]
    enter(client)
    after = client.cookies[COOKIE]
    assert before != after
    fixed = TestClient(create_app(centre), base_url=HERE)
    fixed.cookies.set(COOKIE, before, domain="127.0.0.1", path="/")
    assert fixed.get("/own", follow_redirects=False).status_code == 303
    enter(client)  # again, over the session that is there
    assert client.cookies[COOKIE] != after


def test_who_signs_in_again_ends_the_session_of_before(client: TestClient, centre: Centre) -> None:
    enter(client)
    before = client.cookies[COOKIE]
    form = {"token": token_in(client.get("/own")), "account": "wang", "password": PASSWORD, "next": "/"}
    assert client.post("/sign-in", data=form, follow_redirects=False).status_code == 303
    assert client.cookies[COOKIE] != before
    assert centre.door().actor(before) is None, "a copy of the old cookie opens nothing"


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    said = enter(client).headers["set-cookie"].lower()
    assert "httponly" in said and "samesite=lax" in said and "path=/" in said
    assert "domain" not in said and "secure" not in said and "max-age" not in said, "this is the loopback"


def test_by_tls_the_cookie_is_tied_to_the_host(centre: Centre, people: None) -> None:
    config = centre.folder / "centre.toml"
    config.write_text(config.read_text().replace('certificate = ""\nkey = ""\nnames = []',
                                                 'certificate = "c.pem"\nkey = "k.pem"\nnames = ["Console.example"]'))
    opened = open_centre(centre.folder, centre.clock)
    client = TestClient(create_app(opened), base_url="https://console.example")
    answer = enter(client)
    said = answer.headers["set-cookie"]
    assert said.startswith("__Host-zaitang=") and "Secure" in said and "Domain" not in said
    assert "max-age" in answer.headers["strict-transport-security"]
    assert client.get("/own").status_code == 200
    assert "Secure" in client.get("/own?lang=en").headers["set-cookie"], "which language, too"
    assert client.get("/", headers={"host": "other.example"}).status_code == 421
    assert client.get("/", headers={"host": "127.0.0.1"}).status_code == 200
    opened.store.close()


@pytest.mark.parametrize(("web", "key"), [
    ('certificate = "c.pem"', "web.key"), ('key = "c.pem"', "web.key"),
    ('host = "0.0.0.0"\ncertificate = "c.pem"\nkey = "k.pem"', "web.names"), ('names = ["a b"]', "web.names"),
])
def test_a_half_written_certificate_is_named(tmp_path: Path, web: str, key: str) -> None:
    (tmp_path / "centre.toml").write_text(f'device = "centre"\nname = "x"\n[web]\n{web}\n')
    with pytest.raises(BadShape, match=key):
        load_config(tmp_path)


def test_a_certificate_that_cannot_be_used_is_one_sentence(centre: Centre) -> None:
    config = centre.folder / "centre.toml"
    text = config.read_text().replace('certificate = ""\nkey = ""', 'certificate = "keys/centre.pem"\nkey = "none.pem"')
    config.write_text(text)
    opened = open_centre(centre.folder, centre.clock)
    with pytest.raises(BadServing, match=r"none\.pem"):
        certificate_of(opened)
    (centre.folder / "none.pem").write_text("nothing")
    with pytest.raises(BadServing):
        certificate_of(opened)
    opened.store.close()
    config.write_text(text.replace("none.pem", "keys/centre.key"))
    opened = open_centre(centre.folder, centre.clock)
    certificate = certificate_of(opened)
    assert certificate is not None and certificate.context.minimum_version == ssl.TLSVersion.TLSv1_2
    opened.store.close()


def test_signing_out_ends_the_session(client: TestClient, centre: Centre) -> None:
    enter(client)
    token = client.cookies[COOKIE]
    answer = send(client, "/sign-out")
    assert answer.headers["location"] == "/sign-in" and COOKIE not in client.cookies
    client.cookies.set(COOKIE, token, domain="127.0.0.1", path="/")
    assert client.get("/own", follow_redirects=False).status_code == 303


def test_after_half_an_hour_one_signs_in_again(client: TestClient, clock: FixedClock) -> None:
    enter(client)
    assert client.get("/own").status_code == 200
    clock.utc_us += IDLE_US
    assert client.get("/own", follow_redirects=False).headers["location"] == "/sign-in?next=%2Fown"


def test_too_many_tries_are_told_with_how_long_to_wait(client: TestClient) -> None:
    for _ in range(8):
        enter(client, password=OTHER)
    assert "请等待 5 分钟" in enter(client).text
    assert enter(client, "wang").status_code == 303


def test_a_centre_without_accounts_says_how_to_make_one(centre: Centre) -> None:
    client = TestClient(create_app(centre), base_url=HERE)
    page = client.get("/?lang=en")
    assert page.url.path == "/sign-in" and "This centre has no account yet" in client.get("/sign-in?lang=en").text
    assert f"zaitang-central user add --centre {centre.folder}" in page.text
    centre.account_desk().add("wang", "administrator", None, None)
    assert "has no account yet" not in client.get("/sign-in?lang=en").text


PATHS = st.from_regex(r"(/|//|\\|/\\|https?:|javascript:)[a-z./?&=\\@:]*", fullmatch=True)


@given(st.one_of(st.text(max_size=60), PATHS))
def test_one_never_leads_to_another_site(path: str) -> None:
    led = local(path)
    assert led == "/" or (led == path and re.match(r"/(?![/\\])", led))
    assert not re.search(r"[\x00-\x20\\\x7f-\uffff]", led)


@pytest.mark.parametrize("bad", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "",
                                 "/\t/evil.example", "javascript:alert(1)", "/sign-in?next=/", "evil"])
def test_another_site_as_the_next_page_becomes_the_first_page(client: TestClient, bad: str) -> None:
    assert enter(client, next=bad).headers["location"] == "/"


def test_a_link_leads_to_a_password_and_in(client: TestClient, centre: Centre) -> None:
    admin = signed_in(centre, name="wang")
    made = send(admin, "/accounts", account="zhao", role="auditor", scope="410000")
    path = re.search(r"http://127\.0\.0\.1:8470(/welcome/[\w-]{43})", made.text)
    assert path is not None and made.headers["cache-control"] == "no-store"
    page = client.get(path[1])
    form = {"token": token_in(page), "password": OTHER, "again": OTHER}
    assert client.post(path[1], data=form | {"again": "x"}).status_code == 422
    short = client.post(path[1] + "?lang=en", data=form | {"password": "short", "again": "short"})
    assert short.status_code == 422 and "ten characters at least" in short.text
    assert client.post(path[1], data=form, follow_redirects=False).headers["location"] == "/"
    assert "zhao" in client.get("/own").text
    assert client.get(path[1]).status_code == 404 and "此链接已失效" in client.get(path[1] + "?lang=zh").text


def test_codes_are_switched_on_and_asked_for(client: TestClient, centre: Centre, clock: FixedClock) -> None:
    enter(client)
    page = client.get("/own/codes?lang=en")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
    assert secret is not None and sealed is not None and "<svg" in page.text
    totp = pyotp.TOTP(secret[1].replace(" ", ""))

    def code() -> str:
        return totp.generate_otp(clock.utc_us // 1_000_000 // STEP_S)

    wrong = send(client, "/own/codes", sealed=sealed[1], code="1", password=PASSWORD)
    assert wrong.status_code == 422 and secret[1] in wrong.text, "the same secret, which the app has by now"
    assert send(client, "/own/codes", sealed="x", code=code(), password=PASSWORD).status_code == 422
    assert send(client, "/own/codes", sealed=sealed[1], code=code(), password=PASSWORD).status_code == 303
    assert client.get("/own/codes", follow_redirects=False).headers["location"] == "/own"
    clock.utc_us += STEP_S * 1_000_000
    half = enter(client, next="/own")
    assert half.headers["location"] == "/sign-in/code?next=%2Fown"
    assert client.get("/own", follow_redirects=False).status_code == 303, "a password alone"
    assert client.get("/sign-in/code?next=/own").status_code == 200
    assert send(client, "/sign-in/code", code="000", next="/own").status_code == 403
    before, used = client.cookies[COOKIE], code()
    done = send(client, "/sign-in/code", code=used, next="/own")
    assert done.headers["location"] == "/own" and client.cookies[COOKIE] != before
    assert client.get("/own").status_code == 200
    enter(client)
    assert send(client, "/sign-in/code", code=used).status_code == 403, "again"
    admin = signed_in(centre, name="wang")
    assert send(admin, "/accounts/li", do="totp-off").status_code == 303
    assert enter(client).headers["location"] == "/"


def test_ones_own_password_is_changed_and_others_are_out(client: TestClient, centre: Centre) -> None:
    elsewhere = TestClient(create_app(centre), base_url=HERE)
    enter(elsewhere)
    enter(client)
    for old, new, again in ((OTHER, OTHER, OTHER), (PASSWORD, OTHER, "x"), (PASSWORD, "1234567890", "1234567890")):
        assert send(client, "/own/password", old=old, password=new, again=again).status_code == 422
    done = send(client, "/own/password", old=PASSWORD, password=OTHER, again=OTHER)
    assert done.headers["location"] == "/own?done=password" and client.get("/own").status_code == 200
    assert elsewhere.get("/own", follow_redirects=False).status_code == 303
    assert enter(elsewhere).status_code == 403 and enter(elsewhere, password=OTHER).status_code == 303


def test_an_administrator_changes_accounts_and_institutions(centre: Centre, people: None) -> None:
    admin = signed_in(centre, name="wang")
    assert send(admin, "/institutions", institution="school-1", name="<b>学校</b>", region="411202").status_code == 303
    assert "&lt;b&gt;学校" in admin.get("/institutions").text
    assert send(admin, "/institutions", institution="school-1", name="x", region="41").status_code == 422
    assert send(admin, "/accounts/li", do="change", role="institution", scope="school-1").status_code == 303
    assert "school-1" in admin.get("/accounts/li").text and "school-1" in admin.get("/accounts").text
    assert send(admin, "/accounts/li", do="change", role="institution", scope="none").status_code == 422
    li = signed_in(centre, name="li")
    assert send(admin, "/accounts/li", do="disable").status_code == 303
    assert li.get("/own", follow_redirects=False).status_code == 303
    assert send(admin, "/accounts/wang", do="disable").status_code == 422, "the last administrator"
    assert send(admin, "/accounts/nobody", do="disable").status_code == 404
    assert send(admin, "/accounts", account="A B", role="auditor", scope="410000").status_code == 422
    page = admin.get("/audit?account=li&lang=en").text
    assert "account li disabled" in page and "wang" in page and "a command on the centre" in page


# --- looks


@pytest.fixture
def sides(centre: Centre, tmp_path: Path, people: None) -> dict[str, Side]:
    pytest.importorskip("av")
    return furnish(centre, tmp_path / "sides")


def looks(centre: Centre) -> list[CentreLook]:
    with centre.store.read() as tx:
        bodies = [body_of(sealed.record) for sealed in tx.of_type("look.centre")]
    return [one for one in bodies if isinstance(one, CentreLook)]


def test_who_looks_is_on_record_once_an_hour(centre: Centre, clock: FixedClock, sides: dict[str, Side]) -> None:
    side, client = sides["a"], signed_in(centre, name="li")
    for _ in range(3):
        client.get(f"/classes/{side.class_id}")
        give_reason(client, side.class_id, BLOCK)
        client.get(f"/classes/{side.class_id}/blocks/{BLOCK}/{side.device}/room.m3u8")
        client.get(media(side.sha256, side.class_id, BLOCK), headers={"range": "bytes=0-3"})
        client.get(f"/records/{side.device}/{side.chain}/1")
        client.get(f"/records/{side.device}/{side.chain}/1/envelope")
    told = [(one.account, one.what, one.class_id, one.block, one.file) for one in looks(centre)]
    assert told == [
        ("li", "class", side.class_id, None, None), ("li", "replay", side.class_id, BLOCK, None),
        ("li", "video", side.class_id, BLOCK, None),
        ("li", "video", side.class_id, None, side.sha256), ("li", "record", side.class_id, None, None),
    ]
    assert looks(centre)[-1].record is not None
    signed_in(centre, name="wang").get(f"/classes/{side.class_id}")
    assert len(looks(centre)) == 6
    clock.utc_us += AGAIN_US + 1
    signed_in(centre, name="li").get(f"/classes/{side.class_id}")
    assert len(looks(centre)) == 7


def test_what_is_refused_is_no_look(centre: Centre, sides: dict[str, Side]) -> None:
    client, other = signed_in(centre, name="li"), sides["b"]
    client.get(f"/classes/{other.class_id}")
    client.get(f"/media/{other.sha256}.mp4")
    client.get(media(sides["a"].sha256, sides["a"].class_id, BLOCK))
    client.get(f"/classes/{sides['a'].class_id}/blocks/{BLOCK}/{sides['a'].device}/room.m3u8")
    client.get(f"/records/{other.device}/{other.chain}/1")
    client.get(f"/classes/{sides['a'].class_id}/blocks/none/{sides['a'].device}/room.m3u8")
    assert looks(centre) == []


def test_a_look_that_cannot_be_stated_shows_nothing(
    centre: Centre, sides: dict[str, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.errors import DatabaseUnusable
    from central.store.store import Store

    client = signed_in(centre, name="li")

    def full(self: Store, *_: object) -> None:
        raise DatabaseUnusable(why="full")

    monkeypatch.setattr(Store, "append", full)
    answer = client.get(f"/classes/{sides['a'].class_id}")
    assert answer.status_code == 500 and "张伟" not in answer.text


def test_looks_do_not_change_what_a_class_says_nor_make_it_be_told_anew(
    centre: Centre, sides: dict[str, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.classes import stories

    client, path = program(centre), f"/api/v1/classes/{sides['a'].class_id}/findings"
    become(client, session_of(centre))
    before = client.get(path).json()
    monkeypatch.setattr(stories, "fold", lambda *_, **__: pytest.fail("told anew"))
    client.get(f"/records/{sides['a'].device}/{sides['a'].chain}/1")
    assert client.get(path).json() == before


def test_the_audit_page_finds_by_account_class_and_day(
    centre: Centre, clock: FixedClock, sides: dict[str, Side]
) -> None:
    for name in ("li", "wang"):
        for side in ("a", "b"):
            signed_in(centre, name=name).get(f"/classes/{sides[side].class_id}")
    clock.utc_us += 24 * 3600 * 1_000_000
    signed_in(centre, name="wang").get(f"/classes/{sides['a'].class_id}")
    admin = signed_in(centre)

    def count(query: str) -> int:
        return admin.get(f"/audit?{query}").text.count("班次及其人员")

    assert count("") == 4 and count("account=li") == 1 and count("class=class-b") == 1
    assert count("account=wang&class=class-a") == 2 and count("day=2026-03-02") == 3 and count("day=2026-03-03") == 1
    assert count("day=1999-01-01") == count("class=none") == count("account=%3Cb%3E") == 0
    for odd in ("day=2026-99-99", "day=99999-01-01", "below=-1", "below=x", "below=" + "9" * 40, "below=%D9%A1"):
        assert admin.get(f"/audit?{odd}").status_code == 200
    auditor = signed_in(centre, "auditor", "411200")
    page = auditor.get("/audit").text
    assert "class-a" in page and "class-b" not in page and "新建账号" not in page


def test_the_audit_page_goes_on_where_it_ended(
    centre: Centre, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.web import audit

    monkeypatch.setattr(audit, "SHOWN", 10)
    desk, admin = centre.account_desk(), signed_in(centre)
    for number in range(12):
        desk.put_institution(f"school-{number}", "学校", "411202", None)
    first = admin.get("/audit").text
    assert "school-11" in first and "school-1：" not in first
    older = re.search(r'class="pager"><a href="(/audit\?[^"]*below=\d+)"', first)
    assert older is not None
    second = admin.get(older[1].replace("&amp;", "&")).text
    assert "school-1：" in second and "school-11" not in second and "pager" not in second
