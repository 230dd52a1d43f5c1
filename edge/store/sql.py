"""Every SQL statement of the box, named."""
from __future__ import annotations

SCHEMA_VERSION = 1
OPENS = (SCHEMA_VERSION,)
"""The schemas that this version opens, and goes on in as SCHEMA_VERSION. A new number is for what the version before
could not go on with: an update to such a release knows no way back (docs/updates.md)."""

PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON")

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS records"
    " (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, type TEXT NOT NULL, envelope BLOB NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS records_by_type ON records (type, seq)",
    "CREATE TABLE IF NOT EXISTS receipts (up_to INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT",
    # Chains that this box had before; `number` goes on over all of them.
    "CREATE TABLE IF NOT EXISTS past (number INTEGER PRIMARY KEY, chain TEXT NOT NULL, seq INTEGER NOT NULL,"
    " hash TEXT NOT NULL, type TEXT NOT NULL, envelope BLOB NOT NULL, UNIQUE (chain, seq)) STRICT",
    "CREATE INDEX IF NOT EXISTS past_by_type ON past (type, number)",
    "CREATE TABLE IF NOT EXISTS past_receipts (chain TEXT NOT NULL, up_to INTEGER NOT NULL, envelope BLOB NOT NULL,"
    " PRIMARY KEY (chain, up_to)) STRICT",
    "CREATE TABLE IF NOT EXISTS orders"
    " (hash TEXT PRIMARY KEY, seq INTEGER NOT NULL, envelope BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS policies (sha256 TEXT PRIMARY KEY, toml BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS names (class TEXT PRIMARY KEY, sheet BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS templates (class TEXT NOT NULL, person TEXT NOT NULL, pack TEXT NOT NULL,"
    " vectors BLOB NOT NULL, PRIMARY KEY (class, person, pack)) STRICT",
    "CREATE TABLE IF NOT EXISTS shots (class TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY (class, person)) STRICT",
    "CREATE TABLE IF NOT EXISTS anchors (class TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY (class, person)) STRICT",
    "CREATE TABLE IF NOT EXISTS pins (class TEXT NOT NULL, person TEXT NOT NULL, sealed BLOB NOT NULL,"
    " failed INTEGER NOT NULL, boot_id TEXT NOT NULL, until_mono_us INTEGER NOT NULL, locked INTEGER NOT NULL,"
    " PRIMARY KEY (class, person)) STRICT",
    # Kept for good, pseudonyms only: whose name was erased must not get it back with the next sheet.
    "CREATE TABLE IF NOT EXISTS erasures (number INTEGER PRIMARY KEY, class TEXT NOT NULL, person TEXT NOT NULL,"
    " why TEXT NOT NULL, names INTEGER NOT NULL, templates INTEGER NOT NULL, shots INTEGER NOT NULL,"
    " state TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS uploads (sha256 TEXT PRIMARY KEY) STRICT",
    # Of these what the centre has only because it asked: it may let them go.
    "CREATE TABLE IF NOT EXISTS lent (sha256 TEXT PRIMARY KEY) STRICT",
    "CREATE TABLE IF NOT EXISTS moved (file TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS garbage"
    " (place TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (place, file)) STRICT",
)

HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
GET_META = "SELECT value FROM meta WHERE key = ?"
DROP_META = "DELETE FROM meta WHERE key = ?"
PUT_META = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

BEGIN = "BEGIN IMMEDIATE"
COMMIT = "COMMIT"
ROLLBACK = "ROLLBACK"

ADD_RECORD = "INSERT INTO records (seq, hash, type, envelope) VALUES (?, ?, ?, ?)"
HEAD = "SELECT envelope FROM records ORDER BY seq DESC LIMIT 1"
NEWEST = "SELECT max(seq) FROM records"
RECORDS = "SELECT envelope FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
RECORDS_OF_TYPE = "SELECT envelope FROM records WHERE type = ? AND seq > ? ORDER BY seq LIMIT ?"
NEWEST_OF_TYPE = "SELECT seq FROM records WHERE type = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
ANY_OF_TYPE = "SELECT 1 FROM records WHERE type = ? UNION ALL SELECT 1 FROM past WHERE type = ? LIMIT 1"
HASH = "SELECT hash FROM records WHERE seq = ?"
RECORD = "SELECT envelope FROM records WHERE seq = ?"

PAST_NEXT = "SELECT coalesce(max(number) + 1, 0) FROM past"
KEEP_RECORDS = (
    "INSERT INTO past (number, chain, seq, hash, type, envelope)"
    " SELECT ? + seq, ?, seq, hash, type, envelope FROM records"
)
KEEP_RECEIPTS = "INSERT INTO past_receipts (chain, up_to, envelope) SELECT ?, up_to, envelope FROM receipts"
DROP_RECORDS = "DELETE FROM records"
DROP_RECEIPTS = "DELETE FROM receipts"
PAST = "SELECT number, envelope FROM past WHERE number > ? ORDER BY number LIMIT ?"
PAST_OF_TYPE = "SELECT number, envelope FROM past WHERE type = ? AND number > ? ORDER BY number LIMIT ?"
PAST_ABOVE = "SELECT envelope FROM past WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?"
PAST_RECORD = "SELECT envelope FROM past WHERE chain = ? AND seq = ?"
PAST_HASH = "SELECT hash FROM past WHERE chain = ? AND seq = ?"
PUT_PAST = "INSERT INTO past (number, chain, seq, hash, type, envelope) VALUES (?, ?, ?, ?, ?, ?)"
PUT_PAST_RECEIPT = "INSERT OR IGNORE INTO past_receipts (chain, up_to, envelope) VALUES (?, ?, ?)"
# Older chains come before those that are here: their numbers make room, by way of negative ones, for they are unique.
PAST_ASIDE = "UPDATE past SET number = -1 - number"
PAST_BEHIND = "UPDATE past SET number = ? - 1 - number"
PAST_CHAINS = "SELECT chain FROM past WHERE seq = 0 ORDER BY number"
PAST_RECEIPTS_ABOVE = "SELECT envelope FROM past_receipts WHERE chain = ? AND up_to > ? ORDER BY up_to LIMIT ?"
PAST_RECEIPTED = "SELECT max(up_to) FROM past_receipts WHERE chain = ?"

ADD_RECEIPT = "INSERT OR IGNORE INTO receipts (up_to, envelope) VALUES (?, ?)"
RECEIPTS = "SELECT envelope FROM receipts ORDER BY up_to"
RECEIPTS_ABOVE = "SELECT envelope FROM receipts WHERE up_to > ? ORDER BY up_to LIMIT ?"
RECEIPTED = "SELECT max(up_to) FROM receipts"

ADD_ORDER = "INSERT OR IGNORE INTO orders (hash, seq, envelope) VALUES (?, ?, ?)"
ORDERS = "SELECT envelope FROM orders ORDER BY seq, hash"

ADD_POLICY = "INSERT OR IGNORE INTO policies (sha256, toml) VALUES (?, ?)"
POLICY = "SELECT toml FROM policies WHERE sha256 = ?"

PUT_NAMES = "INSERT OR REPLACE INTO names (class, sheet) VALUES (?, ?)"
NAMES = "SELECT sheet FROM names WHERE class = ?"

PUT_TEMPLATE = "INSERT OR REPLACE INTO templates (class, person, pack, vectors) VALUES (?, ?, ?, ?)"
_NOT_ERASING = (
    " NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.class = templates.class"
    " AND erasures.person = templates.person AND erasures.state = 'asked')"
)
TEMPLATES = (
    "SELECT person, vectors FROM templates WHERE class = ? AND pack = ? AND" + _NOT_ERASING + " ORDER BY person")
ALL_TEMPLATES = (
    "SELECT class, person, vectors FROM templates WHERE pack = ? AND" + _NOT_ERASING + " ORDER BY class, person")
ENROLLED = "SELECT DISTINCT person FROM templates WHERE class = ? AND" + _NOT_ERASING
_KEPT_FACES = (
    "SELECT class, person FROM templates UNION SELECT class, person FROM shots UNION SELECT class, person FROM anchors")
_KEPT = (
    "SELECT class, person FROM ({tables}) AS kept WHERE NOT EXISTS (SELECT 1 FROM erasures"
    " WHERE erasures.class = kept.class AND erasures.person = kept.person AND erasures.state = 'asked')"
    " ORDER BY class, person"
)
KEPT_FACES = _KEPT.format(tables=_KEPT_FACES)
ALL_KEPT = _KEPT.format(tables=_KEPT_FACES + " UNION SELECT class, person FROM pins")
PACKS_OF = "SELECT pack, vectors FROM templates WHERE class = ? AND person = ?"
DROP_TEMPLATES = "DELETE FROM templates WHERE class = ? AND person = ?"

PUT_SHOT = "INSERT OR REPLACE INTO shots (class, person, sealed) VALUES (?, ?, ?)"
SHOT = "SELECT sealed FROM shots WHERE class = ? AND person = ?"
DROP_SHOT = "DELETE FROM shots WHERE class = ? AND person = ?"
PUT_ANCHOR = "INSERT OR REPLACE INTO anchors (class, person, sealed) VALUES (?, ?, ?)"
ANCHOR = "SELECT sealed FROM anchors WHERE class = ? AND person = ?"
DROP_ANCHOR = "DELETE FROM anchors WHERE class = ? AND person = ?"

PUT_PIN = (
    "INSERT OR REPLACE INTO pins (class, person, sealed, failed, boot_id, until_mono_us, locked)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
PIN = "SELECT sealed, failed, boot_id, until_mono_us, locked FROM pins WHERE class = ? AND person = ?"
COUNT_PIN = (
    "UPDATE pins SET failed = ?, boot_id = ?, until_mono_us = ?, locked = ?"
    " WHERE class = ? AND person = ? AND sealed = ?"
)
PINS = "SELECT person, locked FROM pins WHERE class = ?"
DROP_PIN = "DELETE FROM pins WHERE class = ? AND person = ?"

ASK_ERASURE = (
    "INSERT INTO erasures (class, person, why, names, templates, shots, state) VALUES (?, ?, ?, ?, 0, 0, 'asked')"
)
REPLACED = (
    "INSERT INTO erasures (class, person, why, names, templates, shots, state)"
    " VALUES (?, ?, 'again', 0, ?, ?, 'deleted')"
)
ERASURES = (
    "SELECT number, class, person, why, names, templates, shots, state FROM erasures WHERE state <> 'done'"
    " ORDER BY number"
)
ERASURES_ASKED = "SELECT count(*) FROM erasures WHERE why <> 'again'"
ERASURE_UNDER_WAY = "SELECT 1 FROM erasures WHERE class = ? AND person = ? AND state = 'asked'"
WAS_ERASED = "SELECT 1 FROM erasures WHERE class = ? AND person = ?"
ERASURE_STATE = "SELECT state FROM erasures WHERE number = ?"
ERASURE_DELETED = "UPDATE erasures SET templates = ?, shots = ?, state = 'deleted' WHERE number = ?"
ERASURE_DONE = "UPDATE erasures SET state = 'done' WHERE number = ? AND state = 'deleted'"
ERASED_NAMES = "SELECT DISTINCT person FROM erasures WHERE names = 1"

ADD_UPLOAD = "INSERT OR IGNORE INTO uploads (sha256) VALUES (?)"
DROP_UPLOAD = "DELETE FROM uploads WHERE sha256 = ?"
UPLOADED = "SELECT 1 FROM uploads WHERE sha256 = ?"

ADD_LENT = "INSERT OR IGNORE INTO lent (sha256) VALUES (?)"
DROP_LENT = "DELETE FROM lent WHERE sha256 = ?"
KEPT_THERE = "SELECT 1 FROM uploads WHERE sha256 = ? AND sha256 NOT IN (SELECT sha256 FROM lent)"

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
