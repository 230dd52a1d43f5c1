"""`zaitang-central broker`: Mosquitto as our child, which learns at once whose certificate was revoked.

A revoked box is put on the list, the broker reads it anew, and then the box's session is taken over by a certificate
that the centre issues to itself in the box's name: the broker closes the old connection, and the box cannot come back.
"""
from __future__ import annotations

import os
import queue
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from central.authority import TLS_CA, load_authority
from central.devices import spool
from central.devices.connections import issue_client
from central.devices.errors import BrokerEnded
from central.devices.mosquitto import DATA, command, write_folder, write_revoked
from central.devices.own import client_context
from central.errors import DatabaseUnusable
from central.files import private_pem
from central.wiring import Centre
from common.logs import Log
from common.notify import READY, Watchdog, tell
from evidence.certs import pem

LOOK_S, RENEW_S, RELOAD_S, KICK_S, STOP_S = 0.5, 30.0, 10.0, 10.0, 15.0
RELOADED = "Reloading config"
_LOG = Log("broker")


class Broker:
    """One broker of a centre, until `stop`."""

    def __init__(self, centre: Centre) -> None:
        self._centre, self._keys, self._folder = centre, centre.folder / "keys", centre.folder / "broker"
        self._stopping, self._reloads = threading.Event(), queue.Queue[None]()
        self._revoked: dict[int, str] = {}
        self._spool = spool.Spool(centre.store, self._folder / DATA)
        self._last: list[str] = []

    def stop(self) -> None:
        """End `run` soon; from any thread, and from no signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Run the broker. Raises BrokerEnded if it ends by itself, NoMosquitto, CannotWrite, NoIntermediate."""
        self._centre.keep_certificate()
        self._revoked = self._denied()
        write_folder(self._folder, self._centre.config, self._keys, self._revoked, self._now_us())
        environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}  # ours, not its
        process = subprocess.Popen(command(self._folder), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                   errors="replace", env=environment)
        assert process.stderr is not None
        threading.Thread(target=self._hear, args=(process.stderr,), name="broker-log", daemon=True).start()
        try:
            self._watch(process)
        finally:
            _end(process)

    def _watch(self, process: subprocess.Popen[str]) -> None:
        renewed, looked, watchdog = time.monotonic(), 0.0, Watchdog()
        tell(READY)
        while not self._stopping.wait(LOOK_S):
            watchdog.step()
            if process.poll() is not None:
                raise BrokerEnded(code=process.returncode, words="\n".join(self._last))
            try:
                self._revoke(process)
                if time.monotonic() - renewed > RENEW_S:
                    renewed = time.monotonic()
                    self._renew(process)
                if time.monotonic() - looked > spool.LOOK_S:
                    looked = time.monotonic()
                    self._spool.look()
            except DatabaseUnusable as error:
                _LOG.failed("database.unusable", error)

    def _revoke(self, process: subprocess.Popen[str]) -> None:
        """Shut out whoever was revoked since the last look. What fails is tried again at the next."""
        denied = self._denied()
        devices = {device for serial, device in denied.items() if serial not in self._revoked}
        if not devices:
            return
        write_revoked(self._folder, self._keys, denied, self._now_us())
        self._reload(process)
        ended = [self._kick(device) for device in sorted(devices)]
        if all(ended):
            self._revoked = denied

    def _renew(self, process: subprocess.Popen[str]) -> None:
        if self._centre.keep_certificate():
            write_folder(self._folder, self._centre.config, self._keys, self._revoked, self._now_us())
            self._reload(process)

    def _reload(self, process: subprocess.Popen[str]) -> None:
        """Let the broker read its files anew; it says so before it serves the next connection."""
        while not self._reloads.empty():
            self._reloads.get_nowait()
        process.send_signal(signal.SIGHUP)
        try:
            self._reloads.get(timeout=RELOAD_S)
        except queue.Empty:
            _LOG.warning("broker.not_reloaded")

    def _kick(self, device: str) -> bool:
        """Take a box's session over and end it. True once that is done."""
        broker, done = self._centre.config.broker, threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, device, protocol=mqtt.MQTTv5, reconnect_on_failure=False)

        def connected(_client: object, _data: object, _flags: object, code: Any, _props: object) -> None:
            if not code.is_failure:
                done.set()

        client.on_connect = connected
        try:
            client.tls_set_context(self._as_device(device))
            client.connect(broker.host, broker.port, clean_start=True)
        except (OSError, ValueError) as error:
            _LOG.failed("session.not_ended", error, device=device)
            return False
        client.loop_start()
        ended = done.wait(KICK_S)
        client.disconnect()
        client.loop_stop()
        _LOG.info("session.ended" if ended else "session.not_ended", device=device)
        return ended

    def _as_device(self, device: str) -> ssl.SSLContext:
        context, key = client_context(self._keys), Ed25519PrivateKey.generate()
        authority = load_authority(self._keys / TLS_CA)
        own = issue_client(authority, key.public_key(), device, self._now_us())
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".kick.") as file:
            file.write(private_pem(key) + pem(own).encode() + pem(authority.certificate).encode())
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _denied(self) -> dict[int, str]:
        return denied(self._centre)

    def _hear(self, lines: IO[str]) -> None:
        for line in lines:
            self._last = [*self._last[-9:], line.rstrip()]
            if RELOADED in line:
                self._reloads.put(None)
            print(line, end="", file=sys.stderr, flush=True)

    def _now_us(self) -> int:
        return self._centre.clock.stamp().utc_us


def write_for_others(centre: Centre, folder: Path) -> None:
    """Write the folder for a broker that somebody else runs. Raises CannotWrite, NoIntermediate."""
    centre.keep_certificate()
    write_folder(folder, centre.config, centre.folder / "keys", denied(centre), centre.clock.stamp().utc_us)


def denied(centre: Centre) -> dict[int, str]:
    """Serial number and device of every certificate that may not connect any more. Raises DatabaseUnusable."""
    with centre.store.read() as tx:
        if centre.ledger.held_by(tx):
            return dict(tx.denied_connections())
    centre.ledger.settle()
    with centre.store.read() as tx:
        return dict(tx.denied_connections())


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
