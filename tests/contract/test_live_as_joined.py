"""Live pictures of a box that joined, by exactly what `join` wrote: through the process that serves boxes, under TLS,
into the memory of the console, which is another process."""
from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.live.orders import order_if_due
from edge.identity.tls import ROOT
from edge.live.backlog import Backlog
from edge.live.pusher import SOCKET, TIMEOUT, WITHIN, Line, Pusher, Way
from edge.sync.client import make_client
from edge.wiring import open_box
from evidence.seal import KeySigner
from provisioning.demo.services import Services
from tests.central.live.pushing import pieces
from tests.contract.secure_site import DEVICE, SecureSite

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
COUNT = 6


class Sender:
    """The way of the box's live process to its centre, with an order that was just signed."""

    def __init__(self, site: SecureSite) -> None:
        with site.open() as centre:
            ordered = order_if_due(
                centre.store, DEVICE, "video", "li", True, True, "room", centre.clock.stamp().utc_us)
        box = open_box(site.box)
        box.store.close()
        sync = box.config.sync
        assert ordered is not None and sync is not None and sync.segments is not None
        self.address = sync.segments
        way = Way(self.address, DEVICE, sync.centre, ordered.hash, KeySigner(box.keys.device))
        self.client = make_client(sync.ca, (site.box / "keys" / ROOT).read_text(), TIMEOUT, SOCKET, WITHIN)
        self.line, self.stop = Line(Backlog(lambda before: before + 1)), threading.Event()
        self.pusher = Pusher(way, self.client, self.line, lambda: True, lambda: time.time_ns() // 1000)
        self.thread = threading.Thread(target=self.pusher.run, args=(self.stop,), daemon=True)

    def send(self) -> None:
        """A film, as fast as the centre takes it."""
        header, film = pieces(COUNT)
        self.line.backlog.begin(header, time.time_ns() // 1000)
        for piece in film:
            self.line.backlog.put("video", piece, time.time_ns() // 1000, True)
        self.thread.start()


@pytest.fixture
def site(tmp_path: Path, services: Services) -> Iterator[SecureSite]:
    # The name of a socket has 107 bytes at most; a folder may have a longer one.
    folder = tmp_path / ("a-long-name-of-a-folder-" * 4)
    folder.mkdir()
    made = SecureSite(folder, services)
    made.start()
    made.start_sync(as_joined=True)
    yield made


def test_live_pieces_reach_the_console_by_what_join_wrote(site: SecureSite) -> None:
    site.services.wait("the box", lambda: is_known(site))
    door = site.centre / "live.sock"
    assert door.is_socket() and door.stat().st_mode & 0o777 == 0o600, "nobody else hands pieces on"
    sender = Sender(site)
    assert sender.address == f"https://localhost:{site.devices}" != site.address
    sender.send()
    try:
        site.services.wait("pieces", lambda: sender.pusher.pieces == COUNT + 1)
        assert not sender.pusher.nobody
        strange = f"{sender.address}/api/live/{'0' * 64}/1/1"
        root = (site.box / "keys" / ROOT).read_text()
        with make_client(None, root, TIMEOUT, SOCKET, WITHIN) as stranger:
            assert stranger.put(strange, content=b"x").status_code == 401, "nobody signed it"
        # Nobody came to watch within the time that viewers have to come back: the console says so, by the same way.
        site.services.wait("the end", lambda: sender.pusher.nobody or more(sender))
        assert sender.pusher.nobody
    finally:
        sender.stop.set()
        sender.thread.join(30)


def is_known(site: SecureSite) -> bool:
    """Whether the box introduced itself by the records that it sent."""
    with site.open() as centre, centre.store.read() as tx:
        return any(head.sealing_key for head in tx.heads(DEVICE))


def more(sender: Sender) -> bool:
    """Another piece, half a second later; False."""
    time.sleep(0.5)
    with sender.line.ready:
        sender.line.backlog.put("video", pieces(COUNT)[1][-1], time.time_ns() // 1000, True)
        sender.line.ready.notify_all()
    return False
