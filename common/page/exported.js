// An exported class: its manifest, policy, chains, receipts, tree and video (evidence/README.md, "An exported class").

const MANIFEST = "manifest.json", ROOT = "root.pem", POLICY = "policy.toml";
const CHANGED_MANIFEST = N_("manifest.json is not the export that the centre sealed: {why}");

/** What was found of a class. `problems`: the first broken first; `told`: the video files of which one of them speaks. */
class ClassResult {
  constructor() {
    Object.assign(this, { problems: [], root: null, manifest: null, export: null, policy: null, chains: [], trees: [],
      log: null, expected: [], told: new Set(), removed: 0, missing: [], uncertain: 0, receiptsWhole: true, receipts: 0 });
  }

  get centre() {
    return this.chains.find((chain) => chain.role === "centre") ?? null;
  }

  get boxes() {
    return this.chains.filter((chain) => chain.role === "box");
  }

  get test() {
    return this.chains.some((chain) => chain.identity?.test);
  }
}

/** Checks the class in `folder`. `hashOf`: name → hash of its files, or what says why there is none. `step`: is told the
 * name of each chain as it begins. */
async function checkClass(folder, hashOf, step) {
  const found = new ClassResult(), { problems } = found;
  const known = new Set([MANIFEST, ROOT, POLICY]);
  found.root = await collect(problems, () => rootIn(folder));
  found.manifest = await collect(problems, () => manifestIn(folder));
  if (!found.manifest) return found;
  found.export = found.manifest.record.body;
  found.policy = await collect(problems, () => policyIn(folder, found.export));
  if (!found.root) return found;
  const files = treeFiles(folder);
  await checkChains(found, folder, files, hashOf, known, step);
  if (found.centre.identity) {
    found.log = { name: `zaitang/${found.root.keyid}/${found.centre.identity.name}`, key: found.centre.identity.key };
    found.trees = await readTrees(folder, files, found.chains, found.log, known, problems);
  }
  expectSegments(found);
  checkSegments(found, folder, hashOf, known);
  checkStrangers(found, folder, known);
  checkReal(found);
  checkPlan(found);
  return found;
}

async function rootIn(folder) {
  const text = fromUtf8(await folder.read(ROOT, 16384));
  try {
    return await readRoot(text, true);
  } catch (error) {
    throw new Broken(N_("{where}: the certificate cannot be trusted: {why}"), { where: ROOT, why: why(error) });
  }
}

async function manifestIn(folder) {
  const bytes = await folder.read(MANIFEST, MAX_BYTES);
  try {
    const sealed = readSealed(bytes);
    must(sealed.record.type === "export", N_("it is not an export record"));
    shaped(sealed.record.body, BODIES.export);
    return sealed;
  } catch (error) {
    throw new Broken(CHANGED_MANIFEST, { why: why(error) });
  }
}

/** Of the policy this page reads only whether it takes what is not real: the lines before the first table. */
async function policyIn(folder, exported) {
  const bytes = await folder.read(POLICY, MAX_BYTES);
  must(sha256Hex(bytes) === exported.policy.sha256,
    N_("policy.toml was changed: it is not the policy that the export names"));
  const lines = fromUtf8(bytes).split(/\r?\n/), table = lines.findIndex((line) => /^[ \t]*\[/.test(line));
  const head = lines.slice(0, table < 0 ? lines.length : table);
  const says = (key, value) => head.some((line) => new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*${value}[ \\t]*(#|$)`).test(line));
  const policy = { testKeys: says("accept_test_keys", "true"), simulated: says("accept_simulated", "true") };
  const demo = says("id", "[\"']demo[\"']") && !/"""|'''/.test(head.join("\n"));
  must(demo || !(policy.testKeys || policy.simulated), N_("the policy cannot be used: {why}"),
    { why: N_("only the demo policy may accept what is not real") });
  return policy;
}

async function checkChains(found, folder, files, hashOf, known, step) {
  const { problems, manifest, export: exported, root } = found, { device, chain, seq } = manifest.record;
  const leavesOf = (key) => files.flatMap((one) => one.ends.filter((end) => end.key === key).map((end) => end.seq));
  const read = async (head, role) => {
    const one = new Chain(head.device, head.chain, role, root, exported.class, leavesOf(`${head.device}.${head.chain}`));
    step(one.key);
    known.add(`chains/${one.key}.jsonl`);
    await collect(problems, () => one.read(folder));
    found.chains.push(one);
    return one;
  };
  const centre = await read({ device, chain }, "centre");
  centre.checkHeads([{ up_to: seq, head_hash: manifest.hash }]);
  if (centre.identity) await collect(problems, () => checkManifest(manifest, centre.identity));
  for (const error of centre.found) problems.push(error); // as arguments of one call a hundred thousand are too many
  for (const [head, digest] of headsOf(found)) {
    const one = await read(head, "box"), wrong = [];
    const receipts = await readReceipts(found, folder, one, digest, hashOf, known, wrong);
    one.checkHeads([head, ...receipts]);
    for (const error of [...one.found, ...wrong]) problems.push(error);
  }
  const who = centre.identity;
  if (who && found.boxes.some((one) => one.device === who.name || one.identity?.keyid === who.keyid)) {
    problems.push(new Broken(N_("{device} speaks as the centre with the name or the key of a box"), { device: who.name }));
  }
}

async function checkManifest(manifest, centre) {
  try {
    await checkSeal(manifest.opened, centre, MANIFEST);
  } catch (error) {
    throw new Broken(CHANGED_MANIFEST, { why: why(error) });
  }
}

/** The heads that the manifest names, each once, with what it says of the file of receipts; null: nothing. */
function headsOf(found) {
  const { heads, receipts } = found.export, digests = receipts ?? null;
  found.receiptsWhole = digests !== null;
  if (digests !== null && digests.length !== heads.length) {
    found.problems.push(new Broken(CHANGED_MANIFEST, { why: N_("it does not name one file of receipts for each chain") }));
  }
  const named = new Map(heads.map((head, index) => [`${head.device}.${head.chain}`, [head, digests?.[index] ?? null]]));
  if (named.size !== heads.length) {
    found.problems.push(new Broken(CHANGED_MANIFEST, { why: N_("it names a chain twice") }));
  }
  return named.values();
}

/** The receipts for a chain that the centre signed. `digest`: what the manifest says of their file, or null. */
async function readReceipts(found, folder, chain, digest, hashOf, known, wrong) {
  const name = `receipts/${chain.key}.jsonl`, who = found.centre.identity, good = [];
  known.add(name);
  if (!folder.has(name)) {
    if (digest !== null) wrong.push(new Broken(N_("{file} is missing"), { file: name }));
    return good;
  }
  if (!who) return good;
  if (digest !== null && hashOf(name) !== digest) {
    wrong.push(new Broken(N_("{file} was changed: it is not the file of receipts that the centre sealed"), { file: name }));
    return good;
  }
  await collect(wrong, async () => {
    for await (const batch of folder.lines(name)) {
      for (const line of batch) {
        const receipt = await collect(wrong, () => receiptIn(line, name, who, chain));
        if (receipt) good.push(receipt);
        if (wrong.length >= MOST_WRONG) return;
      }
    }
  });
  found.receipts += good.length;
  return good;
}

async function receiptIn(line, name, who, chain) {
  const says = { line: line.number, file: name };
  must(!line.why, N_("line {line} of {file} was changed: {why}"), { ...says, why: line.why });
  let receipt;
  try {
    receipt = await readReceipt(line.bytes, who, name);
  } catch (error) {
    throw new Broken(N_("line {line} of {file} was changed: {why}"), { ...says, why: why(error) });
  }
  must(receipt.device === chain.device && receipt.chain === chain.chain && receipt.centre === who.name,
    N_("a receipt for {device} does not match its chain: {why}"),
    { device: chain.device, why: N_("it is for another chain or of another centre") });
  return receipt;
}

/** Files that nothing names. Of a chain that is missing altogether nothing can be named, and that is told once. */
function checkStrangers(found, folder, known) {
  const silent = found.chains.filter((chain) => !chain.count).map((chain) => `segments/${chain.device}/`);
  for (const name of folder.under("")) {
    if (known.has(name) || silent.some((prefix) => name.startsWith(prefix))) continue;
    found.problems.push(new Broken(N_("{file} is not named by any record: it was added"), { file: shown(name) }));
  }
}

/** Keys and clocks that are not real, under a policy that does not take them. */
function checkReal(found) {
  const { policy } = found;
  if (!policy) return;
  for (const chain of found.chains) {
    if (chain.identity?.test && !policy.testKeys) {
      found.problems.push(new Broken(N_("{where}: signed with a test key, which only the demo policy accepts"),
        { where: chain.device }));
    }
    if (chain.simulated && !policy.simulated) {
      found.problems.push(new Broken(
        N_("{count} records of {device} were made with a simulated clock, which only the demo policy accepts"),
        { count: chain.simulated, device: chain.device }));
    }
  }
}

/** The plans of the class, by number: the last one holds. */
function plansOf(found) {
  const plans = (found.centre?.kept.get("order.class") ?? []).filter(({ body }) => body.class === found.export.class);
  return plans.sort((one, other) => one.body.number - other.body.number || one.seq - other.seq);
}

/** An export is judged by the policy that the plan of its class names. Told only where everything else holds. */
function checkPlan(found) {
  if (found.problems.length) return;
  const plan = plansOf(found).at(-1), { policy, class: classId } = found.export;
  if (!plan) {
    found.problems.push(new Broken(N_("the story of class {class_id} cannot be told: {why}"), { class_id: classId,
      why: { text: N_("there is no plan of class {class_id} among these records"), params: { class_id: classId } } }));
  } else if (plan.body.policy.sha256 !== policy.sha256) {
    found.problems.push(new Broken(
      N_("the findings are by the policy {have}, but the plan of the class is under {want}, or under another version"),
      { have: policy.id, want: plan.body.policy.id }));
  }
}
