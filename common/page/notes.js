// Checkpoints of a tree in signed notes (C2SP), and proofs as files (evidence/README.md, "The tree of a centre").

const PLAIN = 1, COSIGNED = 4;
const MAX_NOTE = 65536;
const MAX_PROOF_FILE = MAX_NOTE + 8192;
const MAX_TIME = 253402300799n;
const WHOLE_NUMBER = /^(0|[1-9][0-9]{0,15})$/;
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

const isName = (name) => name.length > 0 && [...name].length <= 255 && !/[\p{C}\p{Z}+]/u.test(name);
const keyIdOf = (name, kind, key) => sha256(toUtf8(`${name}\n`), Uint8Array.of(kind), key).subarray(0, 4);

/** A signed note, taken apart; nothing is verified yet. Throws Broken. */
function readNote(bytes) {
  must(bytes.length <= MAX_NOTE, N_("more than {most} bytes"), { most: MAX_NOTE });
  const whole = fromUtf8(bytes), between = whole.lastIndexOf("\n\n");
  must(!/[\x00-\x09\x0b-\x1f]/.test(whole), N_("it holds control characters"));
  must(between > 0 && whole.endsWith("\n"), N_("it is no text with signatures below"));
  const lines = whole.slice(between + 2).replace(/\n$/, "").split("\n");
  must(lines.length <= 64, N_("it has too many signatures"));
  return { text: whole.slice(0, between + 1), signatures: lines.map(readSignature) };
}

function readSignature(line) {
  const match = /^\u2014 ([^ ]*) ([^ ]*)$/.exec(line);
  must(match !== null && isName(match[1]), N_("a line of it is no signature"));
  const data = fromBase64(match[2]);
  must(data.length > 4, N_("a line of it is no signature"));
  return { name: match[1], keyId: data.subarray(0, 4), signature: data.subarray(4) };
}

const signedBy = (note, { name, key }, kind) => note.signatures
  .filter((one) => one.name === name && sameBytes(one.keyId, keyIdOf(name, kind, key))).map((one) => one.signature);

const timedMessage = (seconds, text) => toUtf8(`cosignature/v1\ntime ${seconds}\n${text}`);

/** When a cosigner signed a note, seconds, the first time if more than once; null if it did not. Throws Broken for a
 * signature in its name that does not match. */
async function cosignedAt(note, signer) {
  let first = null;
  for (const data of signedBy(note, signer, COSIGNED)) {
    must(data.length === 72, N_("it has not the length of a cosignature"));
    const time = new DataView(data.slice(0, 8).buffer).getBigUint64(0);
    must(time <= MAX_TIME, N_("its time is out of range"));
    must(await verifies(signer.key, data.slice(8), timedMessage(time, note.text)), N_("the signature does not match"));
    first = first === null || time < first ? time : first;
  }
  return first;
}

/** The checkpoint in a note that the holder of `log` (name and key) signed. Throws Broken. */
async function openCheckpoint(bytes, log) {
  const note = readNote(bytes), plain = signedBy(note, log, PLAIN);
  must(plain.length > 0, N_("the centre did not sign it"));
  for (const signature of plain) {
    must(await verifies(log.key, signature, toUtf8(note.text)), N_("the signature of the centre does not match"));
  }
  const [origin, size, root, ...rest] = note.text.split("\n");
  must(rest.length === 1 && rest[0] === "", N_("it has not three lines"));
  must(WHOLE_NUMBER.test(size) && BigInt(size) <= LARGEST, N_("its size is no number"));
  const hash = fromBase64(root);
  must(hash.length === 32, N_("its root is no hash"));
  must(origin === log.name, N_("it is of another tree"));
  const time = await cosignedAt(note, log);
  must(time !== null, N_("the centre did not sign its time"));
  return { size: BigInt(size), root: hash, time, note };
}

/** The number and the hashes of a proof, in text before its note. Throws Broken. */
function readHashes(head, word) {
  const [first, ...lines] = head.split("\n"), [said, number, ...rest] = first.split(" ");
  must(said === word && rest.length === 0 && WHOLE_NUMBER.test(number ?? ""), N_("its first lines cannot be read"));
  must(lines.length <= MAX_PROOF, NO_HASHES);
  const hashes = lines.map(fromBase64);
  must(hashes.every((one) => one.length === 32), NO_HASHES);
  return { number: BigInt(number), hashes };
}

/** A proof as a file: `first` its fixed first line, or "", `word` what stands before its number. Throws Broken. */
async function readProof(bytes, log, first, word) {
  must(bytes.length <= MAX_PROOF_FILE, N_("more than {most} bytes"), { most: MAX_PROOF_FILE });
  const start = toUtf8(first), end = findBytes(bytes, toUtf8("\n\n"));
  must(sameBytes(bytes.subarray(0, start.length), start) && end >= start.length, N_("its first lines cannot be read"));
  const head = fromUtf8(bytes.subarray(start.length, end));
  return { ...readHashes(head, word), checkpoint: await openCheckpoint(bytes.subarray(end + 2), log) };
}

const sameCheckpoint = (one, other) => one.size === other.size && sameBytes(one.root, other.root);

/** The verifier key of a witness: NAME+ID+BASE64. Throws Broken. */
function readWitness(text) {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text), bad = N_("it is not the key of a witness");
  must(match !== null && isName(match[1]), bad);
  const data = fromBase64(match[3]);
  must(data.length === 33 && data[0] === COSIGNED, bad);
  const key = data.slice(1);
  must(toHex(keyIdOf(match[1], COSIGNED, key)) === match[2], bad);
  return { name: match[1], key };
}
