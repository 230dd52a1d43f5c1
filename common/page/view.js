// The result on the page: verdict first, then what it rests on. Everything from the bag goes into text nodes.

const MOST_SHOWN = 200;
/** Why video is missing, as the export says. */
const LACKING = {
  away: N_("still at {device}, which the centre last heard {heard}: {count}"),
  gone: N_("{device} does not have them any more (last heard {heard}): {count}"),
  earlier: N_("of an earlier chain of {device}, of which it sends nothing (last heard {heard}): {count}"),
  refused: N_("{device} refused to bring them (last heard {heard}): {count}"),
};

/** An element with its attributes, and what is in it. */
function make(tag, attributes, ...inside) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
}

const listOf = (items, name = "ul") => make(name, {}, ...items.map((one) => make("li", {}, one)));
const part = (title, ...inside) => make("section", {}, make("h3", {}, say(title)), ...inside);

/** Of a long list the first ones, and how many more there are. */
function bounded(items, name) {
  const more = items.length - MOST_SHOWN;
  const list = listOf(items.slice(0, MOST_SHOWN), name);
  return more > 0 ? make("div", {}, list, make("p", {}, say(N_("and others: {count}"), { count: more }))) : list;
}

function resultView(result, trust) {
  const problems = [...trust.problems, ...result.problems], whole = problems.length === 0;
  return make("div", {},
    ...warnings(result.found),
    verdictView(problems, result.found, trust.pinned),
    whole && result.found.missing.length ? missingView(result.found) : null,
    whole ? null : part(N_("What does not hold, the first broken thing first"), bounded(problems.map((one) => problemView(one, result.found)), "ol")),
    rootView(result.found, trust),
    ...(result.found.export ? aboutView(result, whole) : []),
    part(N_("What was checked"), listOf([...checkedOf(result, trust, whole)].map(([text, params]) => say(text, params)))),
    part(N_("What this page cannot check"), listOf([...uncheckedOf(result, trust)].map(([text, params]) => say(text, params)))));
}

/** What does not hold; of a video file also what it shows, for nobody knows it by its name. */
function problemView(problem, found) {
  const { filmed } = problem;
  return filmed ? make("span", {}, say(problem), filmedView(filmed, found)) : say(problem);
}

/** What a video file shows. */
function filmedView(filmed, found) {
  const plan = plansOf(found).at(-1)?.body, room = plan?.boxes.find((one) => one.device === filmed.chain.device)?.room;
  const [from, to] = (filmed.segment.filmed ?? []).map((ms) => minuteText(ms, plan?.utc_offset_min ?? 480));
  const when = from && to && `${from}–${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to}`;
  const where = [when && say(N_("Filmed: {when}"), { when }), room && say(N_("Room: {room}"), { room: shown(room) }),
    say(N_("Camera: {camera}"), { camera: filmed.segment.camera })];
  return make("span", { class: "filmed" }, where.filter(Boolean).join(" · "));
}

/** What the export says itself that it lacks: of each box why, and which files. */
function missingView(found) {
  const groups = new Map(), offset = plansOf(found).at(-1)?.body.utc_offset_min ?? 480;
  for (const one of found.missing) {
    if (!groups.has(one.lacking)) groups.set(one.lacking, []);
    groups.get(one.lacking).push(one);
  }
  const views = [...groups].map(([{ device, why, heard }, files]) => make("div", {},
    make("p", {}, say(LACKING[why], { device, count: files.length, heard: heard ? localTime(heard, offset) : say(N_("never")) })),
    bounded(files.map((one) => make("span", {}, shown(one.segment.file), filmedView(one, found))))));
  return part(N_("What is missing, as the centre says"), ...views);
}

function* warnings(found) {
  if (found.test) {
    yield make("p", { class: "loud" }, say(N_("TEST KEY: signed with a key made for tests. This proves nothing about a real class.")));
  }
  const count = found.chains.reduce((sum, chain) => sum + chain.simulated, 0);
  if (count) {
    yield make("p", { class: "loud" },
      say(N_("SIMULATED CLOCK: this is not real. Records made with a simulated clock: {count}"), { count }));
  }
}

/** Whole is whole without a word more only under a root that was given, and if nothing about it is for tests. */
function verdictView(problems, found, pinned) {
  const missing = found.missing.length;
  const sentence = problems.length === 0 && missing ? N_("Incomplete: video files that are not in this bag: {missing}. What"
    + " is here is whole; the findings were NOT recomputed here.")
    : problems.length === 0 ? N_("Records and video are whole; the findings were NOT recomputed here.")
    : problems.length === 1 ? N_("Does not hold: 1 problem.")
      : N_("Does not hold: {count} problems, the first broken thing first.");
  const unreal = found.test || found.chains.some((chain) => chain.simulated);
  const but = unreal ? N_("But it was made for a test, and proves nothing about a real class.")
    : pinned ? null : N_("But who signed it is not sure: read on.");
  const look = problems.length ? "broken" : missing ? "incomplete" : but ? "whole unsure" : "whole";
  return make("h2", { id: "verdict", class: look, tabindex: "-1" }, say(sentence, { count: problems.length, missing }),
    look !== "broken" && but ? make("span", {}, say(but)) : null);
}

/** Under which root it is signed, and what to compare that with. */
function rootView(found, trust) {
  if (!found.root) return null;
  const said = trust.pinned ? N_("Signer pinned: it is the root that was given.")
    : N_("Signer not pinned: everything may fit together, and yet anybody can have made it. Compare all 64 digits of the"
      + " root's fingerprint with those that the authority publishes, on paper or on its own website, not with anything that"
      + " came with this bag; or enter those above.");
  const keys = found.chains.filter((one) => one.identity)
    .map((one) => say(N_("Signed by {device}, key {keyid}"), { device: one.device, keyid: one.identity.keyid }));
  return part(N_("Who signed"), make("p", { class: trust.pinned ? "pinned" : "unpinned" }, say(said)),
    make("p", {}, say(N_("Fingerprint of the root")), colon(), make("code", { class: "fingerprint" }, grouped(found.root.keyid))),
    make("details", {}, make("summary", {}, say(N_("The keys of the centre and the boxes"))), listOf(keys)));
}
