"""The terminal process: owns the check-in camera, runs the desk, serves the page."""
from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from fastapi import FastAPI

from common import logs
from edge.cameras.file import open_file
from edge.cameras.port import Source
from edge.checkin.engine import Engine
from edge.child import ready, stop_on_signal
from edge.config import CameraConfig, TerminalConfig
from edge.control.client import ask
from edge.errors import CannotListen, NoRecorder, PortInUse
from edge.picture.told import TOLD, troubles
from edge.terminal.app import make_app
from edge.terminal.camera import Camera
from edge.terminal.desk import Desk, Target
from edge.terminal.guard import Guard
from edge.terminal.memory import Memory
from edge.terminal.press import Presses
from edge.terminal.screen import Screen
from edge.vision.pack import Pack, load_pack
from edge.wiring import Box
from evidence.certs import identity
from evidence.times import utc_us

ASK_S = 1.5
STOP_S = 3
LOOK_S = 0.5


def run(box: Box) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortInUse."""
    logs.setup()
    stop = stop_on_signal()
    listener = listen(box.config.terminal)
    memory = Memory(box.store)
    root = x509.load_pem_x509_certificate(box.keys.root.encode())
    test = identity(box.keys.certificate, root).test
    told = box.run_folder / TOLD
    screen = Screen(
        box.config, box.clock, memory, lambda: _status(box), time.monotonic, test, lambda run: troubles(told, run))
    presses = Presses(box.store, memory, lambda: _wake(box))
    guard = Guard(box.keys.data, box.config.terminal.host)
    running = _start_desk(box, screen)
    app = make_app(screen, presses, guard, box.config.lang)
    logs.Log("terminal").info("terminal.ready", port=listener.getsockname()[1])
    ready()
    try:
        serve(app, listener, stop)
    finally:
        for part in running:
            part.stop()


def serve(app: FastAPI, listener: socket.socket, stop: threading.Event) -> None:
    """Serve until `stop` is set. In a thread, because in the main one uvicorn would answer signals in its own way."""
    server = uvicorn.Server(uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=STOP_S))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
    thread.start()
    while not stop.wait(LOOK_S) and thread.is_alive():
        pass
    server.should_exit = True
    thread.join()


def listen(config: TerminalConfig) -> socket.socket:
    """The listening socket. Raises PortInUse, CannotListen."""
    listener = socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=config.port, host=config.host) from None
        raise CannotListen(port=config.port, host=config.host, why=error.strerror or str(error)) from None
    return listener


def open_terminal_camera(box: Box, camera: CameraConfig) -> Source:
    """The terminal's camera. Raises BadSource, BadVideo, EmptyVideo, WrongCodec."""
    start = None if camera.start is None else box.clock.mono_at(utc_us(camera.start))
    return open_file(camera.source, box.clock, start)


def engine_maker(box: Box) -> Callable[[Target], Engine]:
    """Makes engines; the model pack is loaded once, when the first class needs it."""
    loaded: list[Pack] = []

    def make(target: Target) -> Engine:
        if not loaded:
            folder = box.config.vision.folder
            loaded.append(load_pack(box.config.vision.pack, Path(folder) if folder else None))
        templates = box.store.templates(target.class_id, loaded[0].name)
        return Engine(loaded[0], target.policy, target.class_id, target.session, templates, target.checked_in)

    return make


def _start_desk(box: Box, screen: Screen) -> list[Camera | Desk]:
    """The camera and the desk, running; nothing on a box without a check-in camera."""
    found = box.config.camera("terminal")
    if found is None:
        return []
    camera = Camera(lambda: open_terminal_camera(box, found), time.monotonic)
    desk = Desk(
        camera, screen.target, engine_maker(box), box.store, box.clock.utc_us, time.monotonic,
        box.config.checkin.every_ms / 1000,
    )
    screen.desk = desk
    camera.start()
    desk.start()
    return [desk, camera]


def _status(box: Box) -> Mapping[str, Any] | None:
    try:
        return ask(box.recorder_socket, "status", ASK_S)
    except NoRecorder:
        return None


def _wake(box: Box) -> None:
    """Tell the recorder at once; without it, what should be recorded follows from the records when it comes back."""
    try:
        ask(box.recorder_socket, "look", ASK_S)
    except NoRecorder as error:
        logs.Log("terminal").failed("recorder.silent", error)
