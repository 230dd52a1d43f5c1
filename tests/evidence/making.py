"""A site with fixed test keys, and chains sealed by them: the same bytes every time."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.bodies import Genesis
from evidence.certs import Role, fingerprint, issue, make_intermediate, make_root, pem
from evidence.chain import next_record
from evidence.records import ClockState, Sealed, Stamp
from evidence.seal import KeySigner, keyid_of, seal_record
from evidence.shape import encode
from evidence.times import SECOND, utc_us

START = utc_us("2026-03-02T00:40:00.000000Z")
REAL = ClockState(synced=True, max_error_us=1500, source="kernel", rate=1)
SIMULATED = ClockState(synced=True, max_error_us=0, source="simulated", rate=60)
ROOT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BOOT = "6f1c2d3e-0000-4000-8000-000000000001"
SEALING_KEY = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"


def seed(name: str) -> bytes:
    """The 32 secret bytes of a test key called `name`."""
    return hashlib.sha256(f"zaitang test key {name}".encode()).digest()


class Site:
    """A root. `test`: whether its certificates carry the mark; `between`: whether an intermediate issues those of
    boxes."""

    def __init__(self, test: bool = True, root_key: Ed25519PrivateKey = ROOT_KEY, between: bool = False) -> None:
        self.test, self.root_key = test, root_key
        self.root = make_root(root_key, "Test Site", 1, START - 86400 * SECOND, 3650, test)
        self.issuer, self.issuer_key = self.root, root_key
        if between:
            self.issuer_key = Ed25519PrivateKey.from_private_bytes(seed("intermediate"))
            self.issuer = make_intermediate(
                self.root, root_key, self.issuer_key.public_key(), "Test Authority", 3, START - 86400 * SECOND, 1825,
                test)

    @property
    def intermediates(self) -> tuple[str, ...] | None:
        """As a genesis record holds them."""
        return None if self.issuer == self.root else (pem(self.issuer),)

    def box(self, device: str = "box-1", chain: str = "0" * 32, clock: ClockState = REAL) -> Maker:
        return Maker(self, device, chain, clock, SEALING_KEY)

    def centre(self, device: str = "centre", chain: str = "c" * 32, clock: ClockState = REAL) -> Maker:
        return Maker(self, device, chain, clock, None)


class Maker:
    """Seals records of one chain, a second apart. `sealed` is the chain so far; it begins with its genesis record.

    `role`: of its certificate; None: that of the chain."""

    def __init__(
        self, site: Site, device: str, chain: str, clock: ClockState, sealing_key: str | None, role: Role | None = None,
    ) -> None:
        self.device, self.chain, self.clock = device, chain, clock
        key = Ed25519PrivateKey.from_private_bytes(seed(device))
        self.signer, self.public_key = KeySigner(key), key.public_key()
        start = START - 86400 * SECOND
        box, role = sealing_key is not None, role or ("box" if sealing_key else "centre")
        issuer, issuer_key = (site.issuer, site.issuer_key) if box else (site.root, site.root_key)
        self.certificate = issue(
            issuer, issuer_key, self.public_key, device, 2, start, 3650, site.test, role)
        self.sealed: list[Sealed] = []
        self.add("genesis", Genesis(
            keyid_of(self.public_key), pem(self.certificate), fingerprint(site.root), "zaitang test", sealing_key,
            site.intermediates if box else None))

    def add(self, type: str, body: object, at_us: int | None = None) -> Sealed:
        """The next record; `body` is a dataclass or a plain mapping."""
        count = len(self.sealed)
        utc = START + count * SECOND if at_us is None else at_us
        stamp = Stamp(BOOT, 60 * SECOND + utc - START, utc, self.clock)
        plain: Mapping[str, Any] = encode(body)
        record = next_record(
            self.sealed[-1] if self.sealed else None, device=self.device, chain=self.chain, type=type, body=plain,
            stamp=stamp)
        self.sealed.append(seal_record(record, self.signer))
        return self.sealed[-1]

    def alarms(self, count: int) -> Maker:
        """Add `count` small records."""
        for number in range(count):
            self.add("alarm", {"code": "camera.silent", "params": {"number": number}})
        return self


def lines(sealed: Sequence[Sealed]) -> bytes:
    """A chain file: one envelope per line."""
    return b"".join(one.envelope + b"\n" for one in sealed)
