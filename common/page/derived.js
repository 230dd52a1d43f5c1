// What lies beside the class and proves nothing by itself: names, index, findings. Each is held against the records as far
// as it can be (evidence/README.md, "A bag of a class").

const MAX_DERIVED = 1 << 25;
const FINDINGS = "data/findings.json", INDEX = "data/index.json", NAMES = "data/names.json", PDF = "data/index.pdf";
const DERIVED = { v: Is.one(1), class: Is.id };
const PERSON = Is.has({ person: Is.id, name: Is.text, salt: Is.like(/^([0-9a-f]{2}){16,64}$/) });
const LISTED = Is.has({ device: Is.id, seq: Is.count, file: Is.text, sha256: Is.hash, size: Is.count, camera: Is.id,
  block: Is.maybe(Is.text), from: Is.maybe(Is.text), to: Is.maybe(Is.text) });
const BLOCK = Is.has({ block: Is.text, from: Is.utc, to: Is.utc });
const FINDING = Is.has({ rule: Is.text, result: Is.text, flag: Is.absent(Is.bool) });
const MAX_LISTED = 1000000;
const UNUSABLE = N_("{file} cannot be used: {why}");

/** Reads the three; what contradicts the records goes into `problems`. */
async function readDerived(folder, found, problems) {
  const read = (name, check) => (folder.has(name)
    ? collect(problems, () => withName(name, async () => check(await derivedIn(folder, name, found), found), UNUSABLE)) : null);
  return {
    names: (await read(NAMES, checkNames)) ?? new Map(),
    index: await read(INDEX, checkIndex),
    findings: await read(FINDINGS, checkFindings),
  };
}

async function derivedIn(folder, name, found) {
  const text = fromUtf8(await folder.read(name, MAX_DERIVED)), value = shaped(parseJson(text), DERIVED);
  canonical(value, 1); // whole texts, no endless nesting
  const { keys, whole } = spelled(text);
  must(whole, N_("numbers in records are whole; put the unit into the name"));
  must(keysIn(value) === keys, N_("a key stands there twice"));
  isOf(name, value, "class", found.export.class);
  return value;
}

function isOf(file, value, key, want) {
  must(value[key] === want, N_("{file} is of something else: its {key} should be {want}, and is {have}"),
    { file, key, want, have: shown(String(own(value, key))) });
}

/** What JSON text says beside what it is parsed to: how many keys stand there, and whether no number in it has a fraction
 * or an exponent. By characters: a pattern fails at a text of many megabytes. */
function spelled(text) {
  const QUOTE = 34, DOT = 46, NINE = 57, COLON = 58, BACKSLASH = 92, E = 101;
  let keys = 0, whole = true, inside = false;
  for (let at = 0; at < text.length; at++) {
    const one = text.charCodeAt(at);
    if (one === QUOTE) inside = !inside;
    else if (inside) at += one === BACKSLASH;
    else if (one === COLON) keys++;
    else if (one === DOT || ((one | 32) === E && text.charCodeAt(at - 1) <= NINE)) whole = false; // true and false are words
  }
  return { keys, whole };
}

/** How many keys a value has, with all that are in it: of one that stands in a text twice JSON keeps the last. */
function keysIn(value) {
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + keysIn(one), 0);
  return isObject(value) ? Object.keys(value).length + keysIn(Object.values(value)) : 0;
}

/** Person → name, each as the plan or a change of the roster commits to it. */
function checkNames(value, found) {
  const promised = new Map(), names = new Map();
  const promise = (person, commitment) => promised.set(person, (promised.get(person) ?? new Set()).add(commitment));
  plansOf(found).forEach(({ body }) => body.roster.forEach((one) => promise(one.person, one.commitment)));
  for (const { body } of found.centre.kept.get("roster.event")) {
    if (body.class === found.export.class && body.commitment) promise(body.substitute ?? body.person, body.commitment);
  }
  shaped(value, { people: Is.list(PERSON) });
  const only = (object, ...keys) => Object.keys(object).every((key) => keys.includes(key));
  must(only(value, "v", "class", "people") && value.people.every((one) => only(one, "person", "name", "salt")),
    N_("it holds more than names"));
  for (const { person, name, salt } of value.people) {
    const hash = name.isWellFormed() ? sha256Hex(fromHex(salt), toUtf8(name)) : "";
    must(promised.get(person)?.has(hash),
      N_("names.json gives {who} a name to which no plan and no roster event of the class commits"), { who: person, file: NAMES });
    must(!names.has(person), N_("it names somebody twice"));
    names.set(person, name);
  }
  return names;
}

/** The index says of each segment what its record says, and names all of them; those that are gone it may leave out. */
function checkIndex(value, found) {
  const list = (given) => Array.isArray(given) && given.length <= MAX_LISTED && given.every(LISTED);
  shaped(value, { segments: list, removed: Is.absent(list), missing: Is.absent(list), blocks: Is.list(BLOCK) });
  isOf(INDEX, value, "export", found.manifest.hash);
  const recorded = new Map(found.expected.map((one) => [`${one.chain.device} ${one.seq} ${one.segment.sha256}`, one]));
  const gone = new Set(value.removed ?? []), missing = new Set(value.missing ?? []);
  for (const one of [...value.segments, ...gone, ...missing]) {
    const key = `${one.device} ${one.seq} ${one.sha256}`, known = recorded.get(key), of = known?.segment;
    const { why, heard } = known?.lacking ?? {};
    must(of && (known.mayGo || !gone.has(one)) && missing.has(one) === (known.lacking !== null)
      && (!missing.has(one) || (one.why === why && (one.heard ?? null) === (heard ?? null))) && of.file === one.file && of.size === one.size && of.camera === one.camera,
      N_("index.json names a segment {file} of {device}, which no record of the class names"),
      { file: shown(one.file), device: one.device });
    recorded.delete(key);
  }
  const left = [...recorded.values()].find((one) => one.certain && !one.gone);
  must(!left, N_("index.json leaves out the segment of record {seq} of {device}"),
    { seq: left?.seq, device: left?.chain.device, file: INDEX });
  return value;
}

function checkFindings(value, found) {
  shaped(value, { rules: Is.count, as_of: Is.utc, findings: Is.list(FINDING) });
  isOf(FINDINGS, value, "as_of", found.export.as_of);
  return value;
}
