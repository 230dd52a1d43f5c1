"""The live process: sends pictures of the room camera to the centre while an order in force wants them, says so to the
people in the room meanwhile, and states when it is over.

Which order holds is read from the chain; the recorder is asked for copies of its packets, and never waits for them.
"""
from __future__ import annotations

import dataclasses
import json
import os
import ssl
import threading
from collections.abc import Mapping

from common import logs
from common.notify import Watchdog
from edge.box_orders import Watch, watches
from edge.cameras.relayed import RelayedSource
from edge.child import ready, stop_on_signal
from edge.config import CameraConfig, SyncConfig
from edge.errors import StoreBusy, StoreUnwritable
from edge.identity.tls import ROOT as TLS_ROOT
from edge.identity.tls import empty_context
from edge.live.choice import Form, Why, choose
from edge.live.pusher import SOCKET, TIMEOUT, WITHIN, Way
from edge.live.session import Counts, Session
from edge.live.sign import NAME, Sign
from edge.live.view import View
from edge.recorder.process import open_camera
from edge.store import Store
from edge.sync.client import make_client
from edge.wiring import Box
from evidence.bodies import LiveEnded
from evidence.errors import BadInput
from evidence.seal import KeySigner
from evidence.times import utc_text

LOW = 10
"""The recorder and the check-in come first."""
LOOK_S = 0.5
NOTE = "live.{form}"
"""The note of what is begun, made before anything is sent. A process that is killed leaves no other."""
FORMS: tuple[Form, ...] = ("video", "pictures")


@dataclasses.dataclass(frozen=True)
class Begun:
    """What a process left noted. `began`: when pictures left first, UTC, None: not known."""

    order: str
    began: str | None


class Watches:
    """The orders that want live pictures; read anew when another one was answered, or is over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[tuple[int, int], list[Watch]] | None = None

    def look(self) -> list[Watch]:
        """May raise StoreBusy."""
        newest, known = tuple(self._store.newest(type, 1) for type in ("order.answered", "live.ended")), self._known
        if known is None or known[0] != newest:
            known = self._known = (newest[0], newest[1]), watches(self._store)
        return known[1]


class Live:
    """`turn` again and again; `close` at the end. `sync` names the centre and its `address`."""

    def __init__(self, box: Box, sync: SyncConfig, address: str, sign: Sign) -> None:
        """May raise StoreBusy."""
        self._box, self._sync, self._address, self._sign = box, sync, address, sign
        self._log = logs.Log("live")
        self._watches = Watches(box.store)
        self._sessions: dict[Form, Session] = {}
        self._left = {begun.order: begun for form in FORMS if (begun := noted(box.store, form)) is not None}
        """What a process before this one had begun."""
        self._noted: dict[Form, Begun] = {}
        self._unfit: str | None = None
        self._unshown = False

    def turn(self) -> None:
        """Follow what the orders say now. May raise StoreBusy, StoreUnwritable: it can be called again."""
        wanted = {watch.order for watch in self._watches.look()}
        for session in list(self._sessions.values()):
            if session.nobody and session.watch.order in wanted:
                self._end(session.watch, "nobody")
        taken_up = {session.watch.order for session in self._sessions.values()}
        choice = choose(self._watches.look(), self._box.clock.stamp(), self._left.keys() - taken_up)
        for watch, why in choice.over:
            self._end(watch, why, choice.follow.get(watch.wanted.form))
        self._drop_others(choice.follow)
        for form, watch in choice.follow.items():
            if form not in self._sessions:
                self._begin(form, watch)
        self._show()
        for form, session in self._sessions.items():
            self._note(form, session.watch.order, session.counts.began_us)

    def close(self) -> None:
        """Send nothing more. The orders stay open: the next process takes them up, or says that they are over."""
        for session in self._sessions.values():
            session.stop()
        self._sessions.clear()
        self._show()

    def _way(self, watch: Watch) -> Way:
        return Way(self._address, self._box.config.device, self._sync.centre, watch.order,
                   KeySigner(self._box.keys.device))

    def _site(self) -> str | ssl.SSLContext | None:
        """Who vouches for the centre: the site's root; a box that is to have one and has none yet trusts nobody."""
        root = self._box.folder / "keys" / TLS_ROOT
        if root.is_file():
            return root.read_text("ascii", "replace")
        return empty_context() if self._sync.tls else None

    def _begin(self, form: Form, watch: Watch) -> None:
        rooms = (one for one in self._box.config.cameras if one.role == "room")
        camera = next((one for one in rooms if one.id == watch.wanted.camera), None)
        if camera is None:
            return  # box.toml was changed since; its time ends it
        try:
            client = make_client(self._sync.ca, self._site(), TIMEOUT, SOCKET, WITHIN)
        except (OSError, BadInput) as error:
            if self._unfit != watch.order:
                self._unfit = watch.order
                self._log.failed("live.no_road", error)
            return
        self._note(form, watch.order, None)
        view = view_of(self._box, camera, form == "pictures")
        since_us = watch.taken.utc_us if watch.order in self._left else self._box.clock.utc_us()
        session = self._sessions[form] = Session(
            watch, since_us, view, self._box.clock, self._way(watch), client, lambda: self._sign.shown)
        # Before anything is sent: people in the room are told first.
        self._show()
        session.start()
        self._log.info("live.began", form=form, number=watch.number)

    def _end(self, watch: Watch, why: Why, successor: Watch | None = None) -> None:
        """State it, then let it go, or go on for the order that wants the same: what the store refuses is tried again,
        and nothing is sent meanwhile for one that is over."""
        form = watch.wanted.form
        session = self._sessions.get(form)
        if session is not None and session.watch.order != watch.order:
            session = None
        goes_on = successor is not None and successor.wanted.camera == watch.wanted.camera
        if session is not None and not goes_on:
            session.stop()
        self._box.store.append("live.ended", self._ended(watch, why, session))
        self._log.info("live.ended", form=form, number=watch.number, why=why)
        if session is not None and successor is not None and goes_on:
            session.turn_to(successor, self._way(successor))
        elif session is not None:
            del self._sessions[form]

    def _drop_others(self, follow: Mapping[Form, Watch]) -> None:
        """Let go of what no order is followed for: a store may have kept an end of which it said that it did not."""
        for form, session in list(self._sessions.items()):
            if form not in follow or follow[form].order != session.watch.order:
                session.stop()
                del self._sessions[form]

    def _ended(self, watch: Watch, why: Why, session: Session | None) -> LiveEnded:
        left = self._left.get(watch.order)
        counts = Counts(None, 0, 0) if session is None else session.counts
        began = None if counts.began_us is None else utc_text(counts.began_us)
        return LiveEnded(
            watch.order, watch.wanted.camera, watch.wanted.form, began if left is None else left.began,
            counts.pieces if left is None else None, counts.bytes if left is None else None, why)

    def _show(self) -> None:
        sessions = list(self._sessions.values())
        try:
            if sessions:
                form = "video" if "video" in self._sessions else "pictures"
                self._sign.show(form, min(session.since_us for session in sessions))
            else:
                self._sign.hide()
            self._unshown = False
        except OSError as error:
            # Nothing is sent while it cannot be shown (Sign.shown). It is tried again all the time, and said once.
            if not self._unshown:
                self._log.failed("live.unshown", error)
            self._unshown = True

    def _note(self, form: Form, order: str, began_us: int | None) -> None:
        note = Begun(order, None if began_us is None else utc_text(began_us))
        if order not in self._left and self._noted.get(form) != note:
            self._box.store.put_note(NOTE.format(form=form), json.dumps(dataclasses.asdict(note)))
            self._noted[form] = note


def noted(store: Store, form: Form) -> Begun | None:
    """What was begun last in this form."""
    note = store.note(NOTE.format(form=form))
    return None if note is None else Begun(**json.loads(note))


def view_of(box: Box, camera: CameraConfig, keys_only: bool) -> View:
    """Where pictures of a room camera come from."""
    sub = None
    if camera.sub is not None:
        small = dataclasses.replace(camera, source=camera.sub)
        sub = lambda: open_camera(box, small, keys_only)  # noqa: E731
    return View(sub, lambda: RelayedSource(box.relay_socket(camera.id), keys_only))


def run(box: Box, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM (or `stop`). A box that sends nothing anywhere waits."""
    logs.setup()
    stop = stop or stop_on_signal()
    os.setpriority(os.PRIO_PROCESS, 0, LOW)
    sign = Sign(box.run_folder / NAME, box.clock.utc_us)
    sync = box.config.sync
    if sync is None or sync.segments is None:
        ready(box.run_folder, "live")
        Watchdog().idle(stop)
        return
    live = Live(box, sync, sync.segments, sign)
    ready(box.run_folder, "live")
    watchdog = Watchdog()
    try:
        while not stop.wait(LOOK_S):
            try:
                live.turn()
            except (StoreBusy, StoreUnwritable) as error:
                logs.Log("live").failed("store.untaken", error)
            watchdog.step()
    finally:
        live.close()
