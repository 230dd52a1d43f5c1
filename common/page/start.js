// The page: what is chosen or dropped is checked, and said in the language of the reader.

const SAYS = {
  title: N_("Check an evidence bag"),
  intro: N_("Choose the folder of the bag, the one in which bagit.txt lies, or drop it here. Everything happens in this browser:"
    + " nothing is sent anywhere, and the page works without a network."),
  choose: N_("Choose the folder"),
  trust: N_("Whom you trust (best from the authority itself)"),
  root: N_("Fingerprint of the root, 64 digits"),
  rootFile: N_("or its file (PEM)"),
  witnesses: N_("Keys of witnesses, one on a line (may stay empty)"),
};
const NEEDS = N_("This browser cannot check signatures (Ed25519 in WebCrypto). Use Chromium, Chrome or Edge 137 or later, Firefox"
  + " 130 or later, or Safari 17 or later.");
const at = (id) => document.getElementById(id);
/** What is shown: nothing yet, how far it is, a result, or why there is none. */
let shownNow = { kind: "idle" };
/** What was entered and cannot be read, by the id of its field. */
let unread = { root: [], witnesses: [] };

function show(next) {
  shownNow = next;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = say(SAYS.title);
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(SAYS[element.dataset.say]);
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
  }
  showUnread();
  const working = next.kind === "working";
  at("folder").disabled = working || next.kind === "unable";
  at("progress").hidden = !working;
  if (working) return showProgress(next);
  const view = next.kind === "result" ? resultView(next.result, next.trust)
    : next.error ? make("h2", { id: "verdict", class: "broken", tabindex: "-1" }, say(next.error)) : "";
  at("result").replaceChildren(view);
}

function showProgress({ part: done, of, what }) {
  at("bar").value = of ? done / of : 0;
  at("doing").textContent = `${say(what)} · ${sizeText(done)} / ${sizeText(of)}`;
}

/** Beside its field, what cannot be read: a slip of a hand says nothing about a bag. */
function showUnread() {
  for (const [id, problems] of Object.entries(unread)) {
    at(id).setAttribute("aria-invalid", String(problems.length > 0));
    if (problems.length) at(id).closest("details").open = true;
    at(`${id}-problem`).textContent = problems
      .map((one) => say(N_("Your entry cannot be read; nothing was judged by it: {why}"), { why: why(one) })).join(" ");
  }
}

/** `gather` gives the files by their names. */
async function check(gather) {
  at("result").replaceChildren();
  show({ kind: "working", part: 0, of: 0, what: N_("reading every file") });
  try {
    const result = await checkBag(await gather(), (done, of, what) => showProgress({ part: done, of, what }));
    show({ kind: "result", result, trust: await trusted(result.found) });
  } catch (error) {
    show({ kind: "none", error: error instanceof NoBag
      ? { text: N_("This cannot be read as a bag: {why}"), params: { why: why(error) } }
      : { text: N_("This page failed, and nothing was decided. Please report it: {detail}"), params: { detail: String(error) } } });
  }
  at("verdict").focus();
}

/** Whom somebody trusts, as far as it can be read. */
async function entered() {
  const wrong = { root: [], witnesses: [] }, witnesses = [];
  const fingerprint = await collect(wrong.root, () => readFingerprint(at("root").value));
  for (const line of at("witnesses").value.split("\n").map((one) => one.trim()).filter(Boolean).slice(0, 64)) {
    const key = await collect(wrong.witnesses, () => readWitness(line));
    if (key) witnesses.push(key);
  }
  unread = wrong;
  return { fingerprint, witnesses };
}

async function trusted(found) {
  const { fingerprint, witnesses } = await entered();
  return judgeTrust(found, fingerprint, witnesses);
}

/** Whom somebody trusts was changed: said at once, nothing is read again. */
async function trustChanged() {
  if (shownNow.kind === "result") {
    const { result } = shownNow;
    show({ kind: "result", result, trust: await trusted(result.found) });
  } else {
    await entered();
    showUnread();
  }
}

async function rootChosen() {
  const problems = [], [file] = at("root-file").files;
  const fingerprint = file && (await collect(problems, () => fingerprintIn(file)));
  if (fingerprint) at("root").value = grouped(fingerprint);
  await trustChanged();
  unread.root.push(...problems);
  showUnread();
}

function folderChosen() {
  const files = new Map();
  for (const file of at("folder").files) {
    const path = file.webkitRelativePath;
    files.set(path.slice(path.indexOf("/") + 1), file);
  }
  at("folder").value = "";
  if (files.size) check(() => files);
}

/** Entries are asked for at once: afterwards the browser has none. */
async function folderDropped(event) {
  event.preventDefault();
  if (at("folder").disabled) return;
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  await check(async () => {
    const files = new Map();
    await walk(entries.length === 1 && entries[0].isDirectory ? await entriesIn(entries[0]) : entries, "", files);
    return files;
  });
}

async function walk(entries, prefix, files) {
  for (const entry of entries) {
    if (files.size > MAX_FILES) return;
    const name = prefix + entry.name;
    if (entry.isDirectory) await walk(await entriesIn(entry), `${name}/`, files);
    else files.set(name, await new Promise((resolve, reject) => { entry.file(resolve, reject); }));
  }
}

/** A reader gives a hundred entries at a time, and none at the end. */
async function entriesIn(folder) {
  const reader = folder.createReader(), found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length || found.length > MAX_FILES) return found;
    found.push(...some);
  }
}

async function canVerify() {
  const point = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  try {
    await crypto.subtle.importKey("raw", point, "Ed25519", false, ["verify"]);
    return [String.prototype.isWellFormed, Array.prototype.toSorted, Set.prototype.isSubsetOf]
      .every((one) => typeof one === "function");
  } catch {
    return false;
  }
}

at("folder").addEventListener("change", folderChosen);
at("root").addEventListener("change", trustChanged);
at("witnesses").addEventListener("change", trustChanged);
at("root-file").addEventListener("change", rootChosen);
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", folderDropped);
for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => {
    lang = button.dataset.lang;
    show(shownNow);
  });
}
show(shownNow);
if (!(await canVerify())) show({ kind: "unable", error: NEEDS });
