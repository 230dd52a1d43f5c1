// What a class holds of the centre's tree: checkpoints, the end of each chain in them, and what boxes saw of it.

const TREE_FILE = new RegExp("^tree/(0|[1-9][0-9]{0,15})/(?:(checkpoint|consistency|stamp\\.tsr)"
  + "|([a-z0-9][a-z0-9._-]{0,63}\\.[0-9a-f]{32})\\.(0|[1-9][0-9]{0,15})\\.tlog-proof)$");
const MAX_BEGINNINGS = 1 << 27;
const DOES_NOT_HOLD = N_("{file} does not hold: {why}");

/** The files of the tree by size: `{size, names: Set, ends: [{name, key, seq}]}`, the smallest first. */
function treeFiles(folder) {
  const found = new Map();
  for (const name of folder.under("tree/")) {
    const match = TREE_FILE.exec(name);
    if (!match) continue;
    const size = BigInt(match[1]);
    if (!found.has(size)) found.set(size, { size, names: new Set(), ends: [] });
    found.get(size).names.add(name);
    if (match[3]) found.get(size).ends.push({ name, key: match[3], seq: Number(match[4]) });
  }
  return [...found.values()].sort((one, other) => (one.size < other.size ? -1 : 1));
}

/** Checks all of it against the tree's `log` (name and key). Files that are read go into `known`; what is wrong goes
 * into `problems`. Gives the trees that hold, the newest last. */
async function readTrees(folder, files, chains, log, known, problems) {
  const trees = [], newest = files.at(-1);
  const byKey = new Map(chains.map((chain) => [chain.key, chain]));
  for (const one of files) {
    one.names.forEach((name) => known.add(name));
    await collect(problems, async () => {
      const tree = await readTree(folder, one, byKey, log);
      trees.push(tree);
      if (one !== newest) await checkGrowth(folder, tree, newest.size, log);
    });
  }
  const holds = newest !== undefined && trees.at(-1)?.size === newest.size;
  const saw = await sightings(chains, log, problems);
  if (holds) endsMissing(trees.at(-1), chains, problems);
  if (holds || newest === undefined) await checkSightings(folder, saw, trees, known, problems);
  return trees;
}

async function readTree(folder, { size, names, ends }, chains, log) {
  const name = `tree/${size}/checkpoint`, proven = new Map();
  must(names.has(name), N_("{file} is missing"), { file: name });
  const tree = await withName(name, async () => {
    const checkpoint = await openCheckpoint(await folder.read(name, MAX_NOTE), log);
    must(checkpoint.size === size, N_("it is of a tree of another size"));
    return checkpoint;
  });
  for (const end of ends) {
    await withName(end.name, async () => {
      const leaf = chains.get(end.key)?.leaves.get(end.seq);
      must(leaf, N_("the record that it is about is not here"));
      const bytes = await folder.read(end.name, MAX_PROOF_FILE);
      const proof = await readProof(bytes, log, "c2sp.org/tlog-proof@v1\n", "index");
      const { checkpoint } = proof;
      checkInclusion(leaf, proof.number, checkpoint.size, checkpoint.root, proof.hashes);
      must(sameCheckpoint(checkpoint, tree), N_("it is of another checkpoint"));
    });
    proven.set(end.key, Math.max(end.seq, proven.get(end.key) ?? 0));
  }
  return { ...tree, ends: proven, stamped: names.has(`tree/${size}/stamp.tsr`) };
}

/** Does something with a file; what does not hold there is told with the file's name. */
async function withName(file, work, sentence = DOES_NOT_HOLD) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Broken && own(error.params, "file") === undefined) {
      throw new Broken(sentence, { file, why: why(error) });
    }
    throw error;
  }
}

async function checkGrowth(folder, older, newest, log) {
  const name = `tree/${older.size}/consistency`, last = `tree/${newest}/checkpoint`;
  must(folder.has(name), N_("{file} is missing"), { file: name });
  await withName(name, async () => {
    const proof = await readProof(await folder.read(name, MAX_PROOF_FILE), log, "", "old"), { checkpoint } = proof;
    must(proof.number === older.size, N_("it is of a tree of another size"));
    checkConsistency(older.size, older.root, checkpoint.size, checkpoint.root, proof.hashes);
    const newer = await openCheckpoint(await folder.read(last, MAX_NOTE), log);
    must(sameCheckpoint(checkpoint, newer), N_("it leads to another checkpoint"));
  });
}

function endsMissing(newest, chains, problems) {
  for (const chain of chains) {
    if (!chain.count || newest.ends.get(chain.key) === chain.last) continue;
    problems.push(new Broken(
      N_("the centre's tree does not prove the end of the chain of {device}: {file} is missing"),
      { device: chain.device, file: `tree/${newest.size}/${chain.key}.${chain.last}.tlog-proof` }));
  }
}

/** What the boxes saw, each size once: forged, or two trees of one size, goes into `problems`. */
async function sightings(chains, log, problems) {
  const found = new Map();
  for (const chain of chains) {
    for (const { seq, body } of chain.kept.get("checkpoint.seen")) {
      const one = { device: chain.device, seq, size: BigInt(body.size), root: fromHex(body.root_hash) };
      try {
        await checkSighting(body, one.root, log);
      } catch (error) {
        problems.push(new Broken(N_("record {seq} of {device} names a checkpoint that the centre did not sign so: {why}"),
          { seq, device: chain.device, why: why(error) }));
        continue;
      }
      const first = found.get(body.size) ?? one;
      found.set(body.size, first);
      if (!sameBytes(first.root, one.root)) {
        problems.push(new Broken(N_("THE CENTRE SHOWED TWO TREES of {size} records, both signed by it: record {seq} of"
          + " {device} saw another one than record {first} of {other}"),
        { size: body.size, seq, device: chain.device, first: first.seq, other: first.device }));
      }
    }
  }
  return [...found.values()];
}

async function checkSighting(body, root, log) {
  must(body.origin === log.name, N_("it is of another tree"));
  const us = utcUs(body.time);
  must(us % 1000000n === 0n && us >= 0n, N_("its time is out of range"));
  const text = `${body.origin}\n${body.size}\n${toBase64(root)}\n`;
  must(await verifies(log.key, fromBase64(body.signature), timedMessage(us / 1000000n, text)),
    N_("the signature does not match"));
}

/** Whether the newest tree is proved to begin with each tree that a box saw. */
async function checkSightings(folder, saw, trees, known, problems) {
  const newest = trees.at(-1), here = new Map(trees.map((tree) => [tree.size, tree.root]));
  let shows = { roots: new Map(), proofs: new Map() };
  if (newest && folder.has("tree/seen")) {
    known.add("tree/seen");
    const read = await collect(problems, async () => withName("tree/seen", async () => readBeginnings(
      fromUtf8(await folder.read("tree/seen", MAX_BEGINNINGS)), newest)));
    shows = read ?? shows;
  }
  for (const one of saw) {
    const root = here.get(one.size) ?? shows.roots.get(one.size);
    const params = { seq: one.seq, device: one.device, known: one.size, size: newest?.size };
    if (!newest || (!root && one.size > 0n && one.size < newest.size && !shows.proofs.has(one.size))) {
      problems.push(new Broken(N_("record {seq} of {device} saw the centre's tree of {known} records, and nothing here"
        + " proves that the centre did not change or leave out any of them since"), params));
    } else if (!(root ? sameBytes(root, one.root) : begins(one, newest, shows.proofs.get(one.size) ?? []))) {
      problems.push(new Broken(N_("the centre was rolled back, or shows two trees: record {seq} of {device} saw one of"
        + " {known} records, which is not the beginning of the one in this export, of {size}"), params));
    }
  }
}

function begins(one, newest, proof) {
  try {
    checkConsistency(one.size, one.root, newest.size, newest.root, proof);
    return true;
  } catch (error) {
    if (error instanceof Broken) return false;
    throw error;
  }
}

/** What `tree/seen` shows: root hashes by size, or in exports of before a proof for each size. Throws Broken. */
function readBeginnings(text, newest) {
  const parts = text.split("\n\n"), before = text.startsWith("old ");
  must(parts.pop() === "", N_("it ends within a proof"));
  const found = new Map();
  let last = before ? -1n : 0n;
  for (const part of parts) {
    const { number, hashes } = readHashes(part, before ? "old" : "size");
    must(number > last, N_("its sizes do not rise"));
    found.set(last = number, hashes);
  }
  return before ? { roots: new Map(), proofs: found } : { roots: rootsOf(found, newest), proofs: new Map() };
}

function rootsOf(found, newest) {
  const tree = new Growing(), roots = new Map();
  let before = 0n;
  for (const [size, hashes] of found) {
    let at = 0;
    must(size <= LARGEST, NO_HASHES);
    for (const width of widthsOver(before, size)) {
      must(at < hashes.length, NO_HASHES);
      tree.add(width, hashes[at++]);
    }
    must(at === hashes.length, NO_HASHES);
    roots.set(size, tree.root());
    before = size;
  }
  must(before === newest.size && sameBytes(roots.get(before) ?? EMPTY_ROOT, newest.root),
    N_("it does not lead to the root hash"));
  return roots;
}
