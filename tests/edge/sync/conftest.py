"""A site on paper (root, centre, one box with a store) and a real broker on a free loopback port."""
from __future__ import annotations

import base64
import dataclasses
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.policies import load_policy
from common.sheets import Name, seal_sheet
from edge.clock import SystemClock
from edge.config import parse_box
from edge.keys import make_box_keys
from edge.wiring import Box, open_store
from evidence.bodies import ClassOrder, Enrolled, Genesis, Hour, Place, PolicyRef
from evidence.canonical import canonical
from evidence.certs import Role, fingerprint, issue, make_root, pem
from evidence.chain import next_record
from evidence.receipts import Receipt, seal_receipt
from evidence.records import Sealed
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import utc_text

NAMES = {"p-1": Name("王秀英", "01" * 16), "p-2": Name("李强", "02" * 16)}


@dataclasses.dataclass
class Centre:
    """The centre of a site, with what a test needs to say in its name."""

    root: x509.Certificate
    root_key: Ed25519PrivateKey
    name: str = "centre"
    test: bool = True

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.certificate = self.certify(self.key.public_key(), self.name)
        self.chain = secrets.token_hex(16)
        self.head: Sealed | None = None
        own = Genesis(fingerprint(x509.load_pem_x509_certificate(self.certificate.encode())), self.certificate,
                      fingerprint(self.root), "test")
        self.head = self.record("genesis", own)

    def certify(self, public_key: object, name: str) -> str:
        role: Role = "box" if name.startswith("box") else "centre"
        return pem(issue(self.root, self.root_key, public_key, name, 5, 0, 36500, self.test, role))

    def order(self, number: int = 1, device: str = "box-1", class_id: str = "welding-1", policy: str = "") -> Sealed:
        """A sealed class order, the next record of the centre's chain."""
        body = ClassOrder(
            class_id, number, "焊工一班", PolicyRef("demo", policy or load_policy("demo").sha256), 480,
            (Place(device, "一号实训室"),), tuple(Enrolled(p, "trainee", n.commitment) for p, n in NAMES.items()),
            (Hour("h-1", "theory", "2026-03-02T00:40:00.000000Z", "2026-03-02T01:25:00.000000Z"),),
        )
        return self.record("order.class", body)

    def record(self, type: str, body: object) -> Sealed:
        stamp = SystemClock().stamp()
        record = next_record(self.head, device=self.name, chain=self.chain, type=type, body=encode(body), stamp=stamp)
        return seal_record(record, KeySigner(self.key))

    def message(self, order: Sealed, sheet: bytes | None = None, certificate: str = "") -> bytes:
        return canonical({
            "order": base64.b64encode(order.envelope).decode(), "certificate": certificate or self.certificate,
            "names": None if sheet is None else base64.b64encode(sheet).decode(),
        })

    def receipt(self, head: Sealed, **other: object) -> bytes:
        record = head.record
        receipt = Receipt(1, self.name, record.device, record.chain, record.seq, head.hash, 0, utc_text(0))
        return seal_receipt(dataclasses.replace(receipt, **other), KeySigner(self.key))


@pytest.fixture
def centre() -> Centre:
    key = Ed25519PrivateKey.generate()
    return Centre(make_root(key, "site", 1, 0, 36500, True), key)


@pytest.fixture
def make_box(tmp_path: Path, centre: Centre) -> Iterator[Callable[..., Box]]:
    """Makes the box `box-1` of the site; its sync settings are given as TOML."""
    made: list[Box] = []

    def make(sync: str = "") -> Box:
        config = parse_box(f'device = "box-1"\npolicy = "demo"\n{sync}'.encode(), "box.toml")
        folder = tmp_path / "box"
        folder.mkdir()
        certify = lambda key: (centre.certify(key, "box-1"), pem(centre.root))  # noqa: E731
        keys, clock = make_box_keys(folder / "keys", certify), SystemClock()
        made.append(Box(folder, config, keys, clock, open_store(folder, config, keys, clock)))
        return made[0]

    yield make
    for box in made:
        box.store.close()


@pytest.fixture
def sheet() -> Callable[[Box], bytes]:
    return lambda box: seal_sheet(NAMES, box.keys.sealing_key, "welding-1")


class Broker:
    """Mosquitto without persistence: what it holds is gone when it stops."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.5).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "mosquitto did not start"
                time.sleep(0.05)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    if not Path("/usr/sbin/mosquitto").exists():
        pytest.skip("mosquitto is not installed")
    broker = Broker(tmp_path)
    yield broker
    broker.stop()
