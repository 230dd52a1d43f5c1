"""A box that sends live pictures over HTTP: a film in pieces, each with the word that the box signs for it."""
from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import io
from typing import Literal, Protocol

from central.wiring import Centre
from common.hls import read_media
from evidence.bodies import LiveEnded
from evidence.box_orders import BoxOrder, OrderAnswered, Why
from evidence.live import LiveFragment, seal_live
from evidence.records import Sealed
from evidence.times import MINUTE, SECOND, utc_text
from tests.central.helpers import Box
from tests.common.test_hls import film

What = Literal["init", "video", "picture"]


class Answer(Protocol):
    """Of whichever HTTP client."""

    status_code: int


class Client(Protocol):
    """Whichever HTTP client."""

    def put(self, url: str, *, content: bytes, headers: dict[str, str]) -> Answer: ...


@functools.cache
def pieces(seconds: int = 20) -> tuple[bytes, tuple[bytes, ...]]:
    """The header of a film, and its pieces of a second each."""
    data = film(seconds)
    media = read_media(io.BytesIO(data), len(data))
    cut = tuple(data[one.offset : one.offset + one.size] for one in media.fragments)
    return data[: media.init_size], cut


@functools.cache
def jpeg(shade: int = 90, wide: int = 320, high: int = 180) -> bytes:
    """A small picture."""
    from PIL import Image

    sink = io.BytesIO()
    Image.new("RGB", (wide, high), (shade, shade, shade)).save(sink, "JPEG")
    return sink.getvalue()


class Camera:
    """Sends for one order. `client`: whoever does HTTP for it."""

    def __init__(self, box: Box, order: Sealed, now_us: int) -> None:
        self.box, self.order, self.now_us = box, order, now_us
        self.epoch = 0

    def headers(self, data: bytes, number: int, what: What, **changes: object) -> dict[str, str]:
        """The word for a piece."""
        fragment = LiveFragment(
            1, self.box.device, "centre", self.order.hash, self.epoch, number, utc_text(self.now_us), what, False,
            hashlib.sha256(data).hexdigest(), len(data), utc_text(self.now_us + MINUTE))
        envelope = seal_live(dataclasses.replace(fragment, **changes), self.box.signer)  # type: ignore[arg-type]
        return {"authorization": "Bearer " + base64.b64encode(envelope).decode()}

    def put(self, client: Client, data: bytes, number: int, what: What = "video", **changes: object) -> Answer:
        """Send a piece."""
        return client.put(f"/api/live/{self.order.hash}/{self.epoch}/{number}", content=data,
                          headers=self.headers(data, number, what, **changes))

    def play(self, client: Client, seconds: int, first: int = 0) -> list[int]:
        """Send the header, unless it goes on, and so many pieces; what was answered."""
        init, cut = pieces()
        said = [] if first else [self.put(client, init, 0, "init").status_code]
        return said + [self.put(client, cut[at], at + 1).status_code for at in range(first, first + seconds)]


def wanted(centre: Centre, device: str = "box-1") -> list[tuple[Sealed, BoxOrder]]:
    """The orders for live pictures of a box, in the order in which they were made."""
    from central.orders.boxes import orders

    with centre.store.read() as tx:
        return [(sealed, body) for sealed, body in orders(tx, device) if body.watch is not None]


def answer(centre: Centre, box: Box, order: tuple[Sealed, BoxOrder], utc: int, why: Why = "") -> None:
    """The box says that it takes an order, or why not."""
    sealed, body = order
    box.append(OrderAnswered(sealed.hash, body.number, "refused" if why else "accepted", why), utc)
    centre.collector().take(box.messages()[-1:])


def ended(centre: Centre, box: Box, order: Sealed, utc: int) -> None:
    """The box says that its live pictures are over."""
    box.append(LiveEnded(order.hash, "room", "video", utc_text(utc - SECOND), 1, 1, "restart"), utc)
    centre.collector().take(box.messages()[-1:])
