"""The only place that builds a box's real parts: clock, keys, store."""
from __future__ import annotations

import dataclasses
from pathlib import Path

from cryptography import x509

from common.texts import N_
from edge.box_orders import in_force
from edge.clock import Clock, SimulatedClock, Skip, SystemClock, machine_boot_id, simulated_boot_id
from edge.config import BOX_FILE, BoxConfig, ClockConfig, load_box
from edge.errors import BadBox, BadKeyFile
from edge.identity.renew import Renewer
from edge.identity.tls import OWN
from edge.keys import BoxKeys, load_keys
from edge.storage.places import Places
from edge.storage.proofs import LOCK
from edge.storage.volume import Volume, known_identity
from edge.store import Store
from edge.sync.centre import CERTIFICATE, Site
from edge.sync.errors import Refused
from evidence.certs import Identity, identity
from evidence.errors import BadShape
from evidence.notes import NoteKey
from evidence.seal import KeySigner
from evidence.times import utc_us

DATABASE = "zaitang.db"
NEVER_RAN = N_("it has no database; this box never ran")
RECORDER_SOCKET = "recorder.sock"
NO_TLS_KEY = N_("there is none, and [sync] names no centre (devices) that would certify one: run `zaitang-edge join`")
EARLIER_BOOT = N_("the simulated clock was set before this machine started")


@dataclasses.dataclass(frozen=True)
class Box:
    """Everything that a process of the box is given."""

    folder: Path
    config: BoxConfig
    keys: BoxKeys
    clock: Clock
    store: Store

    @property
    def video(self) -> Path:
        """The video volume."""
        return self.folder / "video"

    @property
    def segments(self) -> Path:
        """Where `Segment.file` is relative to."""
        return self.folder / "video" / "segments"

    def in_force(self) -> BoxConfig:
        """What holds: `config` is what box.toml says; over it, what the centre has set."""
        return in_force(self.store).over(self.config)

    def find_segment(self, file: str) -> Path | None:
        """Where `Segment.file` lies, or None where it is gone. Raises VolumeAway, StoreBusy."""
        return self.places().find(file)

    def places(self, store: Store | None = None) -> Places:
        """Where segments lie. `store`: a connection of one's own."""
        second = self.config.storage.second
        return Places(self.video, None if second is None else Path(second), self.config.device, store or self.store)

    def first_volume(self) -> Volume:
        """The video volume that the recorder made; never made here. Raises WrongVolume, CannotWrite."""
        identity = known_identity(self.video, self.config.device, self.store, "first")
        return Volume(self.video, identity, self.config.recorder.reserve_mb)

    @property
    def proofs_lock(self) -> Path:
        """Held by whoever writes pictures of a roll call, and by whoever erases them."""
        return self.run_folder / LOCK

    @property
    def run_folder(self) -> Path:
        """Sockets, locks and other things of this boot."""
        return self.folder / "run"

    @property
    def recorder_socket(self) -> Path:
        """Where the recorder listens."""
        return self.run_folder / RECORDER_SOCKET

    def relay_socket(self, camera: str) -> Path:
        """Where the recorder hands on what that camera sends."""
        return self.run_folder / f"{camera}.packets"

    def renewer(self, centre: str | None) -> Renewer:
        """What keeps the certificate of the connections good. `centre`: where it is renewed.

        Certificates are checked by the machine's clock, so that counts here, too. Raises BadKeyFile where there is none
        and none will come."""
        if centre is None and not (self.folder / "keys" / OWN).exists():
            raise BadKeyFile(path=self.folder / "keys" / OWN, why=NO_TLS_KEY)
        return Renewer(self.folder / "keys", self.config.device, KeySigner(self.keys.device),
                       self.keys.root_fingerprint, centre, SystemClock().utc_us)

    def site_of(self, centre: str) -> Site:
        """The place of this box and the centre of that name. Raises BadCertificate when its own keys do not fit each
        other."""
        root = x509.load_pem_x509_certificate(self.keys.root.encode())
        return Site(self.config.device, root, centre, identity(self.keys.certificate, root, "box").test)

    def centre(self) -> tuple[Site, Identity] | None:
        """Who the centre is; None without one, and until its certificate has come."""
        path = self.folder / "keys" / CERTIFICATE
        if self.config.sync is None or not path.is_file():
            return None
        site = self.site_of(self.config.sync.centre)
        try:
            return site, site.centre_of(path.read_text("ascii", "replace"))
        except Refused:
            return None

    def log(self) -> NoteKey | None:
        """The verifier key of the centre's tree, as `fold` takes it."""
        found = self.centre()
        return None if found is None else found[0].log_of(found[1])

    def second_store(self) -> Store:
        """A connection of its own to the same database, for a thread that may wait in it."""
        return open_store(self.folder, self.config, self.keys, self.clock)


def open_box(folder: Path) -> Box:
    """Build the parts of the box in `folder`. Raises BadBox, BadShape, BadKeys, BadStore."""
    folder = folder.resolve()
    config = load_box(folder)
    clock = make_clock(config.clock, str(folder / BOX_FILE))
    keys = load_keys(folder / "keys")
    (folder / "run").mkdir(exist_ok=True)
    return Box(folder, config, keys, clock, open_store(folder, config, keys, clock))


def open_ran(folder: Path) -> Box:
    """The box in `folder`, which has been run before: opening another would make its database, with a first record.

    Raises BadBox and what open_box does."""
    if folder.is_dir() and not (folder / DATABASE).is_file():
        raise BadBox(folder=folder, why=NEVER_RAN)
    return open_box(folder)


def open_store(folder: Path, config: BoxConfig, keys: BoxKeys, clock: Clock) -> Store:
    """The box's database; a new one gets its genesis record."""
    return Store(
        folder / DATABASE, config.device, KeySigner(keys.device), keys.certificate, keys.root_fingerprint,
        clock, keys.sealing, keys.data,
    )


def make_clock(config: ClockConfig, where: str) -> Clock:
    """The clock that the configuration asks for. Raises BadShape when a simulated one was set in another boot."""
    if config.source == "kernel" or config.start is None or config.anchor_boot_us is None:
        return SystemClock()
    if config.boot_id != machine_boot_id():
        raise BadShape(where=where, key="clock.boot_id", why=EARLIER_BOOT)
    start = utc_us(config.start)
    boot_id = simulated_boot_id(config.boot_id, start, config.rate, config.anchor_boot_us)
    skips = [Skip(utc_us(skip.at), utc_us(skip.to)) for skip in config.skips]
    return SimulatedClock(start, config.rate, config.anchor_boot_us, boot_id, skips)
