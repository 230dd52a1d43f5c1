"""Parsers of what travels: messages at both ends of the broker, requests over HTTP, the socket of the recorder."""
from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from starlette.types import ASGIApp

from central.accounts.desk import digest
from central.accounts.door import form_token
from central.ingest.broker import _message as read_topic
from central.ingest.collector import Collector, Message
from central.store.accounts import Session
from central.web.app import create_app
from central.wiring import Centre, init_centre
from common.policies import load_policy
from common.sheets import Name
from edge.clock import SystemClock
from edge.config import parse_box
from edge.control.client import ask as ask_recorder
from edge.control.server import ControlServer
from edge.errors import NoRecorder
from edge.keys import load_keys
from edge.sync.inbox import Inbox
from edge.sync.link import Arrived, Link
from edge.sync.process import make_inbox
from edge.terminal.app import make_app
from edge.terminal.enrolment import EnrolPage
from edge.terminal.guard import TOKEN_HEADER, Guard
from edge.terminal.maintenance import Maintenance
from edge.terminal.people import People
from edge.terminal.pins import PinPage
from edge.terminal.progress import live_of
from edge.terminal.routes import KEY_HEADER
from edge.wiring import Box, open_store
from evidence.bodies import (
    Assessment,
    ClassOrder,
    ConsentWithdrawn,
    Enrolled,
    Hour,
    Place,
    PolicyRef,
    TemplatesOrder,
    body_of,
)
from evidence.canonical import MAX_BYTES, canonical, sha256_hex
from evidence.certs import pem
from evidence.errors import BadRecord
from evidence.places import stands_rightly
from evidence.receipts import Receipt, seal_receipt
from evidence.seal import RECEIPT_TYPE, RECORD_TYPE, read_sealed, seal
from evidence.shape import encode
from evidence.times import utc_text
from tests.central.helpers import MORNING, FixedClock, segment_of, write_plan
from tests.central.helpers import Box as Sender
from tests.central.test_classes import add
from tests.edge.terminal.conftest import CLASS, room_in
from tests.edge.terminal.drawn import CODE, DrawnPack
from tests.edge.terminal.test_pins import PinDesk
from tests.evidence.making import START
from tests.evidence.test_golden import golden
from tests.fuzz.asgi import ask, request
from tests.fuzz.of_box import KEYS
from tests.fuzz.of_evidence import BOX, KEY, SITE, SUITE
from tests.fuzz.parser import Bench, Parser

CENTRE, OTHER = SITE.centre(), SITE.box("box-2", "2" * 32)
NAMES = {"p-1": Name("王秀英", "01" * 16), "p-2": Name("李强", "02" * 16)}
ORDER = ClassOrder(
    "welding-1", 1, "焊工一班", PolicyRef("demo", load_policy("demo").sha256), 480, (Place("box-1", "101"),),
    tuple(Enrolled(person, "trainee", name.commitment) for person, name in NAMES.items()),
    (Hour("h-1", "theory", utc_text(START), utc_text(START + 2_700_000_000)),))
SENDS = {
    "order.class": ORDER,
    "assessment": Assessment("welding-1", utc_text(START)),
    "order.templates": TemplatesOrder("welding-1", ("p-1",), "box-2", "box-1",
    KEY.public_key().public_bytes_raw().hex(),
                                      utc_text(START)),
}
MADE = {type_: CENTRE.add(type_, body) for type_, body in SENDS.items()}
GONE = OTHER.add("consent.withdrawn", ConsentWithdrawn("welding-1", "p-1", "terminal"))
PLAIN_SHEET = json.dumps({person: encode(name) for person, name in NAMES.items()}).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _sheet(plain: bytes) -> bytes:
    return SUITE.encrypt(plain, KEY.public_key(), info=b"zaitang names v1:welding-1")


def _message(what: str, envelope: bytes, sheet: bytes | None = None) -> bytes:
    """What the centre sends of one record to a box, as its topic wants it."""
    certificate = pem(CENTRE.certificate)
    if what == "order.class":
        return canonical({"order": _text(envelope), "certificate": certificate,
                          "names": None if sheet is None else _text(sheet)})
    if what == "withdrawn":
        return canonical({"withdrawn": [{"record": _text(envelope), "certificate": pem(OTHER.certificate)}]})
    return canonical({"stated" if what == "assessment" else "moves": [_text(envelope)], "certificate": certificate})


@contextlib.contextmanager
def an_inbox(folder: Path) -> Iterator[Inbox]:
    """Of the box `box-1` of the test site, which knows its centre."""
    (folder / "keys").mkdir()
    for name, data in KEYS.items():
        (folder / "keys" / name).write_bytes(data)
        (folder / "keys" / name).chmod(0o600)
    config = parse_box(b'device = "box-1"\npolicy = "demo"\n', "box.toml")
    keys, clock = load_keys(folder / "keys"), SystemClock()
    box = Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
    inbox = make_inbox(box, "centre")
    inbox.order(_message("order.class", MADE["order.class"].envelope))
    assert inbox.knows_centre
    yield inbox
    box.store.close()


def _take(bench: Bench, what: str, message: bytes) -> None:
    inbox = bench.kept(an_inbox)
    take = {"order.class": inbox.order, "assessment": inbox.stated, "order.templates": inbox.moves,
            "withdrawn": inbox.withdrawn, "receipt": inbox.receipt}[what]
    take(message)


def _hears(what: str) -> Callable[[bytes, Bench], None]:
    return lambda data, bench: _take(bench, what, data)


def _hears_sealed(what: str) -> Callable[[bytes, Bench], None]:
    """A record that the other end made up, its seal right."""
    signer = OTHER.signer if what == "withdrawn" else CENTRE.signer
    return lambda data, bench: _take(bench, what, _message(what, seal(data[:200_000], RECORD_TYPE, signer)))


def _hears_sheet(data: bytes, bench: Bench) -> None:
    """A right order, and beside it a sheet that anybody made: the key of a box is public."""
    _take(bench, "order.class", _message("order.class", MADE["order.class"].envelope, _sheet(data)))


def _hears_receipt(data: bytes, bench: Bench) -> None:
    _take(bench, "receipt", seal(data[:200_000], RECEIPT_TYPE, CENTRE.signer))


def _receipt() -> Receipt:
    return Receipt(1, "centre", "box-1", BOX.chain, 0, BOX.sealed[0].hash, 0, utc_text(START))


def _topic(data: bytes, _: Bench) -> list[object]:
    """At both ends. paho gives topics that are UTF-8."""
    topic, heard = data.decode("utf-8", "replace"), []
    assert len(read_topic(SimpleNamespace(topic=topic, payload=b"x")).device) <= 64  # type: ignore[arg-type]
    link = SimpleNamespace(_prefix="zaitang/v1/box-1/", _put=heard.append)
    Link._arrived(link, None, None, SimpleNamespace(topic=topic, payload=b"x"))  # type: ignore[arg-type]
    assert all(isinstance(one, Arrived) for one in heard)
    return heard


@dataclasses.dataclass
class Collecting:
    """A centre that knows a class and a box, the box, and the centre's pages."""

    collector: Collector
    sender: Sender
    pages: ASGIApp


@contextlib.contextmanager
def a_collector(folder: Path) -> Iterator[Collecting]:
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    add(centre, folder)
    sender = Sender(centre)
    sender.genesis()
    sender.append(segment_of(b"video", MORNING, 60), MORNING + 61_000_000)
    made = Collecting(centre.collector(), sender, _of_somebody(centre))
    made.collector.take(sender.messages())
    yield made
    centre.store.close()


def _collect(data: bytes, bench: Bench) -> None:
    bench.kept(a_collector).collector.take([Message("box-1", data)])


def _collect_sealed(data: bytes, bench: Bench) -> None:
    """A record of a box that the centre knows, at the next place of its chain, whatever it says."""
    made = bench.kept(a_collector)
    envelope = _made_up(data, made.sender)
    if envelope is not None:
        made.collector.take([Message("box-1", envelope)])
        with contextlib.suppress(BadRecord):
            sealed = read_sealed(envelope)
            if body_of(sealed.record) is not None and stands_rightly(sealed.record, of_centre=False):
                made.sender.sealed.append(sealed)


def _made_up(data: bytes, sender: Sender) -> bytes | None:
    """The envelope of a record that says what the JSON says, in its place; None where that is no JSON object."""
    last = sender.sealed[-1]
    try:
        payload = {**json.loads(last.payload), **json.loads(data), "device": "box-1", "chain": sender.chain,
                   "seq": last.record.seq + 1, "prev": last.hash}
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (ValueError, TypeError, RecursionError):
        return None
    return seal(text.encode("utf-8", "surrogatepass")[:MAX_BYTES // 2], RECORD_TYPE, sender.signer)


def _shown(data: bytes, bench: Bench) -> None:
    """The same record, and then every page that tells of it: one record must not take a page away."""
    _collect_sealed(data, bench)
    made = bench.kept(a_collector)
    place = f"/records/box-1/{made.sender.chain}/{made.sender.sealed[-1].record.seq}"
    for path in ("/", "/classes/welder-1", "/classes/welder-1?lang=en", "/classes/welder-1/dossier", place):
        status = ask(made.pages, request("GET", path, {"host": "127.0.0.1:8470"}))
        assert status == 200, f"{path}: {status}"


def _typed() -> list[bytes]:
    """What boxes say: type, time and body, of this class."""
    found = []
    for payload in golden("payload"):
        told = json.loads(payload)
        if told["device"] != "centre" and told["type"] != "genesis":
            body = {**told["body"], **({"class": "welder-1"} if "class" in told["body"] else {})}
            found.append(json.dumps({"type": told["type"], "body": body, "utc": utc_text(MORNING), "mono_us": 10**12,
                                     "clock": told["clock"]}, ensure_ascii=False).encode())
    return found


@contextlib.contextmanager
def a_console(folder: Path) -> Iterator[ASGIApp]:
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    write_plan(folder)
    add(centre, folder)
    sender = Sender(centre)
    sender.genesis()
    sender.append(segment_of(b"video", MORNING, 60), MORNING + 61_000_000)
    centre.collector().take(sender.messages())
    yield _of_somebody(centre)
    centre.store.close()


def _of_somebody(centre: Centre) -> ASGIApp:
    """The console for whoever is logged in: a stranger would see one page only."""
    centre.account_desk().add("li", "administrator", None, None)
    with centre.store.write() as tx:
        tx.put_session(Session(digest(COOKIE), "li", True, MORNING, MORNING))
    app = create_app(centre)

    async def with_cookie(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [(b"cookie", f"zaitang={COOKIE}".encode()), *scope["headers"]]}
        await app(scope, receive, send)

    return with_cookie


@contextlib.contextmanager
def a_terminal(folder: Path) -> Iterator[ASGIApp]:
    """The page in the classroom with its pads, for whoever has a token of it."""
    with room_in(folder / "box") as room:
        room.take_order()
        box = Box(room.folder, room.config, room.keys, room.clock, room.store)  # type: ignore[arg-type]
        people = People(box, room.memory, room.screen, DrawnPack, lambda: room.monotonic)  # type: ignore[arg-type]
        pins = PinPage(room.store, room.memory, room.screen, people, PinDesk())  # type: ignore[arg-type]
        code = Maintenance(CODE, lambda: room.monotonic)
        enrol = EnrolPage(room.store, room.memory, people, "box-1", code, lambda: True)
        yield make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "zh", pins, enrol)


def _http(make: Callable[[Path], Any]) -> Callable[[bytes, Bench], int]:
    def read(data: bytes, bench: Bench) -> int:
        status = ask(bench.kept(make), data)
        assert status < 500 or status in (503, 507), f"{status}"
        return status

    return read


def _console_requests() -> list[bytes]:
    host, sha = {"host": "127.0.0.1:8470"}, sha256_hex(b"video")
    block = "/classes/welder-1/blocks/2026-03-02-am"
    pages = ("/", "/classes/welder-1", "/classes/welder-1?lang=en", "/api/v1/classes/welder-1",
             f"/media/{sha}.mp4?class=welder-1&block=2026-03-02-am", f"{block}/replay?at=08:40",
             f"{block}/replay/state", "/static/zaitang.css?x=1",
             f"/records/box-1/{'ab' * 16}/0", f"/records/box-1/{'ab' * 16}/1/envelope",
             f"{block}/check", f"{block}/box-1/room.m3u8")
    found = [request("GET", page, host | {"range": "bytes=0-4", "cookie": "lang=zh"}) for page in pages]
    kind, token = host | {"content-type": "application/x-www-form-urlencoded"}, f"token={form_token(COOKIE)}"
    forms = {f"{block}/replay": "reason=other&why=x&at=08:40&device=box-1&camera=room",
             f"{block}/replay/ask": "at=08:40&device=box-1&camera=room",
             "/sign-in": "account=li&password=x&next=/audit", "/accounts": "account=wang&role=auditor&scope=410000",
             "/accounts/li": "do=change&role=supervisor&scope=411200", "/own/password": "old=x&password=y&again=z",
             "/own/codes": "sealed=QUJD&code=123456&password=x", "/sign-in/code": "code=123456",
             "/institutions": "institution=school-1&name=%E5%AD%A6&region=411202", "/welcome/x": "password=x&again=x",
             "/plans/welder-1/add": f"version=0&{HOUR_FORM}", "/plans/welder-1/hours/h1": f"version=0&{HOUR_FORM}",
             "/plans/welder-1/pattern": "version=0&on=0&first=2026-03-09&last=2026-03-20&begin=08:30&end=11:50&count=4&"
                                        "minutes=45&pause=5&most=&kind=theory&without=2026-03-11",
             "/plans/welder-1/class": "version=0&title=x&policy=demo&box=box-1&room=101&institution=",
             "/plans/welder-1/events/instead": "version=0&person=p-1&name=x&document=ID+card&number=1&reason=x&"
                                               "approver=y&effective=2026-03-09T08:30",
             "/plans/welder-1/undo": "version=0&number=1", "/plans/welder-1/discard": "version=1"}
    found += [request("POST", path, kind, f"{token}&{form}") for path, form in forms.items()]
    parts = {"token": form_token(COOKIE), "class_id": "welder-2", "title": "x", "policy": "demo",
             'schedule"; filename="s.csv': "日期,开始时间,结束时间,课程类型\n2026-03-09,08:30,09:15,理论\n"}
    body = "".join(f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
                   for name, text in parts.items())
    found.append(request("POST", "/plans/new", host | {"content-type": "multipart/form-data; boundary=x"},
                         f"{body}--x--\r\n"))
    found += [request("GET", page, host) for page in (
        "/plans?q=x&after=1", "/plans/welder-1", "/plans/welder-1/hours/h1",
        "/audit?account=li&class=welder-1&day=2026-03-02&below=9", "/own/codes", "/accounts/li", "/sign-in?next=/own")]
    return [*found, request("PUT", f"/api/segments/{sha}", host | {"origin": "http://127.0.0.1:8470"}, "video")]


def _terminal_requests() -> list[bytes]:
    headers = {"host": "127.0.0.1:8080", TOKEN_HEADER: Guard(b"secret", "127.0.0.1").token(), KEY_HEADER: "k",
               "content-type": "application/json", "cookie": "lang=zh"}
    bodies = {
        "/start": {"class": CLASS}, "/end": {"session": "s-1", "reason": "x"},
        "/correct": {"session": "s-1", "class": CLASS, "reason": "x"}, "/bareface": {"do": "begin",
        "instructor": "p-3"},
        "/pin/people": {}, "/pin/open": {"person": "p-1"},
        "/pin/sign-in": {"person": "p-1", "pin": "271828", "instructor": "p-3", "instructor_pin": "604817"},
        "/pin/unlock": {"person": "p-1", "instructor": "p-3", "instructor_pin": "1"}, "/enrol/classes": {},
        "/enrol/open": {"class": CLASS, "code": CODE}, "/enrol/press": {"do": "agree", "person": "p-1", "text": "0"},
    }
    found = [request("GET", path, headers) for path in ("/", "/state.json?shows=1&lang=en", "/camera.jpg", "/enrol")]
    return [*found, *(request("POST", path, headers, json.dumps(body)) for path, body in bodies.items())]


def _answer(data: bytes, bench: Bench) -> object:
    """What somebody says who sits behind the recorder's socket, and what the terminal makes of it."""
    path = bench.folder / "s"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)
        listening.settimeout(5)

        def serve() -> None:
            caller, _ = listening.accept()
            with caller, contextlib.suppress(OSError):
                caller.recv(64)
                caller.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            said = ask_recorder(path, "status")
        finally:
            thread.join(60)
    return live_of(said, SystemClock(), 2_000_000)


def _asked(data: bytes, bench: Bench) -> bytes:
    """What the recorder hears."""
    path = bench.folder / "c"
    server = ControlServer(path, {"status": lambda: {"recording": False}})
    try:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.settimeout(5)
            with contextlib.suppress(OSError):
                caller.sendall(data or b"\n")
            return caller.recv(4096)
    finally:
        server.close()


SAID = {"recording": True, "session": "s-1", "silent": False, "refused": None, "alarms": [], "run": "r-1",
        "stretch_us": 5, "last_packet_mono_us": 7, "step_age_ms": 3}
COOKIE = "of-somebody-who-is-logged-in"
HOUR_FORM = "date=2026-03-09&start=08:30&end=09:15&kind=theory&room=&whom=make_up&make_up=p-1&teacher=p-2&gear=yes"
SYNC = ("edge/sync/orders.py", "edge/sync/inbox.py")

PARSERS = (
    *(Parser(f"a message to a box: {what}", (*SYNC, "edge/sync/centre.py"), "json",
             functools.partial(lambda what, sealed: [_message(what, sealed.envelope)], what, sealed), _hears(what), (),
             15)
      for what, sealed in (*MADE.items(), ("withdrawn", GONE))),
    *(Parser(f"what the other end made up, in a message to a box: {what}",
             (*SYNC, "edge/sync/stated.py", "edge/sync/moves.py", "edge/sync/withdrawn.py"), "json",
             functools.partial(lambda sealed: [sealed.payload], sealed), _hears_sealed(what), (), 20)
      for what, sealed in (*MADE.items(), ("withdrawn", GONE))),
    Parser("names that anybody made up, in a message to a box", SYNC, "json", lambda: [PLAIN_SHEET], _hears_sheet, (),
           25),
    Parser("a message to a box: receipts", ("edge/sync/receipts.py",), "json",
           lambda: [seal_receipt(_receipt(), CENTRE.signer)], _hears("receipt"), (), 15),
    Parser("a receipt that the centre made up", ("edge/sync/receipts.py",), "json",
           lambda: [canonical(encode(_receipt()))], _hears_receipt, (), 20),
    Parser("a topic", ("central/ingest/broker.py", "edge/sync/link.py"), "text",
           lambda: [b"zaitang/v1/box-1/records", b"zaitang/v1/box-1/heartbeats", b"zaitang/v1/box-1/orders/welding-1"],
           _topic),
    Parser("a message to the centre", ("central/ingest/collector.py", "central/ingest/keyring.py"), "json",
           lambda: golden("envelope"), _collect, (), 25),
    Parser("a record that a box made up, at the centre", ("central/ingest/collector.py", "central/store/store.py",
                                                         "central/ingest/reuse.py"), "json", _typed, _collect_sealed,
                                                         (), 60),
    Parser("a record that a box made up, on the centre's pages",
           ("central/web/pages.py", "central/web/localtime.py", "central/classes/stories.py"), "json",
           lambda: _typed()[::6], _shown, (), 12),
    Parser("a request to the console", ("central/web/app.py", "central/web/api.py", "central/web/guard.py",
                                        "central/web/own.py", "central/web/multipart.py", "central/web/plan_forms.py",
                                        "central/web/plan_edits.py", "central/web/plan_choices.py"), "json",
           _console_requests, _http(a_console), (), 50),
    Parser("a request to the terminal", ("edge/terminal/app.py", "edge/terminal/routes.py", "edge/terminal/guard.py"),
           "json",
           _terminal_requests, _http(a_terminal), (), 60),
    Parser("a recorder's answer", ("edge/control/client.py", "edge/terminal/progress.py"), "json",
           lambda: [json.dumps(SAID).encode() + b"\n"], _answer, (NoRecorder,), 30),
    Parser("a question to the recorder", ("edge/control/server.py",), "text", lambda: [b"status\n"], _asked, (), 20),
)
