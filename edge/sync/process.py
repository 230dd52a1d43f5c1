"""The sync process: one loop that moves records, receipts and orders, and says how far it is."""
from __future__ import annotations

import dataclasses
import functools
import queue
import random
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from common import logs
from common.notify import Watchdog
from common.policies import load_policy, policy_ids
from common.tls import Trouble
from edge.child import ready, stop_on_signal
from edge.config import SyncConfig
from edge.errors import CannotReadCa, StoreBusy, StoreUnwritable
from edge.identity.renew import Renewer
from edge.identity.tls import ROOT as TLS_ROOT
from edge.policies import keep_policies
from edge.sheets import SheetFiles
from edge.storage.shelf import plans
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.box_orders import BOX_ORDERS
from edge.sync.carrier import Carrier
from edge.sync.centre import CERTIFICATE
from edge.sync.client import make_client
from edge.sync.inbox import Inbox
from edge.sync.link import Arrived, Connected, Event, Link, Lost, Mailbox, NotTaken
from edge.sync.outbox import Outbox, messages
from edge.sync.pace import Pace
from edge.sync.progress import Progress, write_progress
from edge.sync.pulse import Pulse
from edge.sync.trust import Own, TrustTeller
from edge.sync.uploader import Limits, Sheets, Uploader
from edge.wiring import Box
from evidence.bodies import Alarm
from evidence.seal import KeySigner
from evidence.times import utc_text

TICK_S = 0.2
MOST_MESSAGES = 20
"""So many may wait for the broker."""
RETRY_S = 2.0
CENTRE = "centre"
"""The centre's certificate, from a renewal: no topic of the broker is called so."""
GAP_S = 5.0
"""Real seconds between two requests of the centre that are followed."""


class Sync:
    """The loop. `link` publishes; its events come through `events`; `now` is monotonic seconds."""

    def __init__(
        self, store: Store, inbox: Inbox, link: Link, events: Mailbox, uploader: Uploader | None,
        pulse: Pulse | None = None, now: Callable[[], float] = time.monotonic, renewer: Renewer | None = None,
        trust: TrustTeller | None = None,
    ) -> None:
        self._store, self._inbox, self._link, self._events = store, inbox, link, events
        self._uploader, self._now, self._log = uploader, now, logs.Log("sync")
        self._renewer, self._trust = renewer, trust
        self._connected, self._pulse, self._asked = False, pulse, -GAP_S
        self._held: Event | None = None
        self._ailing_since: float | None = None
        self._outbox = Outbox(store.receipted_up_to(), store.receipted_up_to())

    def run(self, stop: threading.Event) -> None:
        """Connect, and work until `stop` is set."""
        if self._renewer is not None:
            self._renewer.start()
        self._link.start()
        if self._uploader is not None:
            self._uploader.start()
        watchdog = Watchdog()
        try:
            while not stop.is_set():
                self._turn(stop)
                watchdog.step()
        finally:
            self._events.close()
            self._link.stop()
            if self._renewer is not None:
                self._renewer.stop()
            if self._uploader is not None:
                self._uploader.stop()

    def _turn(self, stop: threading.Event) -> None:
        try:
            self._hear(TICK_S)
            self._send()
            self._beat()
            self._look_at_trust()
            if self._uploader is not None:
                self._uploader.tick(self._outbox.receipted)
            self._tell_recovered()
        except StoreBusy:
            self._log.warning("store.busy")
            stop.wait(TICK_S)
        except StoreUnwritable as error:
            # Nothing is lost: what came from the centre is held, or comes again.
            self._ailing_since = self._now() if self._ailing_since is None else self._ailing_since
            self._log.failed("store.unwritable", error)
            stop.wait(RETRY_S)

    def _tell_recovered(self) -> None:
        """State that the database could not be written, once it can."""
        if self._ailing_since is not None:
            self._store.append("alarm", Alarm("store.full", {"seconds": int(self._now() - self._ailing_since)}))
            self._ailing_since = None

    def _look_at_trust(self) -> None:
        """A broker that does not take our certificate is answered with a new one; what only people mend is told."""
        if self._renewer is not None and not self._connected and self._renewer.context.trouble == "own":
            self._renewer.ask()
        if self._trust is not None:
            self._trust.tick()

    def _hear(self, timeout: float) -> None:
        """Handle the next event, and all that wait behind it. One that a busy store refused stays the first."""
        try:
            while True:
                self._held = self._held or self._events.get(timeout=timeout)
                self._handle(self._held)
                self._held, timeout = None, 0.0
        except queue.Empty:
            return

    def _handle(self, event: Event) -> None:
        if isinstance(event, Connected):
            self._connected = True
            if self._renewer is not None:
                self._renewer.taken()
            if self._pulse is not None:
                self._pulse.at_once()
            if not event.resumed:
                self._outbox = self._outbox.all_again(self._now())
        elif isinstance(event, Lost):
            self._connected = False
        elif isinstance(event, NotTaken):
            self._inbox.alarms.once("broker.refused", {"code": event.code})
        elif event.topic == "receipts":
            self._receipt(event)
        elif event.topic == CENTRE:
            self._order(event, self._inbox.centre)
        elif event.topic == BOX_ORDERS and event.payload:
            self._order(event, self._inbox.box_orders)
        elif event.topic == "gaps":
            self._gap(event)
        elif event.topic.startswith("orders/") and event.payload:
            self._order(event, self._inbox.order)
        elif event.topic.startswith("stated/") and event.payload:
            self._order(event, self._inbox.stated)
        elif event.topic.startswith("moves/") and event.payload:
            self._order(event, self._inbox.moves)
        elif event.topic.startswith("withdrawn/") and event.payload:
            self._inbox.withdrawn(event.payload)
        elif event.topic == "checkpoint" and event.payload:
            self._inbox.checkpoint(event.payload)

    def _order(self, event: Arrived, take: Callable[[bytes], None]) -> None:
        """An order, or a renewal, brings the centre's certificate; receipts that came before it could not be judged."""
        knew = self._inbox.knows_centre
        take(event.payload)
        if self._inbox.knows_centre and not knew:
            self._outbox = self._outbox.all_again(self._now())

    def _receipt(self, event: Arrived) -> None:
        up_to = self._inbox.receipt(event.payload)
        if up_to is not None:
            self._outbox = self._outbox.after_receipt(up_to, self._now(), random.random())

    def _gap(self, event: Arrived) -> None:
        """The centre lacks records. However often it says so, the chain is sent again once in a while only."""
        if self._now() - self._asked < GAP_S:
            return
        first = self._inbox.gap(event.payload)
        if first is not None:
            self._asked = self._now()
            self._outbox = self._outbox.from_again(first, self._now())

    def _beat(self) -> None:
        if self._connected and self._pulse is not None:
            heartbeat = self._pulse.beat(self._outbox.receipted, self._now())
            if heartbeat is not None:
                self._link.publish("heartbeats", heartbeat)

    def _send(self) -> None:
        """Hand over what is due, oldest first, while the broker takes it: no more than a few messages are in memory."""
        if not self._connected:
            return
        due = self._outbox.due(self._store.head_seq(), self._now())
        first = done = due.start
        for envelopes in messages(self._store.envelopes(due)) if due else ():
            if self._link.unacknowledged >= MOST_MESSAGES:
                break
            self._link.publish("records", b"\n".join(envelopes))
            done += len(envelopes)
        self._outbox = self._outbox.after_sending(range(first, done), self._now(), random.random())


def run(box: Box) -> None:
    """Run until SIGTERM or SIGINT. A box without a centre keeps everything here and waits."""
    logs.setup()
    stop = stop_on_signal()
    if box.config.sync is None:
        logs.Log("sync").info("sync.no_centre")
        ready(box.run_folder, "sync")
        Watchdog().idle(stop)
        return
    sync = make_sync(box, box.config.sync)
    ready(box.run_folder, "sync")
    sync.run(stop)


def make_sync(box: Box, config: SyncConfig) -> Sync:
    """The parts of the sync process, joined."""
    events = Mailbox()
    renewer = box.renewer(config.devices) if config.tls else None
    tls = None if renewer is None else renewer.context
    if renewer is not None:
        renewer.heard = lambda certificate: events.bring(Arrived(CENTRE, certificate.encode()))
    link = Link(config.broker, config.port, box.config.device, events.bring, tls)
    inbox = make_inbox(box, config.centre)
    uploader = None
    if config.segments is not None:
        uploader = make_uploader(box, config, config.segments, inbox.alarms, tls)
    folders = {"box": box.folder, "video": box.video}
    if box.config.storage.second is not None:
        folders["second"] = Path(box.config.storage.second)
    trust = None
    if renewer is not None:
        renewer.revoked = lambda order: events.bring(Arrived(BOX_ORDERS, order))
        trust = TrustTeller(box.run_folder, inbox.alarms, functools.partial(_own_trust, renewer),
                          lambda: utc_text(box.clock.utc_us())[:10])
    pulse = Pulse(box.store, KeySigner(box.keys.device), folders, config.heartbeat_s)
    return Sync(box.store, inbox, link, events, uploader, pulse, renewer=renewer, trust=trust)


def _own_trust(renewer: Renewer) -> tuple[Trouble | None, Own]:
    left = renewer.left() if renewer.failing else (0, "")
    return renewer.context.trouble, Own(renewer.failing, *left)


def make_uploader(
    box: Box, config: SyncConfig, address: str, alarms: Alarms, tls: ssl.SSLContext | None,
) -> Uploader:
    """What carries segments to `address`. A box that has a centre trusts the site's root for that, once it is here:
    `tls` learns it with the first certificate. Raises CannotReadCa, BadKeyFile."""
    root = box.folder / "keys" / TLS_ROOT
    try:
        client = make_client(config.ca, root.read_text("ascii", "replace") if root.is_file() else tls)
    except OSError as error:
        raise CannotReadCa(path=config.ca, why=error.strerror or str(error)) from None
    pace = Pace(config.upload_kbit)
    carrier = Carrier(address, client, box.config.device, config.centre, KeySigner(box.keys.device), pace)

    def show(progress: Progress) -> None:
        write_progress(box.run_folder, dataclasses.replace(progress, why=carrier.away))

    return Uploader(box.store, alarms, box.find_segment, carrier, time.monotonic, show, Limits(box.config, pace),
                    Sheets(SheetFiles(box.folder), box.clock.utc_us))


def make_inbox(box: Box, centre: str) -> Inbox:
    """The inbox of a box: its site is what its own keys say. Raises BadCertificate when they do not fit each other."""
    policies = {name: load_policy(name).sha256 for name in policy_ids()}
    keep_policies(box.store, plans(box.store.orders()))  # of what was ordered before they were kept
    certificate = box.folder / "keys" / CERTIFICATE
    sends = box.config.sync is not None and box.config.sync.segments is not None
    site = box.site_of(centre)
    cameras = {camera.id for camera in box.config.cameras if camera.role == "room"}
    return Inbox(box.store, site, box.keys.sealing, policies, certificate, box.clock, sends, time.monotonic, cameras)
