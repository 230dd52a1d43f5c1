// SHA-256 (FIPS 180-4) that takes its bytes piece by piece: WebCrypto wants a whole file in memory at once. Also for the
// thousands of small texts of which each would wait for WebCrypto longer than it takes to hash.

/** The first 32 bits behind the point of the roots of the first primes: what the standard begins and goes on with. */
const SHA_PRIMES = (() => {
  const found = [];
  for (let number = 2; found.length < 64; number++) if (found.every((prime) => number % prime)) found.push(number);
  return found;
})();
const behindPoint = (number) => Math.floor((number - Math.floor(number)) * 2 ** 32) | 0;
const SHA_START = Int32Array.from(SHA_PRIMES.slice(0, 8), (prime) => behindPoint(Math.sqrt(prime)));
const SHA_ROUNDS = Int32Array.from(SHA_PRIMES, (prime) => behindPoint(Math.cbrt(prime)));

class Sha256 {
  #state = SHA_START.slice();
  #words = new Int32Array(64);
  #rest = new Uint8Array(64);
  #waiting = 0;
  #length = 0;

  update(bytes) {
    this.#length += bytes.length;
    let at = 0;
    if (this.#waiting) {
      at = Math.min(64 - this.#waiting, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#waiting);
      this.#waiting += at;
      if (this.#waiting < 64) return this;
      this.#block(this.#rest, 0);
    }
    for (; at + 64 <= bytes.length; at += 64) this.#block(bytes, at);
    this.#rest.set(bytes.subarray(at));
    this.#waiting = bytes.length - at;
    return this;
  }

  /** The 32 bytes; nothing may follow. */
  digest() {
    const bits = BigInt(this.#length) * 8n;
    const tail = new Uint8Array(((this.#waiting < 56 ? 56 : 120) - this.#waiting) + 8);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, bits);
    this.update(tail);
    const out = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, index) => out.setInt32(index * 4, word));
    return new Uint8Array(out.buffer);
  }

  #block(bytes, from) {
    const w = this.#words, state = this.#state;
    for (let i = 0, at = from; i < 16; i++, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3];
    let e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + SHA_ROUNDS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), new Sha256()).digest();
const sha256Hex = (...parts) => toHex(sha256(...parts));
