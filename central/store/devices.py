"""Boxes as identities: claims, certificates for connections, keys that are denied."""
from __future__ import annotations

import dataclasses
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from central.store import schema as t

State = Literal["open", "introduced", "waiting", "approved", "refused"]


@dataclasses.dataclass(frozen=True)
class Claim:
    """A place that is kept for one box. `open`: nobody came yet; the keys (hex) are of the box that came.
    `introduced`: a box came by itself, and nobody vouches for it: its hash is that of its claim code. Whoever claims it
    says `room`, `institution`, `policy` and `lang`; a claim by a token has none of them."""

    token_hash: str
    device: str
    serial: str
    expires_us: int
    state: State = "open"
    evidence_key: str | None = None
    tls_key: str | None = None
    asked_us: int | None = None
    asked_from: str | None = None
    certificate: str | None = None
    tls_certificate: str | None = None
    reason: str | None = None
    room: str | None = None
    institution: str | None = None
    policy: str | None = None
    lang: str | None = None
    claimed_by: str | None = None


class DeviceTables:
    """The part of a transaction that speaks of boxes."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put_claim(self, claim: Claim) -> None:
        """Keep a new claim."""
        self._db.execute(insert(t.claims).values(**dataclasses.asdict(claim)))

    def claim(self, token_hash: str) -> Claim | None:
        """The claim of a token."""
        row = self._db.execute(select(t.claims).where(t.claims.c.token_hash == token_hash)).first()
        return None if row is None else _claim(row)

    def change_claim(self, claim: Claim) -> None:
        """Write a claim that changed."""
        values = dataclasses.asdict(claim)
        self._db.execute(update(t.claims).where(t.claims.c.token_hash == claim.token_hash).values(**values))

    def forget_claim(self, token_hash: str) -> None:
        """A box that introduced itself is not waited for any more."""
        self._db.execute(delete(t.claims).where(t.claims.c.token_hash == token_hash))

    def claims(self, state: State) -> list[Claim]:
        """All claims in a state, by device and age."""
        rows = select(t.claims).where(t.claims.c.state == state).order_by(t.claims.c.device, t.claims.c.expires_us)
        return [_claim(row) for row in self._db.execute(rows)]

    def know_connection(self, serial: int, device: str, evidence_keyid: str, issued_us: int, pem: str = "") -> None:
        """A certificate for connections was issued. `pem`: empty for one that the database had forgotten."""
        self._db.execute(insert(t.connections).values(
            serial=f"{serial:040x}", device=device, evidence_keyid=evidence_keyid, issued_us=issued_us, pem=pem))

    def newest_connection(self, evidence_keyid: str, until_us: int) -> str | None:
        """The PEM of the newest certificate for connections of the box with this key that was issued until then."""
        c = t.connections.c
        rows = select(c.pem).where(c.evidence_keyid == evidence_keyid, c.issued_us <= until_us, c.pem != "")
        rows = rows.order_by(c.issued_us.desc(), c.serial).limit(1)
        return self._db.execute(rows).scalar()

    def connections(self) -> list[tuple[int, str, str, int]]:
        """(serial number, device, key of its evidence, when issued) of every certificate for connections."""
        c = t.connections.c
        rows = self._db.execute(select(c.serial, c.device, c.evidence_keyid, c.issued_us).order_by(c.serial))
        return [(int(row.serial, 16), row.device, row.evidence_keyid, row.issued_us) for row in rows]

    def denied_connections(self) -> list[tuple[int, str]]:
        """Serial number and device of every certificate for connections whose box's key is denied."""
        c = t.connections.c
        rows = select(c.serial, c.device).join_from(t.connections, t.denied, c.evidence_keyid == t.denied.c.keyid)
        return [(int(row.serial, 16), row.device) for row in self._db.execute(rows.order_by(c.serial))]

    def know_certificate(self, keyid: str, device: str, pem: str) -> None:
        """Register a box's certificate; again is no error."""
        if self._db.execute(select(t.certificates.c.device).where(t.certificates.c.keyid == keyid)).first() is None:
            self._db.execute(insert(t.certificates).values(keyid=keyid, device=device, pem=pem))

    def certificates(self) -> list[tuple[str, str]]:
        """(device, PEM) of every registered box."""
        rows = self._db.execute(select(t.certificates.c.device, t.certificates.c.pem).order_by(t.certificates.c.device))
        return [(row.device, row.pem) for row in rows]

    def knows_box(self, device: str) -> bool:
        """Whether a certificate of a box of that name is registered."""
        rows = select(t.certificates.c.keyid).where(t.certificates.c.device == device)
        return self._db.execute(rows.limit(1)).first() is not None

    def knows_boxes(self, own: str) -> bool:
        """Whether any box is registered. `own`: the centre's own name."""
        rows = select(t.certificates.c.keyid).where(t.certificates.c.device != own)
        return self._db.execute(rows.limit(1)).first() is not None

    def certificate_of(self, keyid: str) -> str | None:
        """The certificate (PEM, with intermediate) of an evidence key that is known here."""
        return self._db.execute(select(t.certificates.c.pem).where(t.certificates.c.keyid == keyid)).scalar()

    def keys_of(self, device: str) -> list[str]:
        """The keyids of a device's evidence keys that are known and not denied."""
        c = t.certificates.c
        rows = select(c.keyid).where(c.device == device, c.keyid.not_in(select(t.denied.c.keyid))).order_by(c.keyid)
        return list(self._db.execute(rows).scalars())

    def deny(self, keyid: str, device: str) -> bool:
        """Believe a key no longer. False if that was so already."""
        if keyid in self.denied():
            return False
        self._db.execute(insert(t.denied).values(keyid=keyid, device=device))
        return True

    def denied(self) -> frozenset[str]:
        """The keys that are believed no longer."""
        return frozenset(self._db.execute(select(t.denied.c.keyid)).scalars())


def _claim(row: Any) -> Claim:
    return Claim(**row._mapping)
