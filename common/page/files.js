// The folder that somebody chose, read without trusting it: bounded in number and size, every file read once for its hash.

const MAX_FILES = 200000;
const MAX_LINES = 2000000;
const MOST_WRONG = 1000;
const LINES_AT_ONCE = 256;
const PIECE = 1 << 22;
/** Up to this size a file is hashed by WebCrypto, which wants it in memory as a whole, twice. */
const WHOLE = 1 << 28;
/** So many bytes of files are in memory at the same time; WebCrypto makes a copy of each. */
const MOST_HELD = 1 << 29;
const AT_ONCE = Math.max(1, Math.min(4, navigator.hardwareConcurrency || 1));

/** A name from somebody else's folder as it may be shown: without control characters. */
const shown = (name) => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);

/** Files by their names; a part of a folder is one, too. Methods throw Broken. */
class Folder {
  constructor(files, prefix = "") {
    this.files = files;
    this.prefix = prefix;
  }

  /** The same files, those below `prefix` alone, named from there on. */
  below(prefix) {
    return new Folder(this.files, this.prefix + prefix);
  }

  has(name) {
    return this.files.has(this.prefix + name);
  }

  size(name) {
    return this.files.get(this.prefix + name)?.size;
  }

  file(name) {
    const found = this.files.get(this.prefix + name);
    must(found !== undefined, N_("{file} is missing"), { file: shown(name) });
    return found;
  }

  under(part) {
    const from = this.prefix + part, found = [];
    for (const name of this.files.keys()) if (name.startsWith(from)) found.push(name.slice(this.prefix.length));
    return found.sort();
  }

  /** The bytes of a small file. */
  async read(name, limit) {
    const file = this.file(name);
    must(file.size <= limit, N_("{file} was not read: {why}"),
      { file: shown(name), why: { text: N_("more than {most} bytes"), params: { most: limit } } });
    return bytesOf(file, name);
  }

  /** The lines of a file in batches: `{number, bytes, why}`, of which `why` says what is wrong with the line. */
  async *lines(name) {
    const file = this.file(name);
    let rest = new Uint8Array(0), number = 0, batch = [];
    for (let at = 0; at < file.size; at += PIECE) {
      const data = joined(rest, await bytesOf(file.slice(at, at + PIECE), name));
      let from = 0;
      for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
        batch.push({ number: ++number, ...lineOf(data.slice(from, end), number) });
        from = end + 1;
        if (batch.length === LINES_AT_ONCE) {
          yield batch;
          batch = [];
        }
        if (number > MAX_LINES) return yield batch;
      }
      rest = data.slice(from);
      if (rest.length > MAX_BYTES) break;
    }
    if (rest.length > MAX_BYTES) batch.push({ number: number + 1, why: N_("the line is longer than any envelope") });
    else if (rest.length) batch.push({ number: number + 1, why: N_("the file ends within the line") });
    if (batch.length) yield batch;
  }
}

function lineOf(bytes, number) {
  if (bytes.length > MAX_BYTES) return { why: N_("the line is longer than any envelope") };
  return number > MAX_LINES ? { why: N_("more lines than any chain has") } : { bytes };
}

async function bytesOf(blob, name) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new Broken(N_("{file} was not read: {why}"), { file: shown(name), why: N_("the browser cannot read it") });
  }
}

/** Hex SHA-256 of a file; `advance` is told how many bytes were read. */
async function hashFile(file, name, advance) {
  if (file.size > WHOLE) return hashInPieces(file, name, advance);
  const hash = await crypto.subtle.digest("SHA-256", await bytesOf(file, name));
  advance(file.size);
  return toHex(new Uint8Array(hash));
}

async function hashInPieces(file, name, advance) {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += PIECE) {
    const piece = await bytesOf(file.slice(at, at + PIECE), name);
    hash.update(piece);
    advance(piece.length);
  }
  return toHex(hash.digest());
}

/** Name → hash of every file, or the Broken that says why it has none: AT_ONCE at a time, as far as memory goes. */
async function hashAll(files, advance) {
  const found = new Map(), waiting = [...files], room = [];
  let held = 0;
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [name, file] = next, problems = [], needs = file.size <= WHOLE ? file.size : PIECE;
      while (held + needs > MOST_HELD) await new Promise((resolve) => { room.push(resolve); });
      held += needs;
      const hash = await collect(problems, () => hashFile(file, name, advance));
      held -= needs;
      room.splice(0).forEach((resolve) => resolve());
      found.set(name, hash ?? problems[0]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
