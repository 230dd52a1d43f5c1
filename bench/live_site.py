"""A centre with a class that runs now, its box, and a film that the box sends live: for the row `watch`."""
from __future__ import annotations

import base64
import hashlib
import io
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.accounts.desk import digest
from central.accounts.door import form_token, new_visit
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.devices.issue import issue
from central.ingest.collector import Message
from central.store.accounts import Session
from central.wiring import Centre, init_centre
from common.hls import read_media
from evidence.bodies import Genesis
from evidence.box_orders import OrderAnswered
from evidence.certs import fingerprint, split_chain
from evidence.chain import next_record
from evidence.live import LiveFragment, seal_live
from evidence.records import Sealed
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import HOUR, MINUTE, utc_text

DEVICE, CLASS = "box-1", "welder-1"
RATE, WIDE, HIGH, BITS = 25, 640, 360, 1_000_000
"""The small stream of a usual camera."""
COOKIE = "zaitang"


class LiveBox:
    """Introduces itself, takes the orders of its centre, and sends pieces."""

    def __init__(self, centre: Centre) -> None:
        key = Ed25519PrivateKey.generate()
        self._centre, self._signer, self._chain = centre, KeySigner(key), "ab" * 16
        own, between = split_chain(issue(centre, DEVICE, key.public_key()))
        sealing = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
        self._head: Sealed | None = None
        self._say("genesis", encode(Genesis(
            self._signer.keyid, own, fingerprint(centre.keys.root), "bench", sealing, between)))

    def take(self, order: Sealed, number: int) -> None:
        """Accept an order."""
        self._say("order.answered", encode(OrderAnswered(order.hash, number, "accepted")))

    def put(self, client: httpx.Client, order: Sealed, number: int, data: bytes) -> int:
        """Send a piece; what was answered."""
        now_us = self._centre.clock.stamp().utc_us
        word = LiveFragment(
            1, DEVICE, self._centre.store.device, order.hash, 0, number, utc_text(now_us),
            "video" if number else "init", False, hashlib.sha256(data).hexdigest(), len(data),
            utc_text(now_us + MINUTE))
        token = base64.b64encode(seal_live(word, self._signer)).decode()
        return client.put(f"/api/live/{order.hash}/0/{number}", content=data,
                          headers={"authorization": f"Bearer {token}"}).status_code

    def _say(self, kind: str, body: dict[str, object]) -> None:
        record = next_record(self._head, device=DEVICE, chain=self._chain, type=kind, body=body,
                             stamp=self._centre.clock.stamp())
        self._head = seal_record(record, self._signer)
        self._centre.collector().take([Message(DEVICE, self._head.envelope)])


def make_site(folder: Path) -> tuple[Centre, LiveBox]:
    """A new centre, and the box of a class whose class-hour goes on."""
    centre = init_centre(folder / "centre", test_keys=True)
    now_us = centre.clock.stamp().utc_us
    start, end = (utc_text(at_us + 8 * HOUR)[:16] + ":00" for at_us in (now_us - 5 * MINUTE, now_us + 30 * MINUTE))
    (folder / "plan.toml").write_text(
        f'class = "{CLASS}"\ntitle = "焊工"\npolicy = "demo"\nboxes = [{{ device = "{DEVICE}", room = "101" }}]\n'
        f'institution = "school"\nhours = [{{ kind = "theory", start = {start}, end = {end} }}]\n', encoding="utf-8")
    (folder / "names.toml").write_text('people = [{ name = "张伟" }]\n', encoding="utf-8")
    centre.account_desk().put_institution("school", "学校", "411202", None)
    add_class(centre.store, centre.names, read_plan(folder / "plan.toml"), read_names(folder / "names.toml"),
              folder / "plan.toml")
    return centre, LiveBox(centre)


def viewer(centre: Centre, address: str, name: str) -> httpx.Client:
    """A supervisor who is signed in and has said why they look."""
    centre.account_desk().add(name, "supervisor", "411200", None)
    token, now_us = new_visit(), centre.clock.stamp().utc_us
    with centre.store.write() as tx:
        tx.put_session(Session(digest(token), name, True, now_us, now_us))
    client = httpx.Client(base_url=address, cookies={COOKIE: token}, timeout=30)
    said = client.post(f"/live/{DEVICE}", data={"token": form_token(token), "reason": "other", "why": "bench"})
    assert said.status_code == 303, said.status_code
    return client


def live_film(seconds: int) -> tuple[bytes, list[bytes]]:
    """The header and pieces of a second each, of a picture full of noise."""
    sink, noise = io.BytesIO(), np.random.default_rng(7)
    flags = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
    with av.open(sink, "w", format="mp4", options={"movflags": flags, "use_editlist": "0"}) as out:
        stream = out.add_stream("libx264", rate=RATE, options={"g": str(RATE), "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDE, HIGH, "yuv420p", BITS
        stream.time_base = Fraction(1, RATE)
        for index in range(seconds * RATE):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 60, (HIGH, WIDE, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = sink.getvalue()
    media = read_media(io.BytesIO(data), len(data))
    return data[: media.init_size], [data[one.offset : one.offset + one.size] for one in media.fragments]
