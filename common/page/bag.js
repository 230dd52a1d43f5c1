// The bag (BagIt 1.0, RFC 8493): both manifests, every file both ways; then the class in it.

const DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const BAGIT = "bagit.txt", INFO = "bag-info.txt", PAYLOADS = "manifest-sha256.txt", TAGS = "tagmanifest-sha256.txt";
const PAGE = "verify.html", CLASS = "data/class/";
const MAX_MANIFEST = 1 << 26, MAX_INFO = 1 << 16, MAX_NAME = 4096;
const BELONGS = [/^data\/class\/./, /^data\/(findings|index|names)\.json$/, /^data\/index\.pdf$/,
  /^data\/sheets\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.jpg$/,
  /^(bagit\.txt|bag-info\.txt|(tag)?manifest-sha256\.txt|verify\.html)$/];
/** What every bag says of itself, by its labels. */
const LABELLED = new Set(["Source-Organization", "External-Identifier", "Bagging-Date", "Payload-Oxum", "Zaitang-Export",
  "Zaitang-Missing"]);
/** What computers leave in folders that somebody looks at. */
const BY_ITSELF = /(^|\/)(Thumbs\.db|desktop\.ini|\.DS_Store|\._[^/]*)$/;
const LEFT_BEHIND = N_("{file} is no part of the bag: computers leave such files by themselves. Remove it, and check"
  + " again");

/** Raised when what was chosen is no bag at all: nothing was checked. */
class NoBag extends Broken {}

/** Checks a bag. `files`: name → File, names from the bag's folder on. `progress(part, of, what)` is told how it goes.
 * Throws NoBag. */
async function checkBag(files, progress) {
  if (files.size > MAX_FILES) throw new NoBag(N_("there are more than {most} files"), { most: MAX_FILES });
  if (![BAGIT, PAYLOADS].some((name) => files.has(name)) && !files.has(CLASS + MANIFEST)) {
    throw new NoBag(N_("it is not a bag: choose the folder in which bagit.txt lies"));
  }
  const folder = new Folder(files), problems = [];
  let read = 0;
  const total = [...files.values()].reduce((sum, file) => sum + file.size, 0);
  const hashes = await hashAll(files, (bytes) => progress((read += bytes), total, N_("reading every file")));
  const found = await checkClass(folder.below(CLASS), (name) => hashes.get(CLASS + name),
    (key) => progress(total, total, { text: N_("checking the seals of {chain}"), params: { chain: key } }));
  await checkManifests(folder, hashes, new Set([...found.told].map((name) => CLASS + name)), problems);
  const furtherLines = await collect(problems, () => checkInfo(folder, found, problems));
  const derived = found.centre ? await readDerived(folder, found, found.problems) : { names: new Map() };
  // What the records say comes first: what the bag says of itself may only follow from it.
  return { problems: [...found.problems, ...problems], found, derived, files: files.size, bytes: total,
    sheets: folder.under("data/sheets/"), hasPdf: folder.has(PDF), furtherLines, folder };
}

/** Every file is listed, every listed file is there, each with its hash. `told`: files of which the records say something
 * worse. */
async function checkManifests(folder, hashes, told, problems) {
  await collect(problems, async () => {
    const text = fromUtf8(await folder.read(BAGIT, 1024));
    must(text === DECLARATION, N_("{file} is not what a bag of this kind says"), { file: BAGIT });
  });
  const names = folder.under(""), isPayload = (name) => name.startsWith("data/");
  const payloads = await manifestOf(folder, PAYLOADS, isPayload, problems);
  const tags = await manifestOf(folder, TAGS, (name) => !isPayload(name) && name !== TAGS, problems);
  // One of the manifests vouches for the other, and nobody for that: where they part, both may be the changed one.
  const sure = tags?.get(PAYLOADS) === hashes.get(PAYLOADS);
  for (const name of names) {
    const manifest = isPayload(name) ? PAYLOADS : TAGS, says = { file: shown(name), manifest };
    const listed = isPayload(name) ? payloads : tags, want = listed?.get(name), have = hashes.get(name);
    if (!listed || name === TAGS || (told.has(name) && want !== undefined)) continue;
    if (want === undefined) {
      problems.push(new Broken(
        BY_ITSELF.test(name) ? LEFT_BEHIND : N_("{file} was added: {manifest} does not name it"), says));
    } else if (!BELONGS.some((pattern) => pattern.test(name))) {
      problems.push(new Broken(N_("{file} does not belong into a bag: it was added"), says));
    } else if (have instanceof Broken) problems.push(have);
    else if (want !== have) {
      problems.push(new Broken(sure && isPayload(name) ? N_("{file} was changed: it has another hash than {manifest} says")
        : N_("{file} or {manifest} was changed: the one has another hash than the other says"), says));
    }
  }
  for (const [listed, manifest] of [[payloads, PAYLOADS], [tags, TAGS]]) {
    for (const name of listed?.keys() ?? []) {
      if (folder.has(name) || told.has(name)) continue;
      problems.push(new Broken(N_("{file} is missing: {manifest} names it"), { file: shown(name), manifest }));
    }
  }
  for (const name of [INFO, PAGE, FINDINGS, INDEX, PDF]) {
    const listed = tags?.has(name) || payloads?.has(name);
    if (!folder.has(name) && !listed) problems.push(new Broken(N_("{file} is missing"), { file: name }));
  }
}

/** Name → hash of a manifest; nothing where it cannot be read, which goes into `problems`. */
async function manifestOf(folder, name, belongs, problems) {
  return collect(problems, async () => {
    const text = fromUtf8(await folder.read(name, MAX_MANIFEST)), found = new Map(), folded = new Set();
    must(text === "" || text.endsWith("\n"), N_("{file} is no manifest: line {line}"), { file: name, line: 1 });
    text.split("\n").slice(0, -1).forEach((line, index) => {
      const match = line.length > 66 + MAX_NAME ? null : /^([0-9a-f]{64}) {2}([^\r\n]+)$/.exec(line);
      const path = match && match[2].replace(/%(0A|0D|25)/gi, (code) => decodeURIComponent(code));
      const same = path?.normalize("NFC").toLowerCase(); // to some file systems two names are one
      must(match && belongs(path) && !folded.has(same) && found.size < MAX_FILES,
        N_("{file} is no manifest: line {line}"), { file: name, line: index + 1 });
      folded.add(same);
      found.set(path, match[1]);
    });
    return found;
  });
}

/** What bag-info.txt says of the class and of the bag's size; how many lines it has besides. */
async function checkInfo(folder, found, problems) {
  if (!folder.has(INFO)) return 0;
  const said = new Map(), text = fromUtf8(await folder.read(INFO, MAX_INFO));
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const match = /^([A-Za-z0-9-]{1,64}): ([^\r\n]*)$/.exec(line);
    must(match && text.endsWith("\n") && !said.has(match[1]), N_("{file} cannot be read"), { file: INFO });
    said.set(match[1], match[2]);
  }
  const payload = folder.under("data/");
  const size = payload.reduce((sum, name) => sum + folder.size(name), 0);
  const wanted = problems.length || found.told.size ? {} : { "Payload-Oxum": `${size}.${payload.length}` }; // else it says the same again
  if (found.manifest) {
    Object.assign(wanted, { "Source-Organization": found.manifest.record.device,
      "External-Identifier": found.export.class, "Bagging-Date": found.export.as_of.slice(0, 10),
      "Zaitang-Export": found.manifest.hash });
    const missing = (found.export.missing ?? []).reduce((sum, one) => sum + one.seqs.length, 0);
    if (missing || said.has("Zaitang-Missing")) wanted["Zaitang-Missing"] = String(missing);
  }
  for (const [label, want] of Object.entries(wanted)) {
    const have = said.get(label);
    if (have !== want) {
      problems.push(new Broken(N_("bag-info.txt does not fit the bag: its {label} should be {want}, and is {have}"),
        { label, want, have: shown(have ?? "?") }));
    }
  }
  return [...said.keys()].filter((label) => !LABELLED.has(label)).length;
}
