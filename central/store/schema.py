"""Tables of the centre's database, one list for SQLite and others alike."""
from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

SCHEMA_VERSION = 3

metadata = MetaData()


def _text(most: int) -> TypeEngine[str]:
    """A text that is compared and sorted by its bytes. `most`: so many characters it has by its own rules; SQLite does
    not count them, so PostgreSQL does not either, and refuses none that came in over the network."""
    return String(most).with_variant(Text(collation="C"), "postgresql")



meta = Table("meta", metadata, Column("key", _text(64), primary_key=True), Column("value", Text, nullable=False))

records = Table(
    "records",
    metadata,
    Column("leaf", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False,
           comment="order of acceptance from 0: the leaf of the transparency tree"),
    Column("device", _text(64), nullable=False),
    Column("chain", _text(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _text(64), nullable=False),
    Column("prev", _text(64), nullable=False),
    Column("type", _text(64), nullable=False),
    Column("class_id", _text(64)),
    Column("envelope", LargeBinary, nullable=False),
    Index("records_place", "device", "chain", "seq", unique=True),
    Index("records_class", "class_id", "device"),
    Index("records_class_type", "class_id", "type", "leaf"),
    Index("records_type", "type", "leaf"),
)

chains = Table(
    "chains",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("chain", _text(32), primary_key=True),
    Column("since", BigInteger, nullable=False, comment="how many records were here before its first one came"),
    Column("up_to", BigInteger, nullable=False, comment="highest contiguous record; -1 before the genesis came"),
    Column("head_hash", _text(64), nullable=False),
    Column("certificate", Text, comment="of the genesis record"),
    Column("sealing_key", _text(64), comment="X25519, for name sheets"),
)

certificates = Table(
    "certificates",
    metadata,
    Column("keyid", _text(64), primary_key=True),
    Column("device", _text(64), nullable=False, index=True),
    Column("pem", Text, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("chain", _text(32), primary_key=True),
    Column("up_to", BigInteger, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("hash", _text(64), primary_key=True, comment="SHA-256 of the message"),
    Column("topic", _text(200), nullable=False),
    Column("error", _text(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("message", LargeBinary, nullable=False, comment="its first bytes"),
    Column("device", _text(64), nullable=False, server_default="",
           comment="the box that is known here and whose room it takes; empty: nobody that is known"),
    Index("quarantine_room", "device", "error", "first_us"),
)

let_go = Table(
    "let_go",
    metadata,
    Column("device", _text(64), primary_key=True, comment="as in quarantine"),
    Column("error", _text(64), primary_key=True),
    Column("messages", BigInteger, nullable=False, comment="so many were in quarantine, and are there no more"),
)

box_orders = Table(
    "box_orders",
    metadata,
    Column("leaf", BigInteger, primary_key=True, autoincrement=False, comment="of an order to a box"),
    Column("device", _text(64), nullable=False, comment="to which"),
    Column("number", BigInteger, nullable=False),
    Column("hash", _text(64), nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("sheet_leaf", BigInteger, comment="of the first record of that box that states the sheet it orders"),
    Column("ended_leaf", BigInteger, comment="of the first one that says that the live pictures it orders are over"),
    Index("box_orders_device", "device", "leaf"),
    Index("box_orders_until", "device", "until_us"),
)

box_answers = Table(
    "box_answers",
    metadata,
    Column("leaf", BigInteger, primary_key=True, autoincrement=False, comment="of what a box answered"),
    Column("device", _text(64), nullable=False),
    Column("number", BigInteger, nullable=False, comment="as the box says"),
    Column("hash", _text(64), nullable=False, comment="of the order"),
    Index("box_answers_order", "device", "hash"),
)

brought = Table(
    "brought",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("what", _text(16), primary_key=True, comment="records, files"),
    Column("level", BigInteger, nullable=False, comment="bytes that it brought, less what a day allows since"),
    Column("at_us", BigInteger, nullable=False),
)

segments = Table(
    "segments",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("chain", _text(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sha256", _text(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("stored", Boolean, nullable=False),
    Column("came_us", BigInteger, comment="when its file came last; null: never, or before this was noted"),
)

cached = Table(
    "cached",
    metadata,
    Column("sha256", _text(64), primary_key=True, comment="of a file of a box"),
    Column("kind", _text(16), primary_key=True, comment="file: that one, asked for; derived: what was made of it here"),
    Column("size", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=False, comment="when it came, or was last noted as played"),
    Column("going", Boolean, nullable=False, comment="it is being removed: the file may lie here still"),
)

bucketed = Table(
    "bucketed",
    metadata,
    Column("sha256", _text(64), primary_key=True, comment="of a file of a box that is in the bucket"),
    Column("size", BigInteger, nullable=False),
    Column("put_us", BigInteger, nullable=False, comment="when it was stored there"),
    Column("locked_us", BigInteger, comment="until when the store lets nobody remove it, as it says"),
    Column("stays", Boolean, nullable=False, comment="a copy lies here to stay besides, for a policy wants it"),
)

spoilt = Table(
    "spoilt",
    metadata,
    Column("sha256", _text(64), primary_key=True, comment="of a file of a box that is not here as it was recorded"),
    Column("what", _text(16), nullable=False, comment="rotten: other bytes; lost: not there; bucket: rotten there"),
    Column("since_us", BigInteger, nullable=False, comment="when that was stated"),
    Column("asked_us", BigInteger, nullable=False, comment="when another copy was last asked for"),
)

removals = Table(
    "removals",
    metadata,
    Column("sha256", _text(64), primary_key=True, comment="of a file of a box that a certificate says is removed"),
    Column("size", BigInteger, nullable=False),
    Column("leaf", BigInteger, nullable=False, comment="of the last certificate that names it"),
    Column("going", Boolean, nullable=False, comment="it is being removed: the file may lie here still"),
)

erasing = Table(
    "erasing",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("person", _text(64), primary_key=True),
    Column("leaf", BigInteger, nullable=False, comment="of the record that somebody asked for it"),
    Column("by", _text(64), nullable=False, comment="the account, or who is named, that was told"),
    Column("sheets", Text, nullable=False, comment="hashes of the contact sheets that were removed for it"),
    Column("ordered", Boolean, nullable=False, comment="nothing held it any more, and it was ordered of boxes"),
)

keyframes = Table(
    "keyframes",
    metadata,
    Column("name", _text(16), primary_key=True, comment="of a picture record: the first digits of its hash"),
    Column("leaf", BigInteger, nullable=False, comment="the record that named it first"),
)

claims = Table(
    "claims",
    metadata,
    Column("token_hash", _text(64), primary_key=True, comment="SHA-256 of the token or the claim code"),
    Column("device", _text(64), nullable=False, index=True, comment="empty until somebody names it"),
    Column("serial", _text(64), nullable=False, comment="of the machine that may use it"),
    Column("expires_us", BigInteger, nullable=False),
    Column("state", _text(16), nullable=False, comment="open, introduced, waiting, approved, refused"),
    Column("evidence_key", _text(64), comment="Ed25519, of the box that used it"),
    Column("tls_key", _text(64), comment="Ed25519, of its connections"),
    Column("asked_us", BigInteger),
    Column("asked_from", _text(64), comment="address"),
    Column("certificate", Text),
    Column("tls_certificate", Text),
    Column("reason", Text, comment="of a refusal"),
    Column("room", Text, comment="this and what follows: what somebody said who claimed it by its code"),
    Column("institution", _text(64)),
    Column("policy", _text(64)),
    Column("lang", _text(8)),
    Column("claimed_by", _text(64), comment="account"),
)

connections = Table(
    "connections",
    metadata,
    Column("serial", _text(40), primary_key=True, comment="of a certificate for connections, hex"),
    Column("device", _text(64), nullable=False, index=True),
    Column("evidence_keyid", _text(64), nullable=False, index=True, comment="of the box's key that vouched for it"),
    Column("issued_us", BigInteger, nullable=False),
    Column("pem", Text, nullable=False, comment="empty: the database had forgotten it"),
)

denied = Table(
    "denied",
    metadata,
    Column("keyid", _text(64), primary_key=True, comment="of an evidence key that is believed no longer"),
    Column("device", _text(64), nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("sha256", _text(64), primary_key=True),
    Column("toml", LargeBinary, nullable=False, comment="the bytes that orders refer to"),
)

names = Table(
    "names",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("person", _text(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM with keys/names.key"),
    Index("names_person", "person"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("version", BigInteger, nullable=False, comment="rises with every change; whoever saves names the one read"),
    Column("changed_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False, comment="JSON, people by pseudonym"),
)

id_numbers = Table(
    "id_numbers",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("person", _text(64), primary_key=True),
    Column("marker", _text(64), nullable=False, index=True, comment="HMAC-SHA256 with keys/people.key"),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM with keys/people.key"),
)

bookings = Table(
    "bookings",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("device", _text(64), primary_key=True, comment="a box of the order in force"),
    Column("room", Text, nullable=False),
    Column("institution", _text(64)),
    Column("first_us", BigInteger, nullable=False, comment="when the first class-hour begins"),
    Column("last_us", BigInteger, nullable=False, comment="when the last one ends"),
    Index("bookings_device", "device", "last_us"),
    Index("bookings_room", "institution", "last_us"),
)

tiles = Table(
    "tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="32 bytes each; 256 of them, fewer at the tree's edge"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("size", BigInteger, nullable=False, index=True),
    Column("issued_s", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False, comment="as it was signed; kept for good"),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("witness", _text(255), primary_key=True, comment="the name of its key"),
    Column("time_s", BigInteger, nullable=False, comment="by the clock of the witness"),
    Column("line", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("time_s", BigInteger, nullable=False, comment="when it came, by our own clock"),
    Column("token", LargeBinary, nullable=False, comment="RFC 3161, over the text of the checkpoint"),
)

heard = Table(
    "heard",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("chain", _text(32), primary_key=True),
    Column("last_us", BigInteger, nullable=False, comment="when its box last proved that it lives, by our clock"),
    Column("last", LargeBinary, comment="the last heartbeat"),
    Column("highest", LargeBinary, comment="the heartbeat that stood furthest on"),
    Column("silent", Boolean, nullable=False, comment="its silence has been told"),
    Column("against", _text(64), comment="the alarm about what its heartbeats contradict, once told"),
)

gone = Table(
    "gone",
    metadata,
    Column("device", _text(64), primary_key=True, comment="a box that the broker calls away; nobody signs that"),
    Column("since_us", BigInteger, nullable=False, comment="by our clock"),
)

told = Table(
    "told",
    metadata,
    Column("device", _text(64), primary_key=True, comment="a box of whose chains something was stated"),
    Column("code", _text(64), primary_key=True, comment="of the alarm"),
    Column("what", _text(64), primary_key=True, comment="so that it is stated once"),
    Column("at_us", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False,
           comment="in the order in which others are told"),
    Column("id", _text(64), nullable=False, comment="the same however often it is sent"),
    Column("kind", _text(16), nullable=False),
    Column("class_id", _text(64), nullable=False),
    Column("body", LargeBinary, nullable=False, comment="canonical JSON"),
    Column("made_us", BigInteger, nullable=False),
)

watched = Table(
    "watched",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("looked_us", BigInteger, nullable=False),
    Column("again_us", BigInteger, index=True, comment="when it is to be looked at; null: when a record of it comes"),
    Column("told", Text, nullable=False, comment="what others were told of it last"),
)

targets = Table(
    "targets",
    metadata,
    Column("name", _text(64), primary_key=True, comment="of [[webhook.targets]] in centre.toml"),
    Column("up_to", BigInteger, nullable=False, comment="the last event that it took or refused"),
    Column("tries", Integer, nullable=False, comment="of the next one, in vain"),
    Column("next_us", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("name", _text(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("why", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False,
           comment="in the order in which people are told"),
    Column("state", _text(8), nullable=False, comment="said, begun, over"),
    Column("code", _text(64), nullable=False),
    Column("device", _text(64), nullable=False, comment="a box, or the centre"),
    Column("urgent", Boolean, nullable=False, comment="somebody has to act now"),
    Column("class_id", _text(64)),
    Column("institution", _text(64), comment="whose it is; none: of those who see what is nobody's"),
    Column("at_us", BigInteger, nullable=False),
    Column("params", Text, nullable=False, comment="canonical JSON: what its sentence needs"),
    Index("alarms_of", "device", "code", "at_us"),
)

standing = Table(
    "standing",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("code", _text(64), primary_key=True),
    Column("number", BigInteger, nullable=False, comment="of the alarm that told that it began; 0: none was told"),
)

mail_wants = Table(
    "mail_wants",
    metadata,
    Column("account", _text(64), primary_key=True),
    Column("address", Text, nullable=False),
    Column("lang", _text(8), nullable=False),
    Column("level", _text(8), nullable=False, comment="urgent, or all: the others once a day"),
    Column("now_up_to", BigInteger, nullable=False, comment="the last urgent alarm that is in a letter"),
    Column("now_us", BigInteger, nullable=False, comment="when the last letter of urgent ones was made"),
    Column("later_up_to", BigInteger, nullable=False, comment="the same of the others"),
    Column("later_us", BigInteger, nullable=False),
)

letters = Table(
    "letters",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("account", _text(64), nullable=False),
    Column("id", _text(64), nullable=False, comment="of its Message-ID, the same however often it is sent"),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("why", Text, nullable=False, comment="what the server said last"),
    Column("done_us", BigInteger, index=True, comment="when it was taken or given up; null: it waits"),
    Column("to", Text, nullable=False, comment="of a code: where it goes; else to what its account confirmed"),
)

mail_asked = Table(
    "mail_asked",
    metadata,
    Column("account", _text(64), primary_key=True),
    Column("address", Text, nullable=False, comment="not confirmed yet"),
    Column("lang", _text(8), nullable=False),
    Column("level", _text(8), nullable=False),
    Column("code", _text(8), nullable=False, comment="what was sent there"),
    Column("made_us", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, comment="that are left"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", _text(64), primary_key=True),
    Column("role", _text(16), nullable=False),
    Column("scope", _text(64), comment="a region or an institution; none of an administrator"),
    Column("disabled", Boolean, nullable=False),
    Column("password", Text, comment="argon2id; none before one was set"),
    Column("totp", LargeBinary, comment="AES-256-GCM with keys/accounts.key"),
    Column("totp_step", BigInteger, nullable=False, comment="of the last code that was taken; -1 before the first"),
    Column("link", _text(64), comment="SHA-256 of the one-time link; the link itself is nowhere"),
    Column("link_until_us", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", _text(64), primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("account", _text(64), nullable=False, index=True),
    Column("whole", Boolean, nullable=False, comment="false: the password was right, the code is still to come"),
    Column("begun_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token", _text(64), primary_key=True, comment="SHA-256 of what a program sends"),
    Column("account", _text(64), nullable=False, index=True),
    Column("label", Text, nullable=False, comment="what its owner calls it"),
    Column("made_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("used_us", BigInteger, comment="last, to the hour; null: never"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="of the record in the centre's own chain"),
    Column("at_us", BigInteger, nullable=False),
    Column("type", _text(64), nullable=False),
    Column("account", _text(64), comment="who; none: a command on the centre's machine"),
    Column("class_id", _text(64)),
    Column("thing", _text(64), nullable=False, comment="SHA-256 of what was looked at, or the account that changed"),
    Column("device", _text(64), comment="of a look into a room: its box"),
    Index("audit_thing", "account", "thing", "at_us"),
    Index("audit_time", "at_us"),
    Index("audit_class", "class_id", "at_us"),
)

seen_live = Table(
    "seen_live",
    metadata,
    Column("account", _text(64), primary_key=True),
    Column("device", _text(64), primary_key=True),
    Column("class_id", _text(64), primary_key=True),
    Column("first_us", BigInteger, nullable=False, comment="the first live piece of the newest look that reached it"),
    Column("last_us", BigInteger, nullable=False, comment="the newest one, to half a minute"),
)

visits = Table(
    "visits",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("nonce", _text(32), primary_key=True, comment="of the link that a box signed: it opens one visit"),
    Column("token", _text(64), nullable=False, unique=True, comment="SHA-256 of what the telephone's cookie holds"),
    Column("keyid", _text(64), nullable=False, comment="of the box's key that signed the link"),
    Column("class_id", _text(64), nullable=False),
    Column("person", _text(64), nullable=False),
    Column("begun_us", BigInteger, nullable=False, index=True),
    Column("over", Boolean, nullable=False, comment="the trainee has ended it"),
)

surveys = Table(
    "surveys",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="from 1 within the class"),
    Column("way", _text(16), nullable=False, comment="sheet: tickets on paper; page: one on each own record"),
    Column("questionnaire", _text(64), nullable=False, comment="SHA-256 of the file of questions"),
    Column("denominator", Integer, nullable=False, comment="trainees on the roster when it was opened"),
    Column("opened_us", BigInteger, nullable=False),
    Column("opened_by", _text(64), nullable=False),
    Column("ends_us", BigInteger, nullable=False),
    Column("sheets", Integer, nullable=False, comment="how often tickets were printed"),
    Column("closed_us", BigInteger),
    Column("closed_by", _text(64), comment="none: it came to its end"),
    Column("respondents", Integer, comment="as they were stated when it was closed"),
    Column("satisfied", Integer),
)

# No row of these three says when it came, nor where it stands: SQLite keeps tables without rowid in the order of
# their keys, and the keys are random. That is half of why no answer leads to anybody (docs/survey.md).
tickets = Table(
    "tickets",
    metadata,
    Column("hash", _text(64), primary_key=True, comment="SHA-256; the ticket itself is nowhere"),
    Column("class_id", _text(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("used", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

given = Table(
    "given",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("person", _text(64), primary_key=True, comment="has had a ticket; which one is nowhere"),
    sqlite_with_rowid=False,
)

answers = Table(
    "answers",
    metadata,
    Column("id", _text(32), primary_key=True, comment="random: says nothing of when or who"),
    Column("class_id", _text(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("marks", _text(16), nullable=False, comment="a digit from 1 to 5 for each question"),
    Column("words", Text, nullable=False),
    Index("answers_survey", "class_id", "number"),
    sqlite_with_rowid=False,
)

about_boxes = Table(
    "about_boxes",
    metadata,
    Column("leaf", BigInteger, primary_key=True, autoincrement=False, comment="of what a centre states"),
    Column("device", _text(64), nullable=False, comment="of whose chains it does; the centre: of its clock"),
    Index("about_boxes_device", "device", "leaf"),
)

# What follows is told by the records and can be thrown away: central/overview makes it anew.

summaries = Table(
    "summaries",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("order_leaf", BigInteger, nullable=False, comment="the order that these columns are from"),
    Column("title", Text, nullable=False),
    Column("policy", _text(64), nullable=False, comment="SHA-256"),
    Column("institution", _text(64), nullable=False),
    Column("region", _text(6), nullable=False, comment="GB/T 2260"),
    Column("starts_us", BigInteger, nullable=False),
    Column("ends_us", BigInteger, nullable=False),
    Column("trainees", Integer, nullable=False),
    Column("touched_leaf", BigInteger, nullable=False, comment="the newest record that may change its story"),
    Column("judged_leaf", BigInteger, nullable=False, comment="how many records were here when judged; -1: never"),
    Column("judged_us", BigInteger, nullable=False, comment="as of which moment"),
    Column("due_us", BigInteger, comment="from then on time alone may change a finding"),
    Column("inputs", _text(64), nullable=False, comment="SHA-256 of what it was judged from, and by which rules"),
    Column("verdict", _text(16), nullable=False, comment="flag, review, noted, clear, none, error, unjudged"),
    Column("undecided", Integer, nullable=False, comment="flags that nobody has decided"),
    Column("violated", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("error", Text, nullable=False, comment="why it cannot be judged: the kind of error"),
    Column("round", _text(16), nullable=False, comment="where the decision of two persons stands"),
    Column("answer", _text(16), nullable=False, comment="what two persons decided; empty where nothing holds"),
    Column("fell", Boolean, nullable=False, comment="two persons had decided the same, and it does not hold any more"),
    Column("objections", Integer, nullable=False, comment="those that have not come to an end"),
    Column("simulated", Boolean, nullable=False, comment="its records were made with a clock that is not real"),
    Column("liveness", Boolean, nullable=False, comment="every check-in that was accepted is of a living person"),
    Index("summaries_dates", "ends_us", "class_id"),
)

class_boxes = Table(
    "class_boxes",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("class_id", _text(64), primary_key=True, index=True),
    Column("room", Text, nullable=False),
)

class_hours = Table(
    "class_hours",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("hour", _text(64), primary_key=True),
    Column("start_us", BigInteger, nullable=False, index=True),
    Column("end_us", BigInteger, nullable=False),
)

name_keys = Table(
    "name_keys",
    metadata,
    Column("token", _text(32), primary_key=True, comment="of the beginning of a name in one class, with a key"),
    Column("class_id", _text(64), primary_key=True),
    Column("person", _text(64), primary_key=True),
    Index("name_keys_person", "class_id", "person"),
)

live = Table(
    "live",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("device", _text(64), primary_key=True),
    Column("started_us", BigInteger, nullable=False, comment="the newest start of a session; 0: none is known"),
    Column("ended_us", BigInteger, nullable=False, comment="the newest end"),
    Column("filmed_us", BigInteger, nullable=False, comment="the newest record of a file of video"),
)

came = Table(
    "came",
    metadata,
    Column("class_id", _text(64), primary_key=True),
    Column("person", _text(64), primary_key=True),
    Column("at_us", BigInteger, nullable=False, comment="when signed in last"),
)

box_states = Table(
    "box_states",
    metadata,
    Column("device", _text(64), primary_key=True),
    Column("grade", Integer, nullable=False, comment="0: in order; else how much it needs somebody"),
    Column("troubles", Text, nullable=False, comment="codes, the worst first"),
    Column("heard_us", BigInteger, comment="when it last proved that it lives"),
    Column("waiting", BigInteger, nullable=False),
    Column("free", BigInteger, comment="bytes at its fullest place"),
    Column("apart_s", BigInteger, nullable=False),
    Column("expires_us", BigInteger, comment="its certificate"),
    Column("refused", BigInteger, nullable=False, comment="different messages in quarantine"),
    Index("box_states_grade", "grade", "device"),
)
