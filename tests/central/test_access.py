"""The authorisation matrix: every route of the console by every role, at what is theirs and at what is not."""
from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response

from central.accounts.actions import Action, may
from central.accounts.door import form_token
from central.classes.inspections import InspectionSaid, state_inspection
from central.classes.objections import raise_objection
from central.web.access import Gate, Public, Routes, UndeclaredRoute, check_routes, gate_of
from central.web.app import PROGRAMS, create_app
from central.wiring import Centre, init_centre
from tests.central.console import COOKIE, HERE, become, give_reason, send, session_of
from tests.central.helpers import MORNING, FixedClock
from tests.central.site import BLOCK, Side, bring_sheet, furnish

pytest.importorskip("av")
WHO = {
    "administrator": ("administrator", None, {"a", "b", "none"}),
    "city": ("supervisor", "411200", {"a"}), "district": ("supervisor", "411202", {"a"}),
    "province": ("supervisor", "410000", {"a", "b", "none"}), "other province": ("supervisor", "420000", {"none"}),
    "school": ("institution", "school-a", {"a"}), "auditor": ("auditor", "411200", {"a"}),
}
"""Role, scope, and the sides that are theirs."""
SIGNED = b"signed"
PAPER = hashlib.sha256(SIGNED).hexdigest()
Call = Callable[[TestClient, Side], Response]


def get(path: str) -> Call:
    return lambda client, side: client.get(path.format(**dataclasses.asdict(side), block=BLOCK), follow_redirects=False)


def post(path: str, **fields: str) -> Call:
    return lambda client, side: send(client, path.format(**dataclasses.asdict(side)), **fields)


def reasoned(call: Call) -> Call:
    """After giving a reason to look at the recording, as far as that may be done."""
    def both(client: TestClient, side: Side) -> Response:
        send(client, f"/classes/{side.class_id}/blocks/{BLOCK}/replay", reason="other", why="test")
        return call(client, side)

    return both


def sent(method: str, path: str) -> Call:
    return lambda client, side: client.request(method, path.format(**dataclasses.asdict(side)), content=b"")


CALLS: dict[tuple[str, str], Call] = {
    ("HEAD", "/api/segments/{sha256}"): sent("HEAD", "/api/segments/{sha256}"),
    ("PUT", "/api/segments/{sha256}"): sent("PUT", "/api/segments/{sha256}"),
    ("GET", "/api/openapi.json"): get("/api/openapi.json"),
    ("GET", "/api/v1/classes"): get("/api/v1/classes"),
    **{("GET", f"/api/v1/classes/{{class_id}}{part}"): get(f"/api/v1/classes/{{class_id}}{part}")
       for part in ("", "/findings", "/attendance", "/decisions")},
    ("GET", "/log/checkpoint"): get("/log/checkpoint"),
    ("GET", "/log/key"): get("/log/key"),
    ("GET", "/log/tile/{path:path}"): get("/log/tile/0/000"),
    ("GET", "/log/records/{path:path}"): get("/log/records/000"),
    ("GET", "/log/inclusion"): get("/log/inclusion?leaf=0"),
    ("GET", "/log/consistency"): get("/log/consistency?old=0"),
    ("POST", "/log/cosignatures"): sent("POST", "/log/cosignatures"),
    ("GET", "/classes/{class_id}/blocks/{block}/check"): get("/classes/{class_id}/blocks/{block}/check"),
    ("GET", "/classes/{class_id}/blocks/{block}/{device}/{camera}.m3u8"): reasoned(get(
        "/classes/{class_id}/blocks/{block}/{device}/room.m3u8")),
    ("GET", "/media/{sha256}.mp4"): reasoned(get(f"/media/{{sha256}}.mp4?class={{class_id}}&block={BLOCK}")),
    ("GET", "/media/{sha256}.h264.mp4"): reasoned(get(f"/media/{{sha256}}.h264.mp4?class={{class_id}}&block={BLOCK}")),
    ("GET", "/classes/{class_id}/blocks/{block}/replay"): get("/classes/{class_id}/blocks/{block}/replay"),
    ("POST", "/classes/{class_id}/blocks/{block}/replay"): post(
        f"/classes/{{class_id}}/blocks/{BLOCK}/replay", reason="other", why="test"),
    ("GET", "/classes/{class_id}/blocks/{block}/replay/state"): reasoned(
        get("/classes/{class_id}/blocks/{block}/replay/state")),
    ("POST", "/classes/{class_id}/blocks/{block}/replay/ask"): reasoned(
        post(f"/classes/{{class_id}}/blocks/{BLOCK}/replay/ask", at="08:30", device="none", camera="room")),
    ("GET", "/"): get("/"),
    ("GET", "/search"): get("/search?q=焊工"),
    ("GET", "/boxes"): get("/boxes"),
    ("GET", "/boxes/new"): get("/boxes/new"),
    ("POST", "/boxes/new"): post("/boxes/new", code="none"),
    ("GET", "/boxes/waiting"): get("/boxes/waiting"),
    ("POST", "/boxes/waiting"): post("/boxes/waiting", device="none", do="approve"),
    ("GET", "/classes/{class_id}"): get("/classes/{class_id}"),
    ("GET", "/records/{device}/{chain}/{seq}"): get("/records/{device}/{chain}/1"),
    ("GET", "/records/{device}/{chain}/{seq}/envelope"): get("/records/{device}/{chain}/1/envelope"),
    ("GET", "/classes/{class_id}/dossier"): get("/classes/{class_id}/dossier"),
    ("POST", "/classes/{class_id}/dossier"): post("/classes/{class_id}/dossier", kind="none"),
    ("GET", "/classes/{class_id}/dossier/{key}"): get("/classes/{class_id}/dossier/none"),
    ("GET", "/classes/{class_id}/dossier/{key}/file"): get("/classes/{class_id}/dossier/none/file"),
    ("GET", "/classes/{class_id}/archive"): get("/classes/{class_id}/archive"),
    ("POST", "/classes/{class_id}/archive"): post("/classes/{class_id}/archive", reason="none"),
    ("POST", "/classes/{class_id}/archive/file"): post("/classes/{class_id}/archive/file", reason="none"),
    ("GET", "/classes/{class_id}/archive/file"): get("/classes/{class_id}/archive/file"),
    ("GET", "/exports"): get("/exports"),
    ("POST", "/exports"): post("/exports", region="999999"),
    ("GET", "/sign-in"): get("/sign-in"),
    ("POST", "/sign-in"): post("/sign-in", account="nobody", password="nothing at all"),
    ("GET", "/sign-in/code"): get("/sign-in/code"),
    ("POST", "/sign-in/code"): post("/sign-in/code", code="1"),
    ("GET", "/welcome/{link}"): get("/welcome/none"),
    ("POST", "/welcome/{link}"): post("/welcome/none", password="x"),
    ("POST", "/sign-out"): post("/sign-out"),
    ("GET", "/own"): get("/own"),
    ("GET", "/own/password"): get("/own/password"),
    ("POST", "/own/password"): post("/own/password"),
    ("GET", "/own/codes"): get("/own/codes"),
    ("POST", "/own/codes"): post("/own/codes"),
    ("GET", "/own/alarms"): get("/own/alarms"),
    ("POST", "/own/alarms"): post("/own/alarms", level="none", address="", lang="zh"),
    ("POST", "/own/alarms/code"): post("/own/alarms/code", code="none"),
    ("POST", "/own/tokens"): post("/own/tokens", label="x", password="x"),
    ("POST", "/own/tokens/revoke"): post("/own/tokens/revoke", hash="x"),
    ("GET", "/accounts"): get("/accounts"),
    ("POST", "/accounts"): post("/accounts"),
    ("GET", "/accounts/{account}"): get("/accounts/administrator"),
    ("POST", "/accounts/{account}"): post("/accounts/administrator"),
    ("GET", "/institutions"): get("/institutions"),
    ("POST", "/institutions"): post("/institutions"),
    ("GET", "/audit"): get("/audit"),
    ("GET", "/looks"): get("/looks"),
    ("GET", "/me"): get("/me"),
    ("GET", "/me/open/{token}"): get("/me/open/none"),
    ("POST", "/me/open/{token}"): post("/me/open/none"),
    ("POST", "/me/objections"): post("/me/objections", text="x"),
    ("POST", "/me/survey"): post("/me/survey"),
    ("POST", "/me/leave"): post("/me/leave"),
    ("GET", "/survey/{ticket}"): get("/survey/none"),
    ("POST", "/survey/{ticket}"): post("/survey/none"),
    ("GET", "/classes/{class_id}/survey"): get("/classes/{class_id}/survey"),
    ("POST", "/classes/{class_id}/survey"): post("/classes/{class_id}/survey"),
    ("POST", "/classes/{class_id}/survey/sheet"): post("/classes/{class_id}/survey/sheet"),
    ("POST", "/classes/{class_id}/survey/close"): post("/classes/{class_id}/survey/close"),
    ("GET", "/classes/{class_id}/blocks/{block}"): get("/classes/{class_id}/blocks/{block}"),
    ("POST", "/classes/{class_id}/blocks/{block}/review"): post(f"/classes/{{class_id}}/blocks/{BLOCK}/review"),
    ("POST", "/classes/{class_id}/blocks/{block}/point"): post(f"/classes/{{class_id}}/blocks/{BLOCK}/point"),
    ("POST", "/classes/{class_id}/blocks/{block}/sheets"): post(f"/classes/{{class_id}}/blocks/{BLOCK}/sheets"),
    ("GET", "/classes/{class_id}/blocks/{block}/sheets/{device}"): get(
        "/classes/{class_id}/blocks/{block}/sheets/{device}"),
    ("POST", "/classes/{class_id}/blocks/{block}/sheets/{device}"): post(
        f"/classes/{{class_id}}/blocks/{BLOCK}/sheets/{{device}}", why="R3"),
    ("GET", "/classes/{class_id}/blocks/{block}/sheets/{device}/{number}.png"): get(
        "/classes/{class_id}/blocks/{block}/sheets/{device}/1.png"),
    ("GET", "/classes/{class_id}/decision"): get("/classes/{class_id}/decision"),
    ("POST", "/classes/{class_id}/decision"): post("/classes/{class_id}/decision"),
    ("GET", "/classes/{class_id}/objections"): get("/classes/{class_id}/objections"),
    ("POST", "/classes/{class_id}/objections"): post("/classes/{class_id}/objections"),
    ("POST", "/classes/{class_id}/objections/{objection}"): post("/classes/{class_id}/objections/o-1", how="answered"),
    ("POST", "/classes/{class_id}/objections/{objection}/withdrawal"): post(
        "/classes/{class_id}/objections/o-1/withdrawal"),
    ("POST", "/classes/{class_id}/holds"): post("/classes/{class_id}/holds", text="x"),
    ("POST", "/classes/{class_id}/holds/{hold}"): post("/classes/{class_id}/holds/h-1", text="x"),
    ("GET", "/classes/{class_id}/faces"): get("/classes/{class_id}/faces"),
    ("POST", "/classes/{class_id}/faces"): post("/classes/{class_id}/faces", person="x"),
    ("GET", "/keeping"): get("/keeping"),
    ("GET", "/health"): get("/health"),
    ("GET", "/classes/{class_id}/inspections"): get("/classes/{class_id}/inspections"),
    ("POST", "/classes/{class_id}/inspections"): post("/classes/{class_id}/inspections"),
    ("GET", "/classes/{class_id}/papers/{paper}"): get("/classes/{class_id}/papers/" + PAPER),
    ("GET", "/classes/{class_id}/facts"): get("/classes/{class_id}/facts"),
    ("POST", "/classes/{class_id}/facts"): post("/classes/{class_id}/facts"),
    ("GET", "/classes/{class_id}/facts/{rule}.toml"): get("/classes/{class_id}/facts/O8.toml"),
    ("PUT", "/api/live/{order}/{epoch}/{number}"): sent("PUT", "/api/live/{sha256}/0/0"),
    ("GET", "/live/{box}"): get("/live/{device}"),
    ("POST", "/live/{box}"): post("/live/{device}"),
    ("POST", "/live/{box}/again"): post("/live/{device}/again"),
    ("POST", "/live/{box}/end"): post("/live/{device}/end"),
    ("GET", "/live/{box}/state"): get("/live/{device}/state"),
    ("GET", "/live/{box}/stream.m3u8"): get("/live/{device}/stream.m3u8"),
    ("GET", "/live/{box}/{order}/{epoch}/init.mp4"): get("/live/{device}/{sha256}/0/init.mp4"),
    ("GET", "/live/{box}/{order}/{epoch}/{number}.m4s"): get("/live/{device}/{sha256}/0/1.m4s"),
    ("GET", "/live/{box}/picture.jpg"): get("/live/{device}/picture.jpg"),
    ("GET", "/wall"): get("/wall"),
    ("POST", "/wall"): post("/wall"),
    ("GET", "/wall/state"): get("/wall/state"),
    ("GET", "/plans"): get("/plans"),
    ("GET", "/plans/new"): get("/plans/new"),
    ("POST", "/plans/new"): post("/plans/new"),
    ("GET", "/plans/template/{which}"): get("/plans/template/roster"),
    ("GET", "/plans/{planned}"): get("/plans/{class_id}"),
    ("GET", "/plans/{planned}/schedule.xlsx"): get("/plans/{class_id}/schedule.xlsx"),
    ("GET", "/plans/{planned}/hours/{hour}"): get("/plans/{class_id}/hours/h1"),
    ("POST", "/plans/{planned}/hours/{hour}"): post("/plans/{class_id}/hours/h1"),
    ("GET", "/plans/{planned}/events/{what}"): get("/plans/{class_id}/events/joins"),
    ("POST", "/plans/{planned}/events/{what}"): post("/plans/{class_id}/events/joins"),
    ("POST", "/plans/{planned}/undo"): post("/plans/{class_id}/undo"),
    **{(method, f"/plans/{{planned}}/{name}"): call(f"/plans/{{class_id}}/{name}")
       for name in ("tables", "class", "publish", "discard", "forget", "add", "pattern", "leave")
       for method, call in (("GET", get), ("POST", post))},
}
"""How each route is called, at the things of a side. A route that is not here fails the test."""
SCOPED = ("{class_id}", "{planned}", "{device}", "{box}", "{sha256}", "{institution}")
PUBLIC = {
    "/api/live/{order}/{epoch}/{number}",
    "/api/segments/{sha256}", "/log/checkpoint", "/log/key", "/log/tile/{path:path}", "/log/records/{path:path}",
    "/log/inclusion", "/log/consistency", "/log/cosignatures", "/sign-in", "/sign-in/code", "/welcome/{link}", "/me",
    "/me/open/{token}", "/me/objections", "/me/survey", "/me/leave", "/survey/{ticket}", "/api/openapi.json",
}


@dataclasses.dataclass
class World:
    centre: Centre
    app: FastAPI
    sides: dict[str, Side]
    portal: BlockingPortal
    """One event loop for thousands of requests."""
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)
    bearers: dict[str, str] = dataclasses.field(default_factory=dict)

    def client(self, who: str | None) -> TestClient:
        client = TestClient(self.app, base_url=HERE, raise_server_exceptions=False)
        client.portal = self.portal
        if who is not None:
            token = self.tokens.get(who, "")
            if self.app.state.door.actor(token) is None:
                token = self.tokens[who] = session_of(self.centre, *WHO[who][:2])
            become(client, token)
            if who not in self.bearers:
                account = self.app.state.door.actor(token).account
                self.bearers[who] = self.centre.account_desk().make_token(account, "x", None)
            client.headers["authorization"] = f"Bearer {self.bearers[who]}"
        return client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    sides = furnish(centre, folder)
    for side in sides.values():
        bring_sheet(centre, side)
        raise_objection(centre.store, side.class_id, "school", None, "名册有误", "somebody")
        with centre.papers().keeping(SIGNED, "txt") as signed:
            state_inspection(centre.store, centre.names, side.class_id, InspectionSaid(
                "field", "2026-03-02T08:30:00", "2026-03-02T08:40:00", "101", 1, 3, "孙", signature=signed), MORNING)
    centre.checkpoint()
    with start_blocking_portal() as portal:
        yield World(centre, create_app(centre), sides, portal)
    centre.store.close()


def routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute)]


def keys(route: APIRoute) -> list[tuple[str, str]]:
    return [(method, route.path) for method in sorted(route.methods) if method != "HEAD" or route.methods == {"HEAD"}]


def test_each_route_has_its_way_to_be_called_here(world: World) -> None:
    assert {key for route in routes(world.app) for key in keys(route)} == set(CALLS)


def test_what_everybody_may_call_is_this_and_no_more(world: World) -> None:
    public = {route.path for route in routes(world.app) if isinstance(_declared(route), Public)}
    assert public == PUBLIC
    assert all(one.why for one in map(_declared, routes(world.app)) if isinstance(one, Public))


def _declared(route: APIRoute) -> Action | Public:
    gate = gate_of(route)
    assert gate is not None
    return gate.may


@pytest.mark.parametrize("key", CALLS, ids=" ".join)
def test_nobody_reaches_what_is_not_theirs(world: World, key: tuple[str, str]) -> None:
    route = next(one for one in routes(world.app) if key in keys(one))
    declared, wrong = _declared(route), []
    for who, (role, _, theirs) in WHO.items():
        for name in world.sides if any(one in route.path for one in SCOPED) else ["a"]:
            answer = CALLS[key](world.client(who), world.sides[name])
            if isinstance(declared, Public):
                good = answer.status_code < 500 and answer.headers.get("location") in (None, "/", "/sign-in")
            elif not may(role, declared):
                good = answer.status_code == 403
            elif any(one in route.path for one in SCOPED) and name not in theirs:
                good = answer.status_code == 404
            else:
                good = answer.status_code in (200, 303, 422) and answer.headers.get("location") != "/sign-in?next=/"
            wrong += [] if good else [(who, name, answer.status_code, answer.headers.get("location"))]
    assert wrong == []


@pytest.mark.parametrize("key", CALLS, ids=" ".join)
def test_whoever_is_not_signed_in_reaches_nothing(world: World, key: tuple[str, str]) -> None:
    route = next(one for one in routes(world.app) if key in keys(one))
    if isinstance(_declared(route), Public):
        assert CALLS[key](world.client(None), world.sides["a"]).status_code < 500
        return
    before = _leaves(world)
    for token in (None, "made up"):
        client = world.client(None)
        if token is not None:
            become(client, token)
        answer = CALLS[key](client, world.sides["a"])
        programs = key[1].startswith(("/api/", "/media/")) or key[1].endswith(PROGRAMS)
        if programs:
            assert answer.status_code == 401 and answer.headers["content-type"] == "application/json"
        else:
            assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert b"class-a" not in answer.content
    assert _leaves(world) == before


def _leaves(world: World) -> int:
    with world.centre.store.read() as tx:
        return tx.leaves()


def test_what_is_anothers_looks_like_what_is_not_there(world: World) -> None:
    client, mine, other = world.client("school"), world.sides["a"], world.sides["b"]
    for path, is_, isnt in [
        ("/classes/{}", other.class_id, "class-q"), ("/api/v1/classes/{}", other.class_id, "class-q"),
        (f"/records/{other.device}/{{}}/1", other.chain, "0" * 32),
        ("/media/{}.mp4?class=class-a&block=x", other.sha256, "0" * 64),
        (f"/classes/{{}}/blocks/{BLOCK}/replay", other.class_id, "class-q"),
        (f"/classes/{{}}/blocks/{BLOCK}/check", other.class_id, "class-q"),
    ]:
        one, none = client.get(path.format(is_)), client.get(path.format(isnt))
        assert one.status_code == none.status_code == 404 and one.text.replace(is_, isnt) == none.text
    assert client.get(f"/records/{mine.device}/{mine.chain}/0").status_code == 404, "of no class"
    assert world.client("auditor").get(f"/records/{mine.device}/{mine.chain}/0").status_code == 200


def test_attack_an_administrator_sees_nobodys_face(world: World) -> None:
    """Whoever makes accounts and boxes reads what the records say, and plays and downloads nothing."""
    admin, li, side = world.client("administrator"), world.client("city"), world.sides["a"]
    for path in (f"/classes/class-a/blocks/{BLOCK}/check", f"/classes/class-a/blocks/{BLOCK}/box-a/room.m3u8",
                 f"/media/{side.sha256}.mp4", f"/classes/class-a/blocks/{BLOCK}/sheets/box-a",
                 f"/classes/class-a/blocks/{BLOCK}/replay", f"/classes/class-a/blocks/{BLOCK}/replay/state",
                 f"/classes/class-a/blocks/{BLOCK}/sheets/box-a/1.png"):
        assert admin.get(path, follow_redirects=False).status_code == 403, path
    for path in ("/classes/class-a", f"/classes/class-a/blocks/{BLOCK}"):
        page, other = admin.get(f"{path}?lang=en").text, li.get(path).text
        assert "<video" not in page and "data-check" not in page and "data-check" in other
        assert "/replay" not in page and f"/blocks/{BLOCK}/replay" in other
        assert "Your account plays no recordings" in page
    give_reason(li, "class-a", BLOCK)
    assert "<video" in li.get(f"/classes/class-a/blocks/{BLOCK}").text
    assert "<video" not in admin.get(f"/classes/class-a/blocks/{BLOCK}").text


@pytest.mark.parametrize("bad", ["/classes/ÄÖ", "/classes/%00", "/records/box-a/zz/1", "/records/box-a/zz/x",
                                 f"/records/box-a/{'ab' * 16}/99999999999999999999", "/media/x.mp4"])
def test_a_path_that_names_nothing_is_not_there(world: World, bad: str) -> None:
    for who in WHO:
        refused = 403 if who == "administrator" and bad.startswith("/media/") else 404
        assert world.client(who).get(bad).status_code == refused


def test_lists_hold_what_is_within_reach(world: World) -> None:
    for who, (_, _, theirs) in WHO.items():
        client = world.client(who)
        listed = {one["class"] for one in client.get("/api/v1/classes").json()["classes"]}
        assert listed == {f"class-{name}" for name in theirs}
        page = client.get("/").text
        for name in ("a", "b", "none"):
            assert (f"/classes/class-{name}" in page) == (name in theirs), who


def test_attack_no_count_tells_of_what_is_beyond_the_reach(world: World) -> None:
    """How much of the whole centre waits, and which boxes others have."""
    told = {who: world.client(who).get("/?lang=en").text for who in WHO}
    assert "new records are not looked through" in told["administrator"] or "judged again" not in told["administrator"]
    for who, (_, scope, theirs) in WHO.items():
        assert not (scope and "new records are not looked through" in told[who]), who
        boxes = world.client(who).get("/boxes").text
        for name in ("a", "b", "none"):
            assert (f"box-{name}" in boxes) == (name in theirs), (who, name)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_role_may_not_is_said_in_words(world: World, lang: str) -> None:
    answer = world.client("school").get(f"/accounts?lang={lang}")
    said = {"zh": "您的账号无权进行此操作", "en": "your account may not do this"}[lang]
    assert answer.status_code == 403 and said in answer.text
    assert "/accounts\"" not in answer.text, "the bar leads nowhere else, either"


def test_a_program_needs_a_token_and_a_page_a_session(world: World) -> None:
    client = world.client("school")
    token = client.headers.pop("authorization")
    assert client.get("/api/v1/classes").status_code == 401
    assert client.get("/api/v1/classes", headers={"authorization": token}).status_code == 200
    bare = world.client(None)
    bare.headers["authorization"] = token
    assert bare.get("/api/v1/classes/class-a").status_code == 200
    assert bare.get("/classes/class-a", follow_redirects=False).headers["location"].startswith("/sign-in")


# --- a route without an Action cannot be


def test_a_route_is_not_made_without_saying_who_may() -> None:
    with pytest.raises(TypeError):
        Routes("centre").get("/x")  # type: ignore[call-arg]
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.get("/x")(lambda: "x")
    with pytest.raises(UndeclaredRoute, match="/x"):
        check_routes(app.routes)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/more", FastAPI())
    with pytest.raises(UndeclaredRoute, match="/more"):
        check_routes(app.routes)
    with pytest.raises(UndeclaredRoute):
        check_routes(FastAPI().routes)


def test_a_form_is_not_taken_without_checking_its_token() -> None:
    made = Routes("centre")
    made.add(["POST"], "/x", Action.OWN)(lambda: "x")
    with pytest.raises(UndeclaredRoute, match="nobody checks"):
        check_routes(made.router.routes)


def test_a_gate_that_stands_there_twice_is_none() -> None:
    made = Routes("centre")
    made.get("/x", Action.OWN)(lambda: "x")
    (route,) = made.router.routes
    assert isinstance(route, APIRoute) and isinstance(gate_of(route), Gate)
    route.dependencies.append(route.dependencies[0])
    assert gate_of(route) is None


# --- forms


FORMS = [path for method, path in CALLS if method == "POST" and path != "/log/cosignatures"]


@pytest.mark.parametrize("path", FORMS)
def test_a_form_needs_the_token_of_its_session(world: World, path: str) -> None:
    route = next(one for one in routes(world.app) if ("POST", path) in keys(one))
    path = path.format(account="administrator", link="none", token="none", ticket="none", class_id="class-a",
                       block=BLOCK, objection="o-1", hold="h-1", planned="class-a", hour="h1", what="joins",
                       device="box-a", box="box-a")
    declared = _declared(route)
    who = next(who for who in ("administrator", "city", "school")
               if isinstance(declared, Public) or may(WHO[who][0], declared))
    mine, other = world.client(who), world.client("province")
    with world.centre.store.read() as tx:
        before = (tx.leaves(), tx.accounts())
    for given in (None, "", "x", "é", form_token(other.cookies[COOKIE]), form_token(""), mine.cookies[COOKIE]):
        answer = mine.post(path, data={} if given is None else {"token": given}, follow_redirects=False)
        assert answer.status_code == 403, given
    assert mine.post(path, files={"token": b"x"}).status_code == 403
    bare = TestClient(world.app, base_url=HERE).post(path, data={"token": form_token("")}, follow_redirects=False)
    assert bare.status_code in (401, 303, 403)
    with world.centre.store.read() as tx:
        assert (tx.leaves(), tx.accounts()) == before


def test_the_token_may_come_in_a_header(world: World) -> None:
    client = world.client("school")
    answer = client.post("/sign-out", headers={"x-zaitang-token": form_token(client.cookies[COOKIE])},
                         follow_redirects=False)
    assert answer.headers["location"] == "/sign-in" and client.get("/own", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined"])
def test_a_form_comes_in_utf_8_whatever_it_says_of_itself(world: World, charset: str) -> None:
    client = world.client("school")
    fields = {"token": form_token(client.cookies[COOKIE]), "level": "all", "address": "\\ud800", "lang": "zh"}
    parts = "".join(f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
                    for name, text in fields.items())
    answer = client.post("/own/alarms", content=f"{parts}--B--\r\n", headers={
        "content-type": f"multipart/form-data; boundary=B; charset={charset}"})
    assert answer.status_code == 400 and "UTF-8" in answer.text


def test_a_form_has_its_bounds(world: World) -> None:
    client = world.client("administrator")
    assert send(client, "/accounts", account="x" * (64 << 10)).status_code == 413
    assert client.post("/accounts", content=b"a=1&" * 5000).status_code in (400, 403)
    many = "&".join(f"f{n}=1" for n in range(5000))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/accounts", content=many, headers=kind).status_code == 400
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/accounts", content=b"--x\r\nbroken", headers=kind).status_code in (400, 403)


def test_another_site_changes_nothing(world: World) -> None:
    client = world.client("administrator")
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        answer = client.post("/sign-out", data={}, headers={"origin": origin})
        assert answer.status_code == 403
    assert client.get("/own").status_code == 200
