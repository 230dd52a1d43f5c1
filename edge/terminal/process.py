"""The terminal process: owns the check-in camera, runs the desk, serves the page."""
from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509

from common import logs
from common.examining import Examiner
from common.notify import LONGER, Watchdog, watched
from common.numbers import FRESH_S, WITHIN_S
from common.numbers import told as told_numbers
from common.texts import translate
from edge.box_orders import Orders
from edge.cameras.open import open_source
from edge.cameras.port import Source
from edge.checkin.engine import Engine
from edge.child import one_heap, ready, stop_on_signal
from edge.clock import SystemClock
from edge.config import BoxConfig, CameraConfig
from edge.control.client import ask
from edge.doctor.gather import METERS, examiner
from edge.doctor.measure import NAMES
from edge.enrol.erase import Eraser
from edge.errors import NoRecorder
from edge.live.sign import NAME as SIGN
from edge.picture.told import TOLD, troubles
from edge.refusal import look_up
from edge.rollcall.behind import BEHIND, read_behind
from edge.serving import listen, serve
from edge.sync.trust import read_trust
from edge.terminal.app import make_app
from edge.terminal.bareface import BareFaces
from edge.terminal.camera import Camera
from edge.terminal.check import CheckPage
from edge.terminal.code import Code
from edge.terminal.desk import Desk, Target
from edge.terminal.enrolment import EnrolPage
from edge.terminal.errors import NoCheckInCamera
from edge.terminal.guard import Guard
from edge.terminal.health import Health
from edge.terminal.live_sign import LiveSign
from edge.terminal.loader import PackLoader
from edge.terminal.looks import LiveLooks
from edge.terminal.maintenance import Maintenance
from edge.terminal.memory import Memory
from edge.terminal.own import Linker, OwnPage
from edge.terminal.panel import Panel, open_panel
from edge.terminal.people import People
from edge.terminal.pins import PinPage
from edge.terminal.press import Presses
from edge.terminal.screen import Screen
from edge.terminal.settled import Settled, console_of
from edge.terminal.trial import Either, Trial
from edge.terminal.voice import Voice
from edge.terminal.watch import Watch
from edge.terminal.words import UNSAID
from edge.vision.pack import Pack, load_pack
from edge.vision.tried import tried
from edge.wiring import Box
from evidence.certs import identity
from evidence.errors import ZaitangError
from evidence.seal import KeySigner
from evidence.times import utc_us

ASK_S = 1.5
ENDS_S = 15.0
"""Real seconds for the end of all parts together, after that of the page: both are well below the time after which the
supervisor kills this process."""
PACK_S = 30.0
"""Real seconds for which a terminal that is otherwise ready waits for its model pack before it says so."""


class Part(Protocol):
    """What runs beside the page."""

    def stop(self) -> None: ...


def run(box: Box) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortInUse."""
    one_heap()
    logs.setup()
    stop = stop_on_signal()
    written, box = box.config, dataclasses.replace(box, config=box.in_force())
    listener = listen(box.config.terminal.host, box.config.terminal.port)
    memory = Memory(box.store, log=box.log)
    root = x509.load_pem_x509_certificate(box.keys.root.encode())
    test = identity(box.keys.certificate, root, "box").test
    told = box.run_folder / TOLD
    screen = Screen(
        box.config, box.clock, memory, lambda: _status(box), time.monotonic, test, lambda: troubles(told),
        lambda: look_up(box.run_folder, "recorder"), lambda: read_behind(box.run_folder / BEHIND),
        _revoked(box), lambda: read_trust(box.run_folder),
        LiveSign(box.run_folder / SIGN, box.clock.utc_us).look, LiveLooks(box.store).look)
    unsaid = translate(UNSAID, box.config.lang)
    presses = Presses(box.store, memory, screen, lambda: _wake(box), time.monotonic, unsaid)
    guard = Guard(box.keys.data, box.config.terminal.host)
    port, seen = listener.getsockname()[1], _check_in(box, memory, screen)
    looked = dataclasses.replace(box, store=box.second_store())
    app = make_app(screen, presses, guard, box.config.lang, seen.pins, seen.enrolment, seen.own, seen.checks,
                   Health(examiner(looked), box.clock.utc_us))

    def tell() -> None:
        if not stop.is_set():
            logs.Log("terminal").info("terminal.ready", port=port)
            ready(box.run_folder, "terminal")

    _read_all(memory, screen)
    screen.code = code = Code(screen, box.store, box.clock)
    code.start()
    panel = open_panel(box.config.panel, screen, presses)
    buzz = panel.told if panel is not None else lambda code: None
    screen.bareface = bare = BareFaces(screen, box.store, box.clock, lambda: buzz("asked"))
    bare.start()
    eraser = Eraser(box.second_store(), box.folder, lambda: _set_clock(box))
    eraser.start()
    running: list[Part] = [
        code, bare, eraser, seen.checks, *_start_settled(box, written, screen, stop), *_start_watch(box, screen, panel),
        *_start_desk(seen, tell)]
    try:
        # Where faces are looked at, that loop is the one which may hang.
        with _numbers(looked):
            serve(app, listener, stop, Watchdog().step if seen.desk is None else lambda: None)
    finally:
        stop_all(running, ENDS_S)


def _numbers(looked: Box) -> contextlib.AbstractContextManager[None]:
    """Those of the whole box, from this process, where box.toml says so. `looked`: with a store of its own."""
    metrics = looked.config.metrics
    meter = Examiner(looked, METERS, looked.clock.utc_us, WITHIN_S, FRESH_S)
    return told_numbers(NAMES, meter, metrics.host, metrics.port)


def _start_settled(box: Box, written: BoxConfig, screen: Screen, stop: threading.Event) -> list[Settled]:
    """What ends this process for other settings, where somebody starts it again."""
    if not watched():
        return []
    settled = Settled(box, written, screen, stop)
    settled.start()
    return [settled]


def _revoked(box: Box) -> Callable[[], bool]:
    """Whether the centre has revoked the key of this box; for any thread."""
    orders, keyid = Orders(box.store), KeySigner(box.keys.device).keyid
    return lambda: keyid in orders.look().revoked


def _read_all(memory: Memory, screen: Screen) -> None:
    """Read the chain and fold a class once before anybody asks: a page waits four seconds at most. Years of records
    take a slow board minutes: who waits for the start hears that it goes on."""
    starting = Watchdog(says=LONGER)
    try:
        memory.look(starting.step)
        screen.pulse()
    except ZaitangError as error:
        logs.Log("terminal").failed("terminal.unread", error)
    finally:
        starting.close()


def stop_all(parts: Sequence[Part], within_s: float) -> None:
    """Ask all parts at once to end, and wait for all together so many real seconds. What still runs then ends with the
    process; none holds up the others, also not by an error."""
    def stop(part: Part) -> None:
        try:
            part.stop()
        except Exception as error:
            logs.Log("terminal").failed("terminal.unstopped", error, part=type(part).__name__)

    asked = [threading.Thread(target=stop, args=(part,), name="stop", daemon=True) for part in parts]
    for one in asked:
        one.start()
    until = time.monotonic() + within_s
    for one in asked:
        one.join(max(0.0, until - time.monotonic()))


def open_terminal_camera(box: Box, camera: CameraConfig) -> Source:
    """The terminal's camera. Raises BadSource, BadVideo, EmptyVideo, WrongCodec."""
    start = None if camera.start is None else box.clock.mono_at(utc_us(camera.start))
    return open_source(camera.source, box.clock, start)


def pack_loader(box: Box) -> PackLoader:
    """Loads the box's pack from now on, before the first class needs it."""
    vision = box.config.vision
    folder = Path(vision.folder) if vision.folder else None
    return PackLoader(vision.pack, lambda: tried(load_pack(vision.pack, folder)))


def engine_maker(box: Box, loader: PackLoader) -> Callable[[Target], Engine]:
    """Makes engines. They raise PackLoading, or what is wrong with the pack."""
    def make(target: Target) -> Engine:
        pack = loader.pack()
        templates = box.store.templates(target.class_id, pack.name)
        return Engine(
            pack, target.policy, target.class_id, target.session, templates, target.checked_in, target.direction)

    return make


def announce(loader: PackLoader, tell: Callable[[], None]) -> None:
    """Tell that the terminal is ready once faces can be recognised, or when the pack fails or takes too long: classes
    are started and recorded without it."""
    def wait() -> None:
        loader.wait(PACK_S)
        tell()

    threading.Thread(target=wait, name="announce", daemon=True).start()


@dataclasses.dataclass(frozen=True)
class CheckIn:
    """What checks people in: by face where the box has a check-in camera, by PIN everywhere."""

    pins: PinPage
    enrolment: EnrolPage
    checks: CheckPage
    own: OwnPage | None = None
    camera: Camera | None = None
    desk: Desk | None = None
    voice: Voice | None = None
    loader: PackLoader | None = None


def _check_in(box: Box, memory: Memory, screen: Screen) -> CheckIn:
    """All parts, joined; none of them runs yet."""
    found, config = box.config.camera("terminal"), box.config
    loader = None if found is None else pack_loader(box)
    people = People(box, memory, screen, _no_camera if loader is None else loader.pack, time.monotonic)
    camera = desk = voice = trial = None
    maintenance = Maintenance(config.enrol.code, time.monotonic)
    if found is None or loader is None:
        logs.Log("terminal").warning("checkin.no_camera", role="terminal")
    else:
        camera = Camera(lambda: open_terminal_camera(box, found), time.monotonic)
        desk = Desk(
            camera, lambda: screen.target(fresh=False), engine_maker(box, loader), box.store, box.clock.utc_us,
            time.monotonic, config.checkin.every_ms / 1000, Watchdog().step)
        trial = Trial(loader.pack, time.monotonic)
        screen.desk, desk.guide = desk, Either(people.guide, trial)
        voice = None if not config.terminal.voice else Voice(
            desk, config.lang, lambda: people.guide.pose, bare=lambda: _phase(screen))
    pins = PinPage(box.store, memory, screen, people, desk)
    enrolment = EnrolPage(box.store, memory, people, config.device, maintenance,
                          lambda: desk is not None and bool(desk.jpeg()))
    linker = _linker(box)
    own = None if linker is None else OwnPage(
        box.store, memory, screen, people.pins, desk, linker, box.clock.utc_us)
    checks = CheckPage(box, maintenance, trial, lambda: _in_class(box, screen), time.monotonic)
    return CheckIn(pins, enrolment, checks, own, camera, desk, voice, loader)


def _in_class(box: Box, screen: Screen) -> bool:
    """Whether people may be checked in, or the room is being recorded."""
    status = _status(box)
    return screen.target(fresh=False) is not None or (status is not None and bool(status.get("session")))


def _linker(box: Box) -> Linker | None:
    """What makes links to own records, where the centre has an address for telephones. A telephone and a centre know
    the machine's time alone, not that of a simulated clock."""
    console = console_of(box.config)
    return None if console is None else Linker(
        box.config.device, console, KeySigner(box.keys.device), SystemClock().utc_us)


def _phase(screen: Screen) -> str | None:
    """Of the bare-face roll call, while one is asked for or held."""
    shown = screen.bareface.now() if screen.bareface is not None else None
    return None if shown is None else shown.phase


def _no_camera() -> Pack:
    raise NoCheckInCamera()


def _start_desk(seen: CheckIn, tell: Callable[[], None]) -> list[Camera | Desk | Voice]:
    """The camera, the desk and the voice, running; nothing on a box without a check-in camera. `tell` is called when
    ready."""
    if seen.loader is None or seen.desk is None or seen.camera is None:
        tell()
        return []
    parts: list[Camera | Desk | Voice] = [seen.desk, seen.camera, *([seen.voice] if seen.voice is not None else [])]
    for part in parts:
        part.start()
    announce(seen.loader, tell)
    return parts


def _start_watch(box: Box, screen: Screen, panel: Panel | None) -> list[Panel | Watch]:
    """What lets nobody miss the last moment: the watch, and the panel of a box that has one."""
    watch = Watch(screen, box.store, panel.told if panel is not None else lambda code: None)
    parts: list[Panel | Watch] = [watch] if panel is None else [watch, panel]
    for part in parts:
        part.start()
    return parts


def _status(box: Box) -> Mapping[str, Any] | None:
    try:
        return ask(box.recorder_socket, "status", ASK_S)
    except NoRecorder:
        return None


def _set_clock(box: Box) -> int | None:
    """The wall clock, or None while nobody has set it."""
    stamp = box.clock.stamp()
    return stamp.utc_us if stamp.clock.synced else None


def _wake(box: Box) -> None:
    """Tell the recorder at once; without it, what should be recorded follows from the records when it comes back."""
    try:
        ask(box.recorder_socket, "look", ASK_S)
    except NoRecorder as error:
        logs.Log("terminal").failed("recorder.silent", error)
