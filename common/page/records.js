// Envelopes, records and receipts: one line of a file each (evidence/README.md, sections 2, 3 and 5).

const RECORD_TYPE = "application/vnd.zaitang.record.v1+json";
const RECEIPT_TYPE = "application/vnd.zaitang.receipt.v1+json";
const NO_PREV = "0".repeat(64);
const ENVELOPE = new RegExp('^\\{"payload":"([^"]*)","payloadType":"([a-z0-9.+/-]{1,99})","signatures":'
  + '\\[\\{"alg":"ed25519","keyid":"([0-9a-f]{64})","sig":"([^"]*)"\\}\\]\\}$');
const RECORD = {
  v: Is.one(1), type: Is.like(/^[a-z]+(\.[a-z_]+)*$/), device: Is.id, chain: Is.chain, seq: Is.count, prev: Is.hash,
  boot_id: Is.boot, mono_us: Is.count, utc: Is.utc, body: Is.object,
  clock: Is.has({ synced: Is.bool, max_error_us: Is.count, source: Is.one("kernel", "simulated"),
    rate: (value) => Is.int(value) && value >= 1 && value <= 100000 }),
};
const RECEIPT = {
  v: Is.one(1), centre: Is.id, device: Is.id, chain: Is.chain, up_to: Is.count, head_hash: Is.hash, leaf_index: Is.count,
  time: Is.utc,
};

/** What an envelope holds, every byte of it as it is written; its signature is not checked. Throws Broken. */
function openEnvelope(bytes, type) {
  must(bytes.length <= MAX_BYTES, N_("{size} bytes, more than {most}"), { size: bytes.length, most: MAX_BYTES });
  const match = ENVELOPE.exec(fromUtf8(bytes));
  must(match !== null, N_("not an envelope"));
  must(match[2] === type, N_("the envelope holds {have}, not {want}"), { have: match[2], want: type });
  return { payload: fromBase64(match[1]), type, keyid: match[3], signature: fromBase64(match[4]) };
}

/** Whether the key of an identity signed it: "", "other" (another key) or "changed". */
async function sealState(opened, who) {
  if (opened.keyid !== who.keyid) return "other";
  const head = toUtf8(`DSSEv1 ${opened.type.length} ${opened.type} ${opened.payload.length} `);
  return (await verifies(who.key, opened.signature, joined(head, opened.payload))) ? "" : "changed";
}

async function checkSeal(opened, who, where) {
  const state = await sealState(opened, who);
  must(state !== "other", N_("{where}: signed by the key {keyid}, which is not the key that must sign it"),
    { where, keyid: opened.keyid });
  must(state === "", N_("{where}: the signature does not match the bytes"), { where });
}

/** The record in an envelope, with its hash; its signature is not checked. Throws Broken. */
function readSealed(bytes) {
  const opened = openEnvelope(bytes, RECORD_TYPE);
  const record = shaped(readCanonical(opened.payload), RECORD);
  must((record.seq === 0) === (record.prev === NO_PREV) && (record.seq === 0) === (record.type === "genesis"),
    N_("only record 0 is a genesis record, and only it has no record before it"));
  return { opened, record, hash: sha256Hex(opened.payload) };
}

/** A receipt that the centre signed. Throws Broken. */
async function readReceipt(bytes, centre, where) {
  const opened = openEnvelope(bytes, RECEIPT_TYPE);
  await checkSeal(opened, centre, where);
  return shaped(readCanonical(opened.payload), RECEIPT);
}

const CENTRE_TYPES = new Set([
  "order.class", "order.templates", "roster.event", "leave", "assessment", "dispute", "review", "objection", "decision",
  "video.reused", "export", "device.approved", "device.refused", "device.revoked", "order.box", "institution", "account",
  "look.centre", "inspection", "survey", "imported", "hold", "video.removed", "erasure.asked",
  "person.erased",
]);
const BOX_TYPES = new Set([
  "order.accepted", "consent", "consent.withdrawn", "enrolment", "face.erased", "templates.moved", "session.start",
  "session.end", "session.corrected", "segment", "checkin", "checkin.pin", "pin.set", "rollcall", "picture", "bareface",
  "look", "code.shown", "code.read", "checkpoint.seen", "chain.begun", "order.answered", "sheet", "live.ended",
]);
const EITHER_TYPES = new Set(["genesis", "alarm", "pointed", "segment.removed"]);

/** Whether a record may stand in a chain of this role; record 0 says of which it is by whether it has a sealing key. */
function standsRightly(record, role) {
  if (record.type === "genesis") return ((own(record.body, "sealing_key") ?? null) === null) === (role === "centre");
  return !(role === "centre" ? BOX_TYPES : CENTRE_TYPES).has(record.type);
}

const isKnownType = (type) => CENTRE_TYPES.has(type) || BOX_TYPES.has(type) || EITHER_TYPES.has(type);

const ROSTER = { person: Is.id, role: Is.one("trainee", "instructor"), commitment: Is.hash };
const HOUR = { hour: Is.id, kind: Is.one("theory", "practical", "online"), start: Is.utc, end: Is.utc,
  gear: Is.absent(Is.bool), make_up: Is.maybe(Is.list(Is.id)) };
const POLICY_REF = Is.has({ id: Is.id, sha256: Is.hash });
/** The bodies that this page reads. */
const BODIES = {
  genesis: { keyid: Is.hash, certificate: Is.text, root: Is.hash, software: Is.text, sealing_key: Is.maybe(Is.text),
    intermediates: Is.maybe(Is.list(Is.text)) },
  export: { class: Is.id, policy: POLICY_REF, segments: Is.count, as_of: Is.utc, receipts: Is.maybe(Is.list(Is.hash)),
    missing: Is.maybe(Is.list(Is.has({ device: Is.id, chain: Is.chain, seqs: Is.list(Is.count), heard: Is.maybe(Is.utc),
      why: Is.one("away", "gone", "earlier", "refused") }))),
    heads: Is.list(Is.has({ device: Is.id, chain: Is.chain, up_to: Is.count, head_hash: Is.hash })) },
  "order.class": { class: Is.id, number: Is.count, title: Is.text, policy: POLICY_REF,
    utc_offset_min: (value) => Is.int(value) && Math.abs(value) <= 840, roster: Is.list(Is.has(ROSTER)),
    institution: Is.maybe(Is.id), hours: Is.list(Is.has(HOUR)), boxes: Is.list(Is.has({ device: Is.id, room: Is.text })) },
  "roster.event": { class: Is.id, kind: Is.one("enrolment", "late_entry", "withdrawal", "substitution"), person: Is.id,
    effective: Is.utc, reason: Is.text, approver: Is.text, commitment: Is.maybe(Is.hash), substitute: Is.maybe(Is.id) },
  "session.start": { session: (value) => Is.text(value) || Is.int(value) }, // of which session it is, whatever else it says
  "session.corrected": { class: Is.id, was: Is.id, session: Is.id, reason: Is.text, by: Is.one("button", "page") },
  segment: { class: Is.maybe(Is.id), session: Is.maybe(Is.id), camera: Is.id, run: Is.id, index: Is.count, size: Is.count,
    file: Is.like(/^[a-z0-9][a-z0-9._-]{0,99}(\/[a-z0-9][a-z0-9._-]{0,99}){0,3}$/), sha256: Is.hash, codec: Is.id,
    width: Is.count, height: Is.count, packets: Is.count, keyframes: Is.count, first_pts_us: Is.count,
    end_pts_us: Is.count, first_mono_us: Is.count, last_mono_us: Is.count, gap_floor_us: Is.count, recovered: Is.bool,
    gaps: Is.list(Is.has({ at_us: Is.count, len_us: Is.count })), boot_id: Is.maybe(Is.boot),
    began: Is.one("start", "gap", "step", "clock", "restart"),
    cut: Is.maybe(Is.one("end", "gap", "step", "clock", "restart")) },
  "segment.removed": { segment: Is.hash, reason: Is.text, by: Is.text },
  "video.removed": { class: Is.maybe(Is.id), policy: Is.hash, by: Is.absent(Is.text),
    files: Is.list(Is.has({ segment: Is.hash, size: Is.count, until: Is.utc })) },
  "checkpoint.seen": { origin: Is.like(/^[!-~]{1,255}$/), size: Is.count, root_hash: Is.hash, time: Is.utc,
    signature: Is.like(/^[A-Za-z0-9+/]{86}==$/) },
  "chain.begun": { chain: Is.chain, up_to: Is.count, head_hash: Is.hash, receipted: Is.maybe(Is.count), reason: Is.text },
  "device.approved": { device: Is.id, serial: Is.text, keyid: Is.hash, certificate: Is.text,
    intermediates: Is.maybe(Is.list(Is.text)), by: Is.absent(Is.text), claimed_by: Is.absent(Is.text) },
  alarm: { code: Is.id, params: Is.object, class: Is.maybe(Is.id) },
  decision: { class: Is.id, stage: Is.one("first", "second"), answer: Is.text, reason: Is.text, by_name: Is.text },
  objection: { class: Is.id, objection: Is.id, state: Is.text, text: Is.absent(Is.text), answer: Is.absent(Is.text) },
  checkin: { class: Is.id },
  "checkin.pin": { class: Is.id },
};
