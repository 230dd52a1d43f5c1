// Bytes and their spellings: hex, base64 with one spelling for each, UTF-8 that is whole.

const toHex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");

const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const toUtf8 = (text) => new TextEncoder().encode(text);

/** Throws Broken for bytes that are not UTF-8. A byte order mark stays, for whoever reads to refuse. */
function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Broken(N_("it is not UTF-8"));
  }
}

const ASCII = /^[\x00-\x7f]*$/;

function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Throws Broken for all but the one spelling that `toBase64` writes. */
function fromBase64(text) {
  let chars;
  try {
    chars = atob(text);
  } catch {
    throw new Broken(N_("not base64"));
  }
  must(btoa(chars) === text, N_("not the canonical base64 of its bytes"));
  const bytes = new Uint8Array(chars.length);
  for (let at = 0; at < chars.length; at++) bytes[at] = chars.charCodeAt(at);
  return bytes;
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const sameBytes = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Where `part` begins in `bytes`, from `from` on; -1 where it does not. */
function findBytes(bytes, part, from = 0) {
  for (let at = bytes.indexOf(part[0], from); at >= 0; at = bytes.indexOf(part[0], at + 1)) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
