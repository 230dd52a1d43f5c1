"""`zaitang-edge first-boot`: the screen of a new box until it is approved; then this ends, and the box starts."""
from __future__ import annotations

from pathlib import Path

from common import logs
from common.notify import READY, Watchdog, tell
from edge.child import stop_on_signal
from edge.firstboot.app import make_app
from edge.firstboot.cameras import found_cameras
from edge.firstboot.ground import find_ground
from edge.firstboot.newcomer import Newcomer
from edge.identity.serial import machine_serial
from edge.serving import listen, serve


def run(box: Path, told: Path, host: str, port: int, serial: str | None, lang: str) -> None:
    """Serve until the box is made, or SIGTERM. Raises JoinedAlready, NoSerial, PortInUse, CannotListen, FolderNotEmpty,
    BadBox, BadKeys, CannotWrite."""
    logs.setup()
    stop = stop_on_signal()
    ground = find_ground(box)
    listener = listen(host, port)
    newcomer = Newcomer(ground, serial or machine_serial(), told, stop.set)
    app = make_app(newcomer, found_cameras, lang, host)
    logs.Log("first-boot").info("first-boot.ready", port=listener.getsockname()[1])
    newcomer.start()
    tell(READY)
    serve(app, listener, stop, Watchdog().step)
    newcomer.stop()
