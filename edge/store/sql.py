"""Every SQL statement of the box, named."""
from __future__ import annotations

SCHEMA_VERSION = 1

PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON")

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS records"
    " (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, type TEXT NOT NULL, envelope BLOB NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS records_by_type ON records (type, seq)",
    "CREATE TABLE IF NOT EXISTS receipts (up_to INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS orders"
    " (hash TEXT PRIMARY KEY, seq INTEGER NOT NULL, envelope BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS names (class TEXT PRIMARY KEY, sheet BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS templates (class TEXT NOT NULL, person TEXT NOT NULL, pack TEXT NOT NULL,"
    " vectors BLOB NOT NULL, PRIMARY KEY (class, person, pack)) STRICT",
    "CREATE TABLE IF NOT EXISTS uploads (sha256 TEXT PRIMARY KEY) STRICT",
    "CREATE TABLE IF NOT EXISTS moved (file TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS garbage"
    " (place TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (place, file)) STRICT",
)

GET_META = "SELECT value FROM meta WHERE key = ?"
PUT_META = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

BEGIN = "BEGIN IMMEDIATE"
COMMIT = "COMMIT"
ROLLBACK = "ROLLBACK"

ADD_RECORD = "INSERT INTO records (seq, hash, type, envelope) VALUES (?, ?, ?, ?)"
HEAD = "SELECT envelope FROM records ORDER BY seq DESC LIMIT 1"
RECORDS = "SELECT envelope FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
RECORDS_OF_TYPE = "SELECT envelope FROM records WHERE type = ? AND seq > ? ORDER BY seq LIMIT ?"
NEWEST_OF_TYPE = "SELECT seq FROM records WHERE type = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
ANY_OF_TYPE = "SELECT 1 FROM records WHERE type = ? LIMIT 1"
HASH = "SELECT hash FROM records WHERE seq = ?"

ADD_RECEIPT = "INSERT OR REPLACE INTO receipts (up_to, envelope) VALUES (?, ?)"
RECEIPTS = "SELECT envelope FROM receipts ORDER BY up_to"
RECEIPTED = "SELECT max(up_to) FROM receipts"

ADD_ORDER = "INSERT OR IGNORE INTO orders (hash, seq, envelope) VALUES (?, ?, ?)"
ORDERS = "SELECT envelope FROM orders ORDER BY seq, hash"

PUT_NAMES = "INSERT OR REPLACE INTO names (class, sheet) VALUES (?, ?)"
NAMES = "SELECT sheet FROM names WHERE class = ?"
ALL_NAMES = "SELECT class, sheet FROM names"

PUT_TEMPLATE = "INSERT OR REPLACE INTO templates (class, person, pack, vectors) VALUES (?, ?, ?, ?)"
TEMPLATES = "SELECT person, vectors FROM templates WHERE class = ? AND pack = ? ORDER BY person"
ERASE_TEMPLATES = "DELETE FROM templates WHERE person = ?"

ADD_UPLOAD = "INSERT OR IGNORE INTO uploads (sha256) VALUES (?)"
UPLOADED = "SELECT 1 FROM uploads WHERE sha256 = ?"

PUT_MOVED = "INSERT OR REPLACE INTO moved (file, sha256, size) VALUES (?, ?, ?)"
MOVED = "SELECT file, sha256, size FROM moved WHERE file = ?"
ALL_MOVED = "SELECT file, sha256, size FROM moved ORDER BY file"
ANY_MOVED = "SELECT 1 FROM moved LIMIT 1"
DROP_MOVED = "DELETE FROM moved WHERE file = ?"
PUT_GARBAGE = "INSERT OR IGNORE INTO garbage (place, file) VALUES (?, ?)"
GARBAGE = "SELECT place, file FROM garbage ORDER BY place, file"
DROP_GARBAGE = "DELETE FROM garbage WHERE place = ? AND file = ?"

# What an erased face leaves in the write-ahead log goes with this. Its first column: whether somebody prevented it.
CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"
