// The video of a class: which files the records name, and whether each is here, whole, removed with a word, or missing as
// the export says itself.

/** The files that the records name for the class, in the order of the records. */
function expectSegments(found) {
  for (const chain of found.chains) {
    const classes = classesOf(chain);
    for (const { seq, utc, body } of chain.kept.get("segment")) {
      const may = classes(body);
      if (!may.includes(found.export.class)) continue;
      const certain = may.every((one) => one === found.export.class);
      found.uncertain += !certain;
      found.expected.push({ name: `segments/${chain.device}/${body.file}`, chain, seq, utc, segment: body, certain });
    }
  }
}

/** The segments of which a record says that they were deleted: by the chain that recorded them, or the centre. */
function removedBy(found) {
  const gone = new Set();
  for (const chain of found.chains) {
    for (const { body } of chain.kept.get("segment.removed")) gone.add(`${chain.key} ${body.segment}`);
  }
  for (const { body } of found.centre?.kept.get("video.removed") ?? []) {
    if (body.class === found.export.class) body.files.forEach((file) => gone.add(file.segment));
  }
  return ({ chain, segment }) => gone.has(`${chain.key} ${segment.sha256}`) || gone.has(segment.sha256);
}

/** What the export says that it lacks: chain and number of a record → why. */
function lackingIn(found) {
  const lacking = new Map();
  for (const one of found.export.missing ?? []) {
    for (const seq of one.seqs) lacking.set(`${one.device}.${one.chain} ${seq}`, one);
  }
  return lacking;
}

function checkSegments(found, folder, hashOf, known) {
  const isGone = removedBy(found), lacking = lackingIn(found), byHash = new Map();
  for (const one of found.expected) if (!byHash.has(one.segment.sha256)) byHash.set(one.segment.sha256, one);
  for (const one of found.expected) {
    const { segment, chain, name } = one;
    known.add(name);
    one.here = folder.has(name);
    one.mayGo = isGone(one);
    one.gone = !one.here && one.mayGo;
    found.removed += one.gone;
    one.lacking = one.mayGo ? null : lacking.get(`${chain.key} ${one.seq}`) ?? null;
    one.missing = !one.here && one.lacking !== null;
    if (one.missing) found.missing.push(one);
    const problem = one.here ? wrongWith(one, hashOf(name), folder.size(name), byHash)
      : one.gone || one.missing || !one.certain ? null
        : new Broken(N_("segment {file} of {device} is missing"), { file: segment.file, device: chain.device });
    one.whole = one.here && problem === null;
    if (problem === null) continue;
    problem.filmed = one;
    found.told.add(name);
    found.problems.push(problem);
  }
}

/** What is wrong with a file that is here; null if nothing is. `have`: its hash, or what says why there is none. */
function wrongWith(one, have, size, byHash) {
  const { segment, chain, seq } = one, says = { file: segment.file, device: chain.device, seq }, other = byHash.get(have);
  if (have === segment.sha256 && size === segment.size) return null;
  if (have instanceof Broken) return have;
  if (other && other !== one) {
    return new Broken(N_("segment {file} of {device} was swapped: it holds what record {seq} says of {other}"),
      { ...says, seq: other.seq, other: other.segment.file });
  }
  return size === segment.size
    ? new Broken(N_("segment {file} of {device} was changed: its hash is not the one in record {seq}"), says)
    : new Broken(N_("segment {file} of {device} was changed: it has {have} bytes, record {seq} says {want}"),
      { ...says, have: size, want: segment.size });
}
