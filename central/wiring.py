"""The one place that builds the centre's real parts: folder, keys, clock, database, files."""
from __future__ import annotations

import dataclasses
import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central.clock import Clock, SystemClock
from central.config import TEMPLATE, CentreConfig, load_config
from central.errors import CannotWrite, CentreExists, CollectorRuns, WrongDevice
from central.ingest.broker import BrokerLink
from central.ingest.collector import Collector
from central.ingest.keyring import Keyring
from central.keys import CentreKeys, issue_box, load_centre_keys, make_centre_keys
from central.names import NameBox
from central.objects import Objects
from central.store.store import Store
from evidence.bodies import Genesis
from evidence.certs import fingerprint
from evidence.errors import TestKey

COLLECTOR_ID = "collector"


@dataclasses.dataclass(frozen=True)
class Centre:
    """An open centre."""

    folder: Path
    config: CentreConfig
    keys: CentreKeys
    clock: Clock
    store: Store
    names: NameBox
    objects: Objects

    def keyring(self) -> Keyring:
        """Whom this centre believes."""
        return Keyring(self.keys.root, self.config.accept_test_keys)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the place of this folder's collector: two would push each other off the broker without end.

        Raises CollectorRuns, CannotWrite."""
        path = self.folder / "collector.lock"
        try:
            opened = path.open("w")
        except OSError as error:
            raise CannotWrite(path=path, why=error.strerror) from None
        with opened as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CollectorRuns(folder=self.folder) from None
            yield

    def collector(self) -> Collector:
        """What turns messages into records."""
        return Collector(self.store, self.keyring(), self.keys.signer, self.clock)

    def broker_link(self) -> BrokerLink:
        """The connection of one collector process."""
        broker = self.config.broker
        return BrokerLink(broker.host, broker.port, f"{self.store.device}-{COLLECTOR_ID}", self.collector(), self.store,
                          self.names, self.keys.certificate, self.config.boxes.silent_min)


def init_centre(folder: Path, test_keys: bool, clock: Clock | None = None) -> Centre:
    """Make a centre's folder: centre.toml, keys with a new root, an empty database; all of it, or nothing.

    Raises CentreExists, CannotWrite, DatabaseUnusable."""
    folder, clock = folder.absolute(), clock or SystemClock()
    temp = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise CentreExists(folder=folder)
        temp.mkdir(parents=True)
        (temp / "centre.toml").write_text(TEMPLATE.format(test="true" if test_keys else "false"), encoding="utf-8")
        make_centre_keys(temp / "keys", load_config(temp).device, clock.stamp().utc_us, test_keys)
        open_centre(temp, clock).store.close()
        temp.rename(folder)
    except OSError as error:
        raise CannotWrite(path=folder, why=error.strerror) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return open_centre(folder, clock)


def open_centre(folder: Path, clock: Clock | None = None) -> Centre:
    """Open a centre's folder. Raises NoCentre, BadShape, BadKeyFile, TestKey, DatabaseUnusable."""
    config, clock = load_config(folder), clock or SystemClock()
    keys = load_centre_keys(folder / "keys")
    if keys.test and not config.accept_test_keys:
        raise TestKey(where=folder / "keys" / "centre.pem")
    if keys.name != config.device:
        raise WrongDevice(folder=folder, config=config.device, certificate=keys.name)
    genesis = Genesis(
        keyid=keys.signer.keyid, certificate=keys.certificate, root=fingerprint(keys.root),
        software=f"zaitang {version('zaitang')}",
    )
    store = Store(folder / "zaitang.db", config.device, keys.signer, genesis, clock)
    return Centre(folder, config, keys, clock, store, NameBox(keys.names_key), Objects(folder / "objects"))


def issue(centre: Centre, device: str, public_key: Ed25519PublicKey) -> str:
    """Issue a box's certificate (PEM) under the centre's root, and know the box from now on."""
    pem = issue_box(centre.folder / "keys", device, public_key, centre.clock.stamp().utc_us)
    add_box(centre, pem)
    return pem


def add_box(centre: Centre, certificate: str) -> str:
    """Know a box by its certificate, which the root must have issued. Returns its device id.

    Raises BadCertificate, TestKey."""
    who = centre.keyring().learn(certificate)
    with centre.store.write() as tx:
        tx.know_certificate(who.keyid, who.name, certificate)
    return who.name
