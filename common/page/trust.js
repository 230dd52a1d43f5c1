// Whom somebody trusts besides what the bag says: the fingerprint of a root, the keys of witnesses.

/** The fingerprint in what was typed: 64 hex digits, spaces and colons are fine; "" for nothing. Throws Broken. */
function readFingerprint(text) {
  const digits = text.replace(/[\s:]/g, "").toLowerCase();
  must(digits === "" || /^[0-9a-f]{64}$/.test(digits), N_("a fingerprint has 64 digits of 0-9 a-f"));
  return digits;
}

/** The fingerprint of the root in a file, a certificate or a public key in PEM. Throws Broken. */
async function fingerprintIn(file) {
  must(file.size <= 16384, N_("it is too long"));
  const text = fromUtf8(await bytesOf(file, file.name));
  if (text.includes("BEGIN CERTIFICATE")) return (await readRoot(text, false)).keyid;
  const match = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(text);
  must(match !== null, N_("it is not PEM"));
  const spki = fromBase64(match[1].replace(/\s/g, ""));
  must(spki.length === 44 && sameBytes(spki.subarray(0, 12), SPKI_HEAD), N_("its key is not an Ed25519 key"));
  return sha256Hex(spki);
}

/** What a result is worth to somebody who trusts these: `{problems, pinned, witnessed, others}`. */
async function judgeTrust(found, fingerprint, witnesses) {
  const trust = { problems: [], pinned: false, witnessed: [], others: new Set() };
  if (fingerprint && found.root) {
    trust.pinned = found.root.keyid === fingerprint;
    if (!trust.pinned) {
      trust.problems.push(new Broken(N_("signed under the root {have}, not under the one that was given: {want}"),
        { have: found.root.keyid, want: fingerprint }));
    }
  }
  for (const tree of found.trees) {
    const names = new Set([found.log.name, ...witnesses.map((one) => one.name)]);
    tree.note.signatures.filter((one) => !names.has(one.name)).forEach((one) => trust.others.add(one.name));
    for (const witness of witnesses) {
      try {
        const time = await cosignedAt(tree.note, witness);
        if (time !== null) trust.witnessed.push({ name: witness.name, size: tree.size, time });
      } catch (error) {
        trust.problems.push(new Broken(N_("the word of the witness {witness} does not hold: {why}"),
          { witness: witness.name, why: why(error) }));
      }
    }
  }
  return trust;
}
