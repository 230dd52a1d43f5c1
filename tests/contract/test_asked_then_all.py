"""A box that kept its video and sends all of it from now on, with both ends' own code: what somebody looked at before
that comes to stay at the centre, too."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest

from central.devices.issue import issue
from central.ingest.collector import Message
from central.orders.boxes import box_order_messages, order_settings, order_upload
from central.wiring import Centre, init_centre
from edge.keys import make_box_keys
from edge.sync.alarms import Alarms
from edge.sync.carrier import Carrier
from edge.sync.client import make_client
from edge.sync.pace import Pace
from edge.sync.process import make_inbox
from edge.sync.uploader import Limits, Uploader
from edge.wiring import Box, open_box
from evidence.box_orders import BoxSettings
from evidence.certs import pem
from evidence.seal import KeySigner
from tests.contract.test_sheets import serving
from tests.edge.sync.test_uploader import recorded, until

BOX_TOML = """\
device = "box-1"
policy = "demo"
[sync]
broker = "127.0.0.1"
segments = "http://127.0.0.1:9"
upload = "{upload}"
"""
FILMS = [bytes([number]) * 4 for number in range(3)]
SHAS = [hashlib.sha256(film).hexdigest() for film in FILMS]
LOOKED_AT = 1
How = Literal["order", "box.toml"]


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    opened = init_centre(tmp_path / "centre", test_keys=True)
    yield opened
    opened.store.close()


@pytest.fixture
def folder(centre: Centre, tmp_path: Path) -> Path:
    """Of a box that recorded three files."""
    folder = tmp_path / "box"
    (folder / "run").mkdir(parents=True)
    make_box_keys(folder / "keys", lambda key: (issue(centre, "box-1", key), pem(centre.keys.root)))
    says(folder, "asked")
    box = open_box(folder)
    for index, (film, sha256) in enumerate(zip(FILMS, SHAS, strict=True)):
        recorded(box, index, sha256)
        path = box.segments / f"r-1/{index:06}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film)
    box.store.close()
    return folder


def says(folder: Path, upload: str) -> None:
    (folder / "box.toml").write_text(BOX_TOML.format(upload=upload))


class Running:
    """The box's sync without its broker: what goes to the centre over HTTP is noted, as (method, file)."""

    def __init__(self, folder: Path, centre: Centre, address: str) -> None:
        self.box, self._centre, self.asked = open_box(folder), centre, list[tuple[str, int]]()
        client = make_client(None)
        client.event_hooks = {"request": [self._note]}
        carrier = Carrier(address, client, "box-1", "centre", KeySigner(self.box.keys.device), Pace(None))
        self.uploader = Uploader(self.box.store, Alarms(self.box.store), lambda file: self.box.segments / file, carrier,
                                 lambda: 0.0, limits=Limits(self.box.config, Pace(None)))
        self.uploader.start()

    def _note(self, request: httpx.Request) -> None:
        self.asked.append((request.method, SHAS.index(request.url.path.rpartition("/")[2])))

    def reports(self) -> int:
        """All records come to the centre; the number of the last one."""
        records = self.box.store.records()
        self._centre.collector().take([Message("box-1", one.envelope) for one in records])
        return records[-1].record.seq

    def takes_orders(self) -> int:
        with self._centre.store.read() as tx:
            now_us = self._centre.clock.stamp().utc_us
            (message,) = box_order_messages(tx, self._centre.keys.certificate, set(), now_us).values()
        make_inbox(self.box, "centre").box_orders(message.payload)
        return self.reports()

    def until(self, done: Callable[[], object], seq: int) -> None:
        until(lambda: done() and not self.uploader.waiting, self.uploader, seq)

    def stop(self) -> None:
        self.uploader.stop()
        self.box.store.close()


def cached(centre: Centre) -> list[int]:
    """The files that the centre may let go."""
    with centre.store.read() as tx:
        return [index for index, sha256 in enumerate(SHAS) if "file" in tx.cached_of(sha256)]


def here(centre: Centre) -> list[int]:
    return [index for index, sha256 in enumerate(SHAS) if centre.objects.intact(sha256)]


def sends_all(centre: Centre, running: Running, folder: Path, address: str, how: How) -> tuple[Running, int]:
    if how == "order":
        order_settings(centre.store, "box-1", BoxSettings(upload="all"), 7, centre.clock.stamp().utc_us)
        return running, running.takes_orders()
    running.stop()
    says(folder, "all")
    again = Running(folder, centre, address)
    return again, again.reports()


@pytest.mark.parametrize("how", ["order", "box.toml"])
@pytest.mark.parametrize("gone", [False, True])
def test_what_was_looked_at_before_comes_to_stay(
    centre: Centre, folder: Path, how: How, gone: bool, monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(centre) as address:
        running = Running(folder, centre, address)
        running.reports()
        order_upload(centre.store, "box-1", [SHAS[LOOKED_AT]], None, 1, centre.clock.stamp().utc_us)
        seq = running.takes_orders()
        running.until(lambda: running.box.store.uploaded(SHAS[LOOKED_AT]), seq)
        assert (here(centre), cached(centre)) == ([LOOKED_AT], [LOOKED_AT]) and not kept(running.box)
        if gone:
            (one,) = known(centre)
            monkeypatch.setattr(centre.cache, "_held", lambda *_: set())  # nobody judges the class here
            assert centre.cache._remove(one, centre.clock.stamp().utc_us) and here(centre) == []

        running, seq = sends_all(centre, running, folder, address, how)
        running.asked.clear()
        running.until(lambda: len(kept(running.box)) == 3, seq)
        assert (here(centre), cached(centre)) == ([0, 1, 2], [])
        sent = [index for method, index in running.asked if method == "PUT"]
        assert sorted(sent) == ([0, 1, 2] if gone else [0, 2]), "what is there need not come again"

        running.asked.clear()
        running.stop()
        running = Running(folder, centre, address)
        running.until(lambda: True, running.reports())
        running.stop()
        assert running.asked == [], "it was told once"


def kept(box: Box) -> list[str]:
    """What the box knows the centre to keep."""
    return [sha256 for sha256 in SHAS if box.store.kept_there(sha256)]


def known(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return list(tx.cached())
