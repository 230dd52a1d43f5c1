"""Tables of the centre's database, one list for SQLite and others alike."""
from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

SCHEMA_VERSION = 1

metadata = MetaData()

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

records = Table(
    "records",
    metadata,
    Column("leaf", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False,
           comment="order of acceptance from 0: the leaf of the transparency tree"),
    Column("device", String(64), nullable=False),
    Column("chain", String(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("prev", String(64), nullable=False),
    Column("type", String(64), nullable=False),
    Column("class_id", String(64)),
    Column("envelope", LargeBinary, nullable=False),
    Index("records_place", "device", "chain", "seq", unique=True),
    Index("records_class", "class_id", "device"),
    Index("records_type", "type", "leaf"),
)

chains = Table(
    "chains",
    metadata,
    Column("device", String(64), primary_key=True),
    Column("chain", String(32), primary_key=True),
    Column("since", BigInteger, nullable=False, comment="how many records were here before its first one came"),
    Column("up_to", BigInteger, nullable=False, comment="highest contiguous record; -1 before the genesis came"),
    Column("head_hash", String(64), nullable=False),
    Column("certificate", Text, comment="of the genesis record"),
    Column("sealing_key", String(64), comment="X25519, for name sheets"),
)

certificates = Table(
    "certificates",
    metadata,
    Column("keyid", String(64), primary_key=True),
    Column("device", String(64), nullable=False, index=True),
    Column("pem", Text, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("device", String(64), primary_key=True),
    Column("chain", String(32), primary_key=True),
    Column("up_to", BigInteger, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("hash", String(64), primary_key=True, comment="SHA-256 of the message"),
    Column("topic", String(200), nullable=False),
    Column("error", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Column("message", LargeBinary, nullable=False, comment="its first bytes"),
)

segments = Table(
    "segments",
    metadata,
    Column("device", String(64), primary_key=True),
    Column("chain", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("stored", Boolean, nullable=False),
)

keyframes = Table(
    "keyframes",
    metadata,
    Column("name", String(16), primary_key=True, comment="of a picture record: the first digits of its hash"),
    Column("leaf", BigInteger, nullable=False, comment="the record that named it first"),
)

policies = Table(
    "policies",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("toml", LargeBinary, nullable=False, comment="the bytes that orders refer to"),
)

names = Table(
    "names",
    metadata,
    Column("class_id", String(64), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM with keys/names.key"),
)

heard = Table(
    "heard",
    metadata,
    Column("device", String(64), primary_key=True),
    Column("chain", String(32), primary_key=True),
    Column("last_us", BigInteger, nullable=False, comment="when its box last proved that it lives, by our clock"),
    Column("last", LargeBinary, comment="the last heartbeat"),
    Column("highest", LargeBinary, comment="the heartbeat that stood furthest on"),
    Column("silent", Boolean, nullable=False, comment="its silence has been told"),
    Column("against", String(64), comment="the alarm about what its heartbeats contradict, once told"),
)
