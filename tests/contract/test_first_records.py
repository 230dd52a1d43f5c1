"""A box that has no class yet, at the product's own broker: it joins, and everything that it records is receipted."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.identity.join import join
from edge.setup import make_box
from edge.sync.outbox import WINDOW
from edge.sync.process import make_sync
from edge.wiring import Box, open_box
from evidence.bodies import SessionStart
from tests.central.test_broker import until
from tests.contract.test_join import SERIAL, serving
from tests.contract.test_renewal import certified
from tests.contract.test_tls_broker import PROGRAM, Site

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A centre with its broker and its collector."""
    site = Site(tmp_path)
    collector = site.centre.broker_link()
    thread = threading.Thread(target=collector.run)
    thread.start()
    try:
        assert collector.subscribed.wait(60)
        yield site
    finally:
        collector.stop()
        thread.join(60)
        site.stop()


def delivers(box: Box) -> None:
    """Record more than may be on its way without a receipt, and wait until all of it has one."""
    store, stop = box.store, threading.Event()
    store.append_many([("session.start", SessionStart("trial", f"s-{n}", "button")) for n in range(WINDOW + 100)])
    assert box.config.sync is not None and not store.orders()
    sync = make_sync(box, box.config.sync)
    thread = threading.Thread(target=sync.run, args=(stop,))
    thread.start()
    try:
        until(lambda: store.receipted_up_to() == store.head_seq())
    finally:
        stop.set()
        thread.join(60)
        store.close()


def test_a_box_that_joined_and_has_no_class_delivers_more_than_its_window(site: Site, tmp_path: Path) -> None:
    box = tmp_path / "box"
    make_box(box, "box-101", "demo", "101 教室", "zh")
    desk = site.centre.desk()

    def approve(_: float) -> None:
        desk.approve("box-101")

    with serving(site.centre) as server:
        token = desk.claim("box-101", SERIAL, 1)
        join(box, server.address, token, site.centre.root_fingerprint, SERIAL, 60.0, lambda: None, approve)
        assert (box / "keys" / "centre.crt").read_text() == site.centre.keys.certificate
        delivers(open_box(box))


@pytest.mark.long
def test_a_box_that_was_certified_by_hand_learns_of_its_centre_with_its_first_renewal(
    site: Site, tmp_path: Path,
) -> None:
    folder = certified(site.centre, tmp_path / "box")
    with serving(site.centre) as server:
        sync = f'[sync]\nbroker = "localhost"\nport = {site.port}\ntls = true\ndevices = "{server.address}"\n'
        (folder / "box.toml").write_text(f'device = "box-101"\npolicy = "demo"\n{sync}')
        delivers(open_box(folder))
    assert (folder / "keys" / "centre.crt").read_text() == site.centre.keys.certificate
