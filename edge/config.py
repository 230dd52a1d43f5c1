"""What BOX/box.toml may say. Read strictly: an unknown key or a number out of range is an error naming file and key."""
from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from common.policies import load_policy
from common.texts import N_
from edge.errors import BadBox, NotToml, OfCamera
from evidence.box_orders import Console
from evidence.errors import BadInput, BadShape
from evidence.records import Id, Utc
from evidence.shape import Between, Match, decode
from evidence.times import utc_us

BOX_FILE = "box.toml"
MAX_BYTES = 1 << 18
NO_FOLDER = N_("there is no such folder; a new box has one once its centre has taken it, as its screen says")
NO_FILE = N_("there is no box.toml in it")
BUILTIN = "builtin"
"""The model pack that comes with the packages."""
EMPTYING = "emptying"
"""The mark of a box that is being emptied (`edge/reset`)."""
EMPTIED = N_("it is being emptied: say `zaitang-edge reset` again")
NO_SUB = N_("it must be a small stream of its own; a Pi camera has one already, and no other camera is opened twice")
NO_PLAIN = N_("a broker on another machine is reached by TLS only: tls = true, and `zaitang-edge join` brings the keys")
NOT_SAFE = N_("http:// is for this machine alone (127.0.0.1); a centre elsewhere is reached by https://")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Port = Annotated[int, Between(1, 65535)]
Pin = Annotated[int, Between(0, 27)]
Source = Annotated[str, Match(r"[a-z][a-z0-9+.-]*:.+", "a source like file:/path/to/video.mp4")]


@dataclasses.dataclass(frozen=True)
class SkipConfig:
    """Time that a simulated clock leaves out (a night): when it reads `at` it jumps to `to`."""

    at: Utc
    to: Utc


@dataclasses.dataclass(frozen=True)
class ClockConfig:
    """`kernel`: the real clock. `simulated`: reads `start` at `anchor_boot_us` of boot `boot_id`, then runs `rate`
    times as fast as real time, leaving out the `skips`."""

    source: Literal["kernel", "simulated"] = "kernel"
    start: Utc | None = None
    rate: Annotated[int, Between(1, 100_000)] = 1
    anchor_boot_us: Annotated[int, Between(0)] | None = None
    boot_id: str | None = None
    skips: tuple[SkipConfig, ...] = ()


@dataclasses.dataclass(frozen=True)
class CameraConfig:
    """One camera. A file camera's first packet is due when the box's clock reads `start` (without it: at once).

    `source` is what is recorded, and what counts. `sub`: a small stream of the same room camera, at which the picture
    process looks, recorded or not, so that a black or covered picture is told at the terminal before the start press.
    A Pi camera (`picamera2:`) brings one of its own."""

    id: Id
    source: Source
    role: Literal["room", "terminal"] = "room"
    start: Utc | None = None
    sub: Source | None = None


@dataclasses.dataclass(frozen=True)
class RecorderConfig:
    """`segment_s`: media time of a segment. `max_gap_ms`: a longer hole ends the run. `reserve_mb`: kept free."""

    segment_s: Annotated[int, Between(1, 3600)] = 60
    max_gap_ms: Annotated[int, Between(100, 60_000)] = 2000
    gap_floor_ms: Annotated[int, Between(1, 60_000)] = 100
    step_tolerance_ms: Annotated[int, Between(100, 600_000)] = 5000
    reserve_mb: Annotated[int, Between(1, 10_000_000)] = 1024


@dataclasses.dataclass(frozen=True)
class StorageConfig:
    """`second`: folder of a second video volume (disk, NAS), to which finished segments are moved, oldest first, until
    `keep_free_mb` are free on the first. `remove`: whether the box removes by itself what need not be kept any more."""

    second: str | None = None
    keep_free_mb: Annotated[int, Between(1, 100_000_000)] = 20_000
    remove: bool = False


@dataclasses.dataclass(frozen=True)
class TerminalConfig:
    """Where the check-in screen is served; `voice`: whether it speaks."""

    host: str = "127.0.0.1"
    port: Port = 8080
    voice: bool = True


@dataclasses.dataclass(frozen=True)
class MetricsConfig:
    """Where numbers are served to Prometheus (docs/health.md), in the open; `port` 0: nowhere."""

    host: str = "127.0.0.1"
    port: Annotated[int, Between(0, 65535)] = 0


@dataclasses.dataclass(frozen=True)
class PanelConfig:
    """A button, a lamp and a buzzer on GPIO pins, by their BCM numbers; each may be left out."""

    button: Pin | None = None
    led: Pin | None = None
    buzzer: Pin | None = None


@dataclasses.dataclass(frozen=True)
class VisionConfig:
    """The model pack. `folder` holds its files when they are not at their usual place."""

    pack: Id = BUILTIN
    folder: str | None = None


@dataclasses.dataclass(frozen=True)
class CheckInConfig:
    """`every_ms`: real time between two frames that the check-in looks at."""

    every_ms: Annotated[int, Between(20, 10_000)] = 200


@dataclasses.dataclass(frozen=True)
class EnrolConfig:
    """`institution`, `contact`: who answers for the faces, for the text of consent. `card`: a file in which a card
    reader's program puts what it read. `centre_key`: the centre's sealing key (X25519, hex), for ID numbers. `code`: of
    whoever maintains the box: opens the enrolment before an instructor has a PIN."""

    institution: str = ""
    contact: str = ""
    card: str | None = None
    centre_key: Annotated[str | None, Match(r"[0-9a-f]{64}", "64 hex digits")] = None
    code: Annotated[str | None, Match(r"[0-9]{6,12}", "6 to 12 digits")] = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class RollCallConfig:
    """`every_s`: media time between two frames of a recording that the roll call looks at."""

    every_s: Annotated[int, Between(1, 600)] = 2


@dataclasses.dataclass(frozen=True)
class PictureConfig:
    """`every_s`: media time between two keyframes of a recording that the picture checks look at."""

    every_s: Annotated[int, Between(1, 60)] = 5


@dataclasses.dataclass(frozen=True)
class SyncConfig:
    """The centre: its MQTT broker, its name in certificates (nobody else gives orders or receipts), the address that
    takes segments (none: they stay here), and the one that renews the box's certificate. Without `tls` the broker is
    on this machine. `ca`: PEM file with the certificates that may vouch for the address of segments (none: the site's
    root, if the box joined by it, else those of the system). `upload_kbit`: thousand bits a second that segments may
    take of the line (none: all of it). `upload`: all segments go there, or only those that the centre asks for.
    `heartbeat_s`: how often the box says that it lives. `console`: the address of the centre that trainees' telephones
    open for their own record (none: the terminal offers none)."""

    broker: str
    port: Port = 1883
    heartbeat_s: Annotated[int, Between(1, 3600)] = 60
    tls: bool = False
    devices: Annotated[str, Match(r"https://.+", "an address like https://centre.example:8471")] | None = None
    centre: Id = "centre"
    segments: Annotated[str, Match(r"https?://.+", "an address like http://127.0.0.1:8000")] | None = None
    ca: str | None = None
    upload_kbit: Annotated[int, Between(64, 10_000_000)] | None = None
    upload: Literal["all", "asked"] = "all"
    console: Console | None = None


@dataclasses.dataclass(frozen=True)
class BoxConfig:
    """Everything a box is told. `policy` holds for what belongs to no class."""

    device: Id
    room: str = ""
    policy: str = "sanmenxia-2023"
    lang: Literal["zh", "en"] = "zh"
    clock: ClockConfig = ClockConfig()
    cameras: tuple[CameraConfig, ...] = ()
    recorder: RecorderConfig = RecorderConfig()
    storage: StorageConfig = StorageConfig()
    terminal: TerminalConfig = TerminalConfig()
    metrics: MetricsConfig = MetricsConfig()
    panel: PanelConfig | None = None
    vision: VisionConfig = VisionConfig()
    checkin: CheckInConfig = CheckInConfig()
    enrol: EnrolConfig = EnrolConfig()
    rollcall: RollCallConfig = RollCallConfig()
    picture: PictureConfig = PictureConfig()
    sync: SyncConfig | None = None

    def camera(self, role: Literal["room", "terminal"]) -> CameraConfig | None:
        """The camera with this role, if the box has one."""
        return next((camera for camera in self.cameras if camera.role == role), None)


def load_box(folder: Path) -> BoxConfig:
    """Read and check BOX/box.toml. Raises BadBox, also of one that is being emptied: what it recorded now would go
    with the rest, unasked. Raises BadShape."""
    path = folder / BOX_FILE
    if not folder.is_dir():
        raise BadBox(folder=folder, why=NO_FOLDER)
    if (folder / EMPTYING).exists():
        raise BadBox(folder=folder, why=EMPTIED)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadBox(folder=folder, why=NO_FILE) from None
    except OSError as error:
        raise BadBox(folder=folder, why=error.strerror or str(error)) from None
    config = parse_box(data, str(path))
    try:
        load_policy(config.policy)
    except BadInput as error:
        raise BadShape(where=str(path), key="policy", why=error) from None
    return config


def parse_box(data: bytes, where: str) -> BoxConfig:
    """The configuration in TOML bytes. `where` names them in errors. Raises BadShape."""
    if len(data) > MAX_BYTES:
        raise BadShape(where=where, key="(whole)", why="the text is too long")
    try:
        value = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # of numbers with thousands of digits, too, and of deep nesting
        raise BadShape(where=where, key="(whole)", why=NotToml(why=str(error))) from None
    try:
        config = decode(BoxConfig, value, where, strict=True)
        _check(config, where)
    except BadShape as error:
        raise BadShape(where=where, key=_counted(str(error.params["key"])), why=error.params["why"]) from None
    return config


def _counted(key: str) -> str | OfCamera:
    """A key as people count who read the file: its first camera is camera 1."""
    found = re.fullmatch(r"cameras\.(\d+)(?:\.(.+))?", key)
    return OfCamera(number=int(found[1]) + 1, key=found[2] or "(whole)") if found else key


def _check(config: BoxConfig, where: str) -> None:
    """What the shapes alone cannot say."""
    ids = [camera.id for camera in config.cameras]
    if len(set(ids)) != len(ids):
        raise BadShape(where=where, key="cameras", why=N_("two cameras have the same id"))
    roles = [camera.role for camera in config.cameras]
    if len(set(roles)) != len(roles):
        raise BadShape(where=where, key="cameras", why=N_("two cameras have the same role"))
    for index, camera in enumerate(config.cameras):
        if camera.sub is not None and (camera.sub == camera.source or camera.source.startswith("picamera2:")):
            raise BadShape(where=where, key=f"cameras.{index}.sub", why=NO_SUB)
    if config.sync is not None and not config.sync.tls and config.sync.broker not in LOOPBACK:
        raise BadShape(where=where, key="sync.tls", why=NO_PLAIN)
    if config.storage.second is not None and not Path(config.storage.second).is_absolute():
        raise BadShape(where=where, key="storage.second", why=N_("it must be a whole path, from / on"))
    if config.sync is not None and config.sync.segments is not None and not _safe(config.sync.segments):
        raise BadShape(where=where, key="sync.segments", why=NOT_SAFE)
    pins = [] if config.panel is None else [pin for pin in dataclasses.astuple(config.panel) if pin is not None]
    if len(set(pins)) != len(pins):
        raise BadShape(where=where, key="panel", why=N_("two of its parts have the same pin"))
    clock = config.clock
    if clock.source == "simulated":
        for name in ("start", "anchor_boot_us", "boot_id"):
            if getattr(clock, name) is None:
                raise BadShape(where=where, key=f"clock.{name}", why="is missing")
    elif clock != ClockConfig():
        raise BadShape(where=where, key="clock", why=N_("only a simulated clock can be set"))
    for index, skip in enumerate(clock.skips):
        if utc_us(skip.to) <= utc_us(skip.at):
            raise BadShape(where=where, key=f"clock.skips.{index}", why=N_("it must lead forward"))


def _safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is sent there."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" or parts.hostname in LOOPBACK
    except ValueError:
        return False
