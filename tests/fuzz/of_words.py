"""Parsers of what both ends say beside records: heartbeats, gap requests, orders to a box, checkpoints, files."""
from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
from starlette.types import ASGIApp

from central.ingest.collector import Message
from central.ingest.dropped import Dropped
from central.live.errors import BadPicture
from central.live.jpeg import check_picture
from central.web.app import create_app
from central.wiring import init_centre
from edge.sync.carrier import Carrier
from edge.sync.pace import Pace
from edge.sync.progress import FILE, Progress, read_progress
from edge.sync.trust import FILE as TRUST
from edge.sync.trust import Trust, read_trust
from edge.sync.uploads import Job
from evidence.box_orders import BoxOrder, BoxSettings, Revocation, WantedFile, WantedLive, WantedUpload
from evidence.canonical import canonical
from evidence.certs import fingerprint, pem
from evidence.checkpoint import Checkpoint, log_key, origin_of, sign_checkpoint
from evidence.errors import BadRecord, BadSeal, WrongSigner
from evidence.gaps import GAP_TYPE, Gap, read_gap
from evidence.heartbeats import HEARTBEAT_TYPE, heartbeat_of, read_heartbeat
from evidence.live import LiveFragment, read_live
from evidence.records import Stamp
from evidence.seal import LIVE_TYPE, RECORD_TYPE, UPLOAD_TYPE, seal
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text
from evidence.uploads import Upload, read_upload
from tests.central.helpers import MORNING, REAL, FixedClock, segment_of, sending
from tests.central.helpers import Box as Sender
from tests.central.test_classes import add
from tests.evidence.making import START
from tests.evidence.test_checkpoint import EYE
from tests.evidence.test_golden import load
from tests.fuzz.asgi import ask, request
from tests.fuzz.of_evidence import BOX, SITE
from tests.fuzz.of_road import CENTRE, Collecting, _text, a_collector, an_inbox
from tests.fuzz.parser import Bench, Parser

HOST = {"host": "127.0.0.1:8470"}
LOG_KEY = log_key(origin_of(fingerprint(SITE.root), "centre"), CENTRE.public_key)
ORDERS = [
    BoxOrder("box-1", number, "2126-03-02T00:00:00.000000Z", kind, upload, settings, revocation)
    for number, (kind, upload, settings, revocation) in enumerate((
        ("upload", WantedUpload("0" * 32, (WantedFile(1, "ab" * 32),)), None, None),
        ("settings", None, BoxSettings("en", False, "asked", 640), None),
        ("revocation", None, None, Revocation("box-2", ("cd" * 32,), "lost")), ("live", None, None, None)), 1)
]
ORDERS.append(dataclasses.replace(ORDERS[0], number=5, kind="watch", upload=None,
                                  watch=WantedLive("room", "video", 60, "li.ming")))
MADE = [CENTRE.add("order.box", order) for order in ORDERS]


def _listed(envelopes: list[bytes]) -> bytes:
    return canonical({"orders": [_text(one) for one in envelopes], "certificate": pem(CENTRE.certificate)})


def _box_orders(data: bytes, bench: Bench) -> None:
    bench.kept(an_inbox).box_orders(data)


def _sealed_order(data: bytes, bench: Bench) -> None:
    """An order that the other end made up, its seal right."""
    inbox = bench.kept(an_inbox)
    inbox.box_orders(_listed([seal(data[:200_000], RECORD_TYPE, CENTRE.signer)]))
    inbox._orders.look()


def _checkpoint(data: bytes, bench: Bench) -> None:
    bench.kept(an_inbox).checkpoint(data)


def _sealed_checkpoint(data: bytes, bench: Bench) -> None:
    """A tree that the centre made up, rightly signed."""
    try:
        told = json.loads(data)
        size, at_s = int(told["size"]), int(told["time_s"]) % 2**60
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return
    note = sign_checkpoint(Checkpoint(LOG_KEY.name, size, bytes(32)), LOG_KEY, CENTRE.signer, at_s)
    bench.kept(an_inbox).checkpoint(note.bytes())


def _notes() -> list[bytes]:
    return [sign_checkpoint(Checkpoint(LOG_KEY.name, size, bytes(32)), LOG_KEY, CENTRE.signer, START // SECOND).bytes()
            for size in (3, 4)]


def _gap(data: bytes, bench: Bench) -> None:
    """As it comes, and sealed by the centre."""
    inbox = bench.kept(an_inbox)
    inbox.gap(data)
    envelope = seal(data[:200_000].replace(b"0" * 32, inbox._store.chain.encode()), GAP_TYPE, CENTRE.signer)
    inbox.gap(envelope)
    read_gap(envelope, CENTRE.public_key, "gap")


def _gaps() -> list[bytes]:
    return [canonical(encode(Gap(1, "centre", "box-1", "0" * 32, 0, utc_text(START))))]


def _heartbeat(data: bytes, _: Bench) -> object:
    envelope = seal(data[:200_000], HEARTBEAT_TYPE, BOX.signer)
    return read_heartbeat(envelope, BOX.public_key, "heartbeat")


def _heartbeats() -> list[bytes]:
    stamp = Stamp("b0", 7200 * SECOND, START, REAL)
    return [canonical(encode(heartbeat_of(BOX.sealed[-1], stamp, 2, {"box": 5, "video": 6})))]


def _beats(data: bytes, bench: Bench) -> None:
    """Heartbeats that a box made up, at the centre, and the pages that tell of them; the chain is right."""
    made: Collecting = bench.kept(a_collector)
    made.collector.take([Message("box-1", data, "heartbeats")])
    payload = data[:200_000].replace(b"0" * 32, made.sender.chain.encode())
    made.collector.take([Message("box-1", seal(payload, HEARTBEAT_TYPE, made.sender.signer), "heartbeats")])
    made.collector.pulse.listen()
    made.collector.pulse.tell_silent(10)
    for path in ("/", "/?lang=en"):
        status = ask(made.pages, request("GET", path, HOST))
        assert status == 200, f"{path}: {status}"


def _dropped(data: bytes, bench: Bench) -> None:
    """What a broker says of itself."""
    dropped = Dropped(bench.kept(a_collector).collector._store)
    dropped.hear(data)
    dropped.tell()


def _token(data: bytes, _: Bench) -> object:
    return read_upload(seal(data[:200_000], UPLOAD_TYPE, BOX.signer), BOX.public_key)


def _tokens() -> list[bytes]:
    return [canonical(encode(Upload(1, "box-1", "centre", "PUT", "ab" * 32, 5, utc_text(START + MINUTE))))]


def _piece(data: bytes, _: Bench) -> object:
    return read_live(seal(data[:200_000], LIVE_TYPE, BOX.signer), BOX.public_key)


def _pieces() -> list[bytes]:
    return [canonical(encode(LiveFragment(1, "box-1", "centre", "cd" * 32, 0, 1, utc_text(START), "video", False,
                                          "ab" * 32, 5, utc_text(START + MINUTE))))]


@contextlib.contextmanager
def a_watched_centre(folder: Path) -> Iterator[tuple[ASGIApp, Sender]]:
    """A centre with a signed tree and a witness, and a box that may hand over one file."""
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    add(centre, folder)
    sender = Sender(centre)
    sender.genesis()
    sender.append(segment_of(b"video", MORNING, 60), MORNING + 61_000_000)
    centre.collector().take(sender.messages())
    centre.tree().issue(MORNING // SECOND)
    yield create_app(dataclasses.replace(centre, witnesses=(EYE,))), sender
    centre.store.close()


def _requests(data: bytes, bench: Bench) -> int:
    """Requests to the tree, and of files; TOKEN is the one of the box."""
    app, sender = bench.kept(a_watched_centre)
    token = sending(sender, b"video", MORNING)["authorization"]
    status = ask(app, data.replace(b"TOKEN", token.encode()))
    assert status < 500 or status in (503, 507), f"{status}"
    return status


def _log_requests() -> list[bytes]:
    paths = ("checkpoint", "checkpoint?size=4", "key", "tile/0/000.p/3", "tile/63/x999/x999/x999/x999/999",
             "records/000.p/3", "inclusion?leaf=1", "consistency?old=1")
    found = [request("GET", f"/log/{path}", HOST) for path in paths]
    return [*found, request("POST", "/log/cosignatures", HOST, load("tree")["checkpoint"]["note"])]


def _upload_requests() -> list[bytes]:
    sha256 = segment_of(b"video", MORNING, 60).sha256
    headers = HOST | {"authorization": "TOKEN", "content-range": "bytes 0-4/5", "content-length": "5"}
    return [request("HEAD", f"/api/segments/{sha256}", headers),
            request("PUT", f"/api/segments/{sha256}", headers, "video"),
            request("PUT", f"/api/segments/{sha256}", headers | {"content-range": "bytes 0-1/5"}, "vi")]


def _live_requests() -> list[bytes]:
    headers = HOST | {"authorization": "TOKEN", "content-length": "5"}
    return [request("PUT", f"/api/live/{'ab' * 32}/0/{number}", headers, "video") for number in range(2)]


def _jpegs() -> list[bytes]:
    return [cv2.imencode(".jpg", np.full((48, 64), 90, np.uint8))[1].tobytes()]


def _answers(data: bytes, bench: Bench) -> int:
    """What a centre says to whoever hands it a file: statuses and headers, one after the other."""
    try:
        told = [(int(status), {str(name): str(value).encode("utf-8", "replace").decode("latin-1")
                               for name, value in headers.items()}) for status, headers in json.loads(data)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return 0
    said = iter([one for one in told if 100 <= one[0] <= 599])

    def answer(asked: httpx.Request) -> httpx.Response:
        asked.read()
        status, headers = next(said, (404, {}))
        return httpx.Response(status, stream=httpx.ByteStream(b""), headers=[
            (name.encode("latin-1", "replace"), value.encode("latin-1")) for name, value in headers.items()])

    client = httpx.Client(transport=httpx.MockTransport(answer))
    carrier = Carrier("http://127.0.0.1:1", client, "box-1", "centre", BOX.signer, Pace(None))
    with contextlib.closing(carrier):
        return carrier.carry(Job(1, "ab" * 32, "r-1/0.mp4", 5), bench.file(b"video"), lambda *_: None)


def _centre_answers() -> list[bytes]:
    date = {"Date": "Mon, 02 Mar 2026 00:40:00 GMT"}
    return [json.dumps([[401, date], [200, date | {"Upload-Offset": "1"}], [409, {"Upload-Offset": "3"}],
                        [204, {"Upload-Offset": "4"}], [201, {}]]).encode()]


def _progress(data: bytes, bench: Bench) -> object:
    return read_progress(bench.file(data, FILE).parent)


def _progress_seeds() -> list[bytes]:
    return [canonical(encode(Progress(1, 2, "ab" * 32, 3, 4, 5, 503)))]


def _trust(data: bytes, bench: Bench) -> object:
    return read_trust(bench.file(data, TRUST).parent)


def _trust_seeds() -> list[bytes]:
    return [canonical(encode(Trust("dates", 3)))]


INBOX = ("edge/sync/inbox.py",)
PULSE = ("central/ingest/pulse.py", "central/ingest/collector.py", "evidence/heartbeats.py")

PARSERS = (
    Parser("a message to a box: orders to it", (*INBOX, "edge/sync/box_orders.py", "edge/sync/orders.py"), "json",
           lambda: [_listed([one.envelope for one in MADE])], _box_orders, (), 15),
    Parser("an order that the other end made up, to a box", (*INBOX, "edge/sync/box_orders.py",
                                                             "evidence/box_orders.py"), "json",
           lambda: [one.payload for one in MADE], _sealed_order, (), 40),
    Parser("a message to a box: a checkpoint", (*INBOX, "edge/sync/seen.py"), "text", _notes, _checkpoint, (), 25),
    Parser("a tree that the centre made up", (*INBOX, "edge/sync/seen.py"), "json",
           lambda: [json.dumps({"size": 5, "time_s": START // SECOND}).encode()], _sealed_checkpoint, (), 25),
    Parser("a gap request", ("evidence/gaps.py", "edge/sync/receipts.py", *INBOX), "json", _gaps, _gap,
           (BadRecord, BadSeal, WrongSigner), 40),
    Parser("a heartbeat", ("evidence/heartbeats.py",), "json", _heartbeats, _heartbeat, (BadRecord,), 60),
    Parser("a heartbeat that a box made up, at the centre and on its pages", PULSE, "json", _heartbeats, _beats, (),
           12),
    Parser("what a broker counts", ("central/ingest/dropped.py",), "text", lambda: [b"12"], _dropped, (), 20),
    Parser("an upload token", ("evidence/uploads.py",), "json", _tokens, _token, (BadRecord,), 60),
    Parser("a word for a piece of live pictures", ("evidence/live.py",), "json", _pieces, _piece, (BadRecord,), 60),
    Parser("a request to the tree", ("central/web/log.py", "central/tree/witnesses.py"), "json", _log_requests,
           _requests, (), 60),
    Parser("a request of a file's box", ("central/web/uploads.py", "central/web/bodies.py"), "json", _upload_requests,
           _requests, (), 60),
    Parser("a live picture", ("central/live/jpeg.py",), "bytes", _jpegs, lambda data, _: check_picture(data),
           (BadPicture,), 60),
    Parser("a request with a live piece", ("central/web/live_boxes.py", "central/web/bodies.py"), "json",
           _live_requests, _requests, (), 60),
    Parser("answers to whoever hands over a file", ("edge/sync/carrier.py",), "json", _centre_answers, _answers, (),
           60),
    Parser("how far the upload is", ("edge/sync/progress.py",), "json", _progress_seeds, _progress, (), 40),
    Parser("what keeps the box from its centre", ("edge/sync/trust.py",), "json", _trust_seeds, _trust, (), 40),
)
