// Certificates as bytes: just as much of DER and X.509 as the fields that are asked for, and strictly.

const TAG = { bool: 1, int: 2, bits: 3, octets: 4, oid: 6, utc: 0x17, time: 0x18, seq: 0x30, set: 0x31, version: 0xa0, extensions: 0xa3 };
const SPKI_HEAD = fromHex("302a300506032b6570032100");
/** The y of every point of small order, in all their spellings; the topmost bit of a key is the sign of its x. */
const SMALL_ORDER = new Set(["00".repeat(32), `01${"00".repeat(31)}`,
  ...["ec", "ed", "ee"].map((first) => `${first}${"ff".repeat(30)}7f`),
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"]);
/** Kinds of values in names that are read as UTF-8, whatever their kind should hold, as other readers do: T61String too. */
const TEXTS = new Set([0x04, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a]);
const UNIVERSAL = 0x1c, BMP = 0x1e, UNIQUE_IDENTIFIER = "2.5.4.45";
const ED25519 = "1.3.101.112";
const KEY_AGREEMENT = 0x08, ENCIPHER_ONLY = 0x01, DECIPHER_ONLY = 0x80;
const NO_CERTIFICATE = N_("it cannot be read as a certificate");

/** One after the other the values in a piece of DER. Methods throw Broken. */
class Der {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get done() {
    return this.at === this.bytes.length;
  }

  peek() {
    return this.bytes[this.at];
  }

  /** The next value: its tag, its content, and all its bytes. Lengths have one spelling. */
  next(tag) {
    const start = this.at, bytes = this.bytes;
    must(start + 2 <= bytes.length && (tag === undefined || bytes[start] === tag), NO_CERTIFICATE);
    let length = bytes[start + 1], head = 2;
    if (length >= 0x80) {
      const many = length - 0x80;
      must(many === 1 || many === 2, NO_CERTIFICATE);
      length = many === 1 ? bytes[start + 2] : bytes[start + 2] * 256 + bytes[start + 3];
      head = 2 + many;
      must(length >= (many === 1 ? 0x80 : 0x100), NO_CERTIFICATE);
    }
    const end = start + head + length;
    must(end <= bytes.length, NO_CERTIFICATE);
    this.at = end;
    return { tag: bytes[start], body: bytes.subarray(start + head, end), all: bytes.subarray(start, end) };
  }

  within(tag) {
    return new Der(this.next(tag).body);
  }

  oid() {
    return oidText(this.next(TAG.oid).body);
  }

  /** A boolean, which DER leaves out where it is false. */
  flag() {
    if (this.done || this.peek() !== TAG.bool) return false;
    const { body } = this.next(TAG.bool);
    must(body.length === 1 && body[0] === 0xff, NO_CERTIFICATE);
    return true;
  }

  end() {
    must(this.done, NO_CERTIFICATE);
  }
}

/** An object identifier, as far as other readers take one: 63 bytes, and arcs of 128 bits. */
function oidText(bytes) {
  must(bytes.length <= 63, NO_CERTIFICATE);
  const arcs = [];
  let arc = 0n, open = false;
  for (const byte of bytes) {
    must(open || byte !== 0x80, NO_CERTIFICATE);
    arc = arc * 128n + BigInt(byte & 0x7f);
    open = byte >= 0x80;
    if (!open) {
      must(arc < 1n << 128n, NO_CERTIFICATE);
      arcs.push(arc);
      arc = 0n;
    }
  }
  must(arcs.length > 0 && !open, NO_CERTIFICATE);
  const first = arcs[0] < 80n ? arcs[0] / 40n : 2n;
  return [first, arcs[0] - first * 40n, ...arcs.slice(1)].join(".");
}

/** The one certificate in a PEM text. Throws Broken. */
function readCertificate(pem) {
  must(pem.length <= 16384, N_("it is too long"));
  const match = /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/= \t\r\n]+)-----END CERTIFICATE-----[ \t\r\n]*$/.exec(pem);
  must(match !== null, N_("it is not PEM"));
  return parseCertificate(fromBase64(match[1].replace(/\s/g, "")));
}

/** PEM as it is written: lines of 64. */
function toPem(der) {
  const lines = toBase64(der).match(/.{1,64}/g);
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function parseCertificate(der) {
  const outer = new Der(der), whole = outer.within(TAG.seq);
  outer.end();
  const signed = whole.next(TAG.seq);
  const algorithm = whole.next(TAG.seq);
  const signature = bitString(whole.next(TAG.bits).body, true);
  whole.end();
  const tbs = new Der(signed.body);
  const version = tbs.within(TAG.version), [number, ...more] = integer(version);
  must(number === 2 && more.length === 0 && version.done, NO_CERTIFICATE);
  integer(tbs);
  must(sameBytes(tbs.next(TAG.seq).all, algorithm.all), NO_CERTIFICATE);
  const issuer = tbs.next(TAG.seq).all;
  checkDates(tbs.within(TAG.seq));
  const subject = tbs.next(TAG.seq);
  const spki = tbs.next(TAG.seq).all;
  const extensions = tbs.done ? [] : readExtensions(tbs.within(TAG.extensions));
  tbs.end();
  must(spki.length === 44 && sameBytes(spki.subarray(0, 12), SPKI_HEAD), N_("its key is not an Ed25519 key"));
  must(!isSmall(spki.slice(12)), N_("its key is one for which anybody can sign"));
  return {
    der, signed: signed.all, signature, algorithm: algorithmOf(algorithm.body), issuer, subject: subject.all,
    names: commonNames(subject.body), key: spki.slice(12), keyid: sha256Hex(spki), ...understood(extensions),
  };
}

/** The bytes of a whole number, in its one spelling. */
function integer(der) {
  const { body } = der.next(TAG.int), [first, second] = body;
  must(body.length > 0 && (body.length === 1 || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))),
    NO_CERTIFICATE);
  return body;
}

/** From when to when it holds is not asked; that it says so in form is. */
function checkDates(der) {
  for (const one of [der.next(), der.next()]) {
    const text = fromUtf8(one.body), full = one.tag === TAG.utc ? `${text < "5" ? "20" : "19"}${text}` : text;
    const at = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
    must(at && (one.tag === TAG.utc || (one.tag === TAG.time && full >= "2050"))
      && isUtc(`${at[1]}-${at[2]}-${at[3]}T${at[4]}:${at[5]}:${at[6]}.000000Z`), NO_CERTIFICATE);
  }
  der.end();
}

/** Whether a key is a point of small order: signatures for those are made without any secret. */
const isSmall = (key) => SMALL_ORDER.has(toHex(Uint8Array.from(key, (byte, at) => (at === 31 ? byte & 0x7f : byte))));

function algorithmOf(body) {
  const der = new Der(body), oid = der.oid();
  return der.done ? oid : "";
}

/** `bytes`: no bit may be left out. */
function bitString(body, bytes = false) {
  const [unused] = body, last = body.length > 1 ? body.at(-1) : 0;
  must(body.length > (unused ? 1 : 0) && unused <= (bytes ? 0 : 7) && (last & ((1 << unused) - 1)) === 0, NO_CERTIFICATE);
  return body.subarray(1);
}

function commonNames(body) {
  const found = [], name = new Der(body);
  while (!name.done) {
    const set = name.within(TAG.set);
    while (!set.done) {
      const pair = set.within(TAG.seq), oid = pair.oid(), value = pair.next();
      pair.end();
      const text = oid === UNIQUE_IDENTIFIER && value.tag === TAG.bits ? bitString(value.body) : textOf(value);
      if (oid === "2.5.4.3") found.push(text);
    }
  }
  return found;
}

/** A value in a name. Throws Broken. */
function textOf({ tag, body }) {
  if (tag === BMP) {
    try {
      return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(body);
    } catch {
      throw new Broken(NO_CERTIFICATE);
    }
  }
  if (tag === UNIVERSAL) {
    const view = new DataView(body.buffer, body.byteOffset, body.length), codes = [];
    must(body.length % 4 === 0, NO_CERTIFICATE);
    for (let at = 0; at < body.length; at += 4) codes.push(view.getUint32(at));
    must(codes.every((code) => code < 0x110000 && (code < 0xd800 || code > 0xdfff)), NO_CERTIFICATE);
    return String.fromCodePoint(...codes);
  }
  must(TEXTS.has(tag), NO_CERTIFICATE);
  return fromUtf8(body);
}

function readExtensions(outer) {
  const list = outer.within(TAG.seq), found = [];
  outer.end();
  while (!list.done) {
    const one = list.within(TAG.seq);
    const extension = { oid: one.oid(), critical: one.flag(), value: one.next(TAG.octets).body };
    one.end();
    must(!found.some((other) => other.oid === extension.oid), NO_CERTIFICATE);
    found.push(extension);
  }
  return found;
}

/** What the extensions say, as far as it matters here. `null`: nothing. */
function understood(extensions) {
  const value = (oid) => extensions.find((one) => one.oid === oid)?.value;
  const said = { ca: false, pathLength: null, usage: null, uses: null };
  const constraints = value("2.5.29.19"), usage = value("2.5.29.15"), uses = value("2.5.29.37");
  if (constraints) Object.assign(said, basicConstraints(new Der(constraints)));
  if (usage) said.usage = keyUsage(new Der(usage));
  if (uses) {
    const der = new Der(uses), list = der.within(TAG.seq);
    der.end();
    must(!list.done, NO_CERTIFICATE);
    said.uses = [];
    while (!list.done) said.uses.push(list.oid());
  }
  return { ...said, critical: extensions.filter((one) => one.critical).map((one) => one.oid),
    all: extensions.map((one) => one.oid) };
}

function basicConstraints(der) {
  const sequence = der.within(TAG.seq);
  der.end();
  const ca = sequence.flag();
  if (sequence.done) return { ca, pathLength: null };
  const body = integer(sequence);
  sequence.end();
  must(ca && body[0] < 0x80 && body.length <= (body[0] === 0 ? 9 : 8), NO_CERTIFICATE);
  return { ca, pathLength: body.reduce((sum, byte) => sum * 256 + byte, 0) };
}

/** The first eight bits: the two that say what a key agreement is for are none without it. */
function keyUsage(der) {
  const [first = 0, second = 0] = bitString(der.next(TAG.bits).body);
  der.end();
  must(first & KEY_AGREEMENT || !(first & ENCIPHER_ONLY || second & DECIPHER_ONLY), NO_CERTIFICATE);
  return first;
}
