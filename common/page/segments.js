// The video of a class: which files the records name, and whether each is here, whole, or removed with a word.

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

function checkSegments(found, folder, hashOf, known) {
  const isGone = removedBy(found), byHash = new Map();
  for (const one of found.expected) if (!byHash.has(one.segment.sha256)) byHash.set(one.segment.sha256, one);
  for (const one of found.expected) {
    const { segment, chain, seq, name } = one, says = { file: segment.file, device: chain.device, seq };
    known.add(name);
    one.here = folder.has(name);
    one.mayGo = isGone(one);
    if (!one.here) {
      one.gone = one.mayGo;
      found.removed += one.gone;
      if (!one.gone && one.certain) {
        found.problems.push(new Broken(N_("segment {file} of {device} is missing"), says));
      }
      continue;
    }
    const have = hashOf(name), size = folder.size(name), other = byHash.get(have);
    one.whole = have === segment.sha256 && size === segment.size;
    if (one.whole) continue;
    if (have instanceof Broken) found.problems.push(have);
    else if (other && other !== one) {
      found.problems.push(new Broken(
        N_("segment {file} of {device} was swapped: it holds what record {seq} says of {other}"),
        { ...says, seq: other.seq, other: other.segment.file }));
    } else if (size !== segment.size) {
      found.problems.push(new Broken(N_("segment {file} of {device} was changed: it has {have} bytes, record {seq} says {want}"),
        { ...says, have: size, want: segment.size }));
    } else {
      found.problems.push(new Broken(
        N_("segment {file} of {device} was changed: its hash is not the one in record {seq}"), says));
    }
  }
}
