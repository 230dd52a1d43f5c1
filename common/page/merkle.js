// The Merkle tree of a centre (RFC 9162, 2.1): hashes and the checking of proofs. Sizes and numbers are bigints.

const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1);
const EMPTY_ROOT = sha256();
const MAX_PROOF = 106;
const NO_HASHES = N_("it is no list of hashes");

const leafHash = (envelope) => sha256(LEAF, envelope);
const nodeHash = (left, right) => sha256(NODE, left, right);

/** RFC 9162, 2.1.3.2 and 2.1.4.2: goes up along a proof; `step(hash, left)` for each hash, `left`: it stands left. */
function climb(first, last, proof, step) {
  for (const hash of proof) {
    must(last > 0n, N_("it is too long"));
    const left = (first & 1n) === 1n || first === last;
    while (left && (first & 1n) === 0n && first > 0n) [first, last] = [first >> 1n, last >> 1n];
    step(hash, left);
    [first, last] = [first >> 1n, last >> 1n];
  }
  return last === 0n;
}

/** Whether a leaf is number `index` of a tree. Throws Broken. */
function checkInclusion(leaf, index, size, root, proof) {
  must(proof.length <= MAX_PROOF, NO_HASHES);
  must(index < size, N_("there is no such leaf in a tree of that size"));
  let found = leaf;
  const whole = climb(index, size - 1n, proof, (hash, left) => {
    found = left ? nodeHash(hash, found) : nodeHash(found, hash);
  });
  must(whole && sameBytes(found, root), N_("it does not lead to the root hash"));
}

/** Whether the tree of `old` leaves is the beginning of that of `size`. Throws Broken. */
function checkConsistency(old, oldRoot, size, root, proof) {
  must(proof.length <= MAX_PROOF, NO_HASHES);
  must(old <= size, N_("a tree is no beginning of a smaller one"));
  if (old === 0n || old === size) {
    must(proof.length === 0 && sameBytes(oldRoot, old ? root : EMPTY_ROOT), N_("two trees of one size differ"));
    return;
  }
  const path = (old & (old - 1n)) === 0n ? [oldRoot, ...proof] : proof;
  must(path.length > 0, N_("it is too short"));
  let first = old - 1n, last = size - 1n;
  while (first & 1n) [first, last] = [first >> 1n, last >> 1n];
  let before = path[0], after = path[0];
  const whole = climb(first, last, path.slice(1), (hash, left) => {
    if (left) before = nodeHash(hash, before);
    after = left ? nodeHash(hash, after) : nodeHash(after, hash);
  });
  must(whole && sameBytes(before, oldRoot) && sameBytes(after, root),
    N_("it does not lead from one root hash to the other"));
}

/** The widths of the complete nodes that lie over leaves `start` … `end` − 1, each as large as it can be. */
function* widthsOver(start, end) {
  while (start < end) {
    let width = 1n;
    while (start % (2n * width) === 0n && start + 2n * width <= end) width *= 2n;
    yield width;
    start += width;
  }
}

/** The root hashes of a tree to which complete nodes are added from the left. */
class Growing {
  #nodes = [];

  add(width, hash) {
    while (this.#nodes.length && this.#nodes.at(-1).width === width) {
      hash = nodeHash(this.#nodes.pop().hash, hash);
      width *= 2n;
    }
    this.#nodes.push({ width, hash });
  }

  root() {
    return this.#nodes.length ? this.#nodes.map((one) => one.hash).reduceRight((right, left) => nodeHash(left, right))
      : EMPTY_ROOT;
  }
}
