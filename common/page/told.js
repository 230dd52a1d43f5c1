// What is said of a checked bag: what was checked, and what this page cannot check.

/** What was checked, with numbers. */
function* checkedOf({ found, derived, files, bytes }, trust, whole) {
  const records = found.chains.reduce((sum, chain) => sum + chain.count, 0);
  const present = found.expected.filter((one) => one.whole).length;
  yield [N_("Files hashed and held against the bag's manifests, both ways: {files} ({size})"), { files, size: sizeText(bytes) }];
  yield [N_("Records whose form, seal, link and place were checked: {records}, in chains: {chains}"),
    { records, chains: found.chains.length }];
  yield [N_("Certificates, up to the root: {count}"), { count: found.chains.filter((one) => one.identity).length }];
  yield [N_("Receipts of the centre, each against its chain: {count}"), { count: found.receipts }];
  yield [N_("Video files whose size and hash are those in a signed record: {present}; deleted, of which a record says so: {removed}"),
    { present, removed: found.removed }];
  if (found.missing.length) {
    yield [N_("Video files that are missing, each named by the centre in the signed export record: {count}"), { count: found.missing.length }];
  }
  if (whole) yield* treesOf(found.trees);
  for (const one of trust.witnessed) {
    yield [N_("The witness {witness} confirmed the tree of {size} records, {at}."),
      { witness: shown(one.name), size: one.size, at: secondsText(one.time) }];
  }
  if (derived.names.size) yield [N_("Names, each against its commitment in the plan: {count}"), { count: derived.names.size }];
  if (derived.index) yield [N_("The index names each video file as its record does."), {}];
}

/** What the centre's tree proves. */
function* treesOf(trees) {
  const newest = trees.at(-1);
  if (!newest) return;
  yield [N_("The centre signed, {at}, a tree of {size} records that holds every chain of this export to its end. None of"
    + " them can be changed or left out later without contradicting that signature."),
  { at: secondsText(newest.time), size: newest.size }];
  for (const one of trees.slice(0, -1)) {
    yield [N_("It begins with the tree of {size} records that the centre signed {at}."),
      { at: secondsText(one.time), size: one.size }];
  }
}

/** What this page could not check: of the bag, of the centre, and of itself. */
function* uncheckedOf({ found, derived, hasPdf, sheets, furtherLines }, trust) {
  yield [N_("This page itself: whoever can change a bag can change the page in it. Use one from the authority, not only the"
    + " one that came with this bag."), {}];
  yield [derived.findings ? N_("Findings: shown as the bag says them, not computed anew. zaitang-verify does that.")
    : N_("Findings: this page computes none. zaitang-verify does that."), {}];
  yield [N_("The policy: that it is the one that the plan names, but not whether it can be used, nor what it demands."
    + " zaitang-verify does that."), {}];
  if (derived.index) yield [N_("Times, recordings and counts in the index: nobody signed them, as the bag says them."), {}];
  if (hasPdf) yield [N_("index.pdf: that it was not changed, but not whether it says what the records say."), {}];
  if (sheets.length) yield [N_("Contact sheets ({count}): that they were not changed, but not whether they show what was filmed."),
    { count: sheets.length }];
  if (furtherLines) yield [N_("Further lines of bag-info.txt ({count}): nobody signed them."), { count: furtherLines }];
  const stamps = found.trees.filter((one) => one.stamped).length;
  if (stamps) yield [N_("Time stamps of an authority (RFC 3161): {count}"), { count: stamps }];
  if (found.uncertain) {
    yield [N_("For which class video counts whose class was put right after a restart of the box: {count} files. They may"
      + " be absent here."), { count: found.uncertain }];
  }
  const unknown = found.chains.reduce((sum, chain) => sum + chain.unknown, 0);
  if (unknown) yield [N_("Records of types that this version does not know, verified but not in the story: {count}"), { count: unknown }];
  yield [N_("Links and empty folders: a browser does not show them."), {}];
  yield* ofTheCentre(found, trust);
}

/** What an export, which the centre makes alone, cannot prove about it. */
function* ofTheCentre(found, trust) {
  if (!found.trees.length) {
    yield [N_("Cannot tell whether the centre changed or left out anything since: this export holds no tree."), {}];
  } else if (!trust.witnessed.length) {
    yield [N_("Whether the centre shows the same tree to everybody: no witness that you trust has confirmed it."), {}];
  }
  if (trust.others.size) {
    yield [N_("Said to have confirmed it too, not checked, for their keys were not given: {names}"),
      { names: shown([...trust.others].sort().join(", ")) }];
  }
  const ends = found.boxes.filter((one) => one.count)
    .map((one) => say(N_("{device} up to record {seq}"), { device: one.device, seq: one.last }));
  yield [N_("Cannot tell whether the centre left out later records, or a box of the class: compare with what the boxes show"
    + " as their last record. Here are: {ends}"), { ends: ends.join(lang === "zh" ? "、" : ", ") }];
  for (const [device, count] of chainsLeft(found)) {
    yield [N_("Cannot tell what {device} recorded at the end of the chain that it ended: of its {count} records not all came"
      + " to the centre, or other ones. They lie in the box."), { device, count }];
  }
  for (const [device, count] of chainsUnsaid(found)) {
    yield [N_("Cannot tell what {device} recorded at the end of a chain that it left without a word: of the chains of"
      + " {device} {count} are named by none that came later, where only the last one should be."), { device, count }];
  }
  if (!found.receiptsWhole) {
    yield [N_("Cannot tell when the centre received what the boxes state: the manifest does not say which receipts there are."), {}];
  }
  for (const device of uncertified(found)) {
    yield [N_("Cannot tell whether the centre certified the key with which {device} signs: no record of its chain says so."
      + " Ask the centre for the fingerprint of that key."), { device }];
  }
}

/** The boxes whose key no record of the centre says that it was certified. */
function uncertified(found) {
  const approved = new Set((found.centre?.kept.get("device.approved") ?? []).map(({ body }) => `${body.device} ${body.keyid}`));
  return [...new Set(found.boxes.filter((one) => one.identity && !approved.has(`${one.device} ${one.identity.keyid}`))
    .map((one) => one.device))].sort();
}

/** Of each chain of a box that ended and is not here to its end: the box, and how many records it had. */
function chainsLeft(found) {
  const byKey = new Map(found.chains.map((chain) => [chain.key, chain])), devices = new Set(found.chains.map((one) => one.device));
  const left = new Map();
  for (const { device, kept } of found.boxes) {
    for (const { body } of kept.get("chain.begun")) {
      const there = byKey.get(`${device}.${body.chain}`)?.good.get(body.up_to);
      if (there?.hash !== body.head_hash) left.set(`${device}.${body.chain}`, [device, body.up_to + 1]);
    }
  }
  for (const body of found.centre?.left ?? []) {
    const params = isObject(own(body, "params")) ? body.params : {};
    const device = own(params, "device"), key = `${device}.${own(params, "before")}`, last = own(params, "last");
    if (devices.has(device) && Is.count(last) && (byKey.get(key)?.count ?? 0) <= last) {
      left.set(key, [device, Math.max(left.get(key)?.[1] ?? 0, last + 1)]);
    }
  }
  return [...left.values()].sort();
}

/** The boxes of which more than one chain under a key is named by none that came later, and how many. */
function chainsUnsaid(found) {
  const named = new Set(found.boxes.flatMap((one) => one.kept.get("chain.begun").map(({ body }) => `${one.device}.${body.chain}`)));
  const ends = new Map();
  for (const one of found.boxes) {
    if (!one.identity || named.has(one.key)) continue;
    const key = `${one.device} ${one.identity.keyid}`;
    ends.set(key, [one.device, (ends.get(key)?.[1] ?? 0) + 1]);
  }
  return [...ends.values()].filter(([, count]) => count > 1).sort();
}
