// What people would rather look at: class, people, check-ins, decisions, findings as they are said, and the video.

function aboutView(result, whole) {
  const { found, derived } = result, plan = plansOf(found).at(-1)?.body ?? null;
  const views = [part(N_("The class"), whole ? null : make("p", { class: "unpinned" },
    say(N_("Something in this bag does not hold: what follows may be wrong."))), classView(result, plan))];
  if (plan) views.push(peopleView(plan, derived.names));
  views.push(...decisionsView(found, plan), ...findingsView(derived.findings), videoView(result, plan));
  return views;
}

/** Pairs of words and what they name. */
const pairs = (...rows) => make("dl", {}, ...rows.filter(Boolean)
  .flatMap(([name, value]) => [make("dt", {}, say(name)), make("dd", {}, String(value))]));

function classView({ found, files }, plan) {
  const offset = plan?.utc_offset_min ?? 480, hours = plan?.hours ?? [];
  const starts = hours.map((one) => one.start).sort(), ends = hours.map((one) => one.end).sort();
  const checkins = found.boxes.reduce((sum, one) => sum + one.checkins, 0);
  const media = found.expected.reduce((sum, one) => sum + one.segment.media_us, 0);
  return pairs(
    plan && [N_("Title"), plan.title],
    [N_("Class"), found.export.class],
    hours.length && [N_("Period"), `${localTime(starts[0], offset)} – ${localTime(ends.at(-1), offset)}`],
    [N_("Records and findings up to"), localTime(found.export.as_of, offset)],
    [N_("Centre"), found.manifest.record.device],
    plan && [N_("Rooms"), plan.boxes.map((one) => `${one.room} (${one.device})`).join(", ")],
    [N_("Policy"), found.export.policy.id],
    [N_("Class-hours in the plan"), hours.length],
    [N_("Check-ins on record"), checkins],
    [N_("Video"), `${mediaText(media)} (${found.expected.length})`],
    [N_("Files in the bag"), files]);
}

function peopleView(plan, names) {
  const rows = plan.roster.map((one) => {
    const role = one.role === "trainee" ? N_("trainee") : N_("instructor");
    return `${names.has(one.person) ? `${shown(names.get(one.person))} · ` : ""}${one.person} · ${say(role)}`;
  });
  const without = names.size ? null
    : make("p", {}, say(N_("The bag holds no names: people are told by their pseudonyms.")));
  return part(N_("Who"), without, make("details", {},
    make("summary", {}, say(N_("People in the plan: {count}"), { count: rows.length })), bounded(rows)));
}

function decisionsView(found, plan) {
  const offset = plan?.utc_offset_min ?? 480, kept = found.centre?.kept;
  const of = (type) => (kept?.get(type) ?? []).filter(({ body }) => body.class === found.export.class);
  const word = (table, key) => (Object.hasOwn(table, key) ? say(table[key]) : shown(key));
  const decisions = of("decision").map(({ utc, body }) => `${localTime(utc, offset)} · ${word(STAGES, body.stage)}${colon()}`
    + `${word(ANSWERS, body.answer)} · ${shown(body.by_name)}${colon()}${shown(body.reason)}`);
  const objections = of("objection").map(({ utc, body }) => `${localTime(utc, offset)} · ${body.objection} · `
    + `${word(DIDS, body.state)}${colon()}${shown(body.text || body.answer || "")}`);
  if (!decisions.length && !objections.length) return [];
  return [part(N_("Decisions and objections"), bounded([...decisions, ...objections]))];
}

/** The findings that the bag says, as such: each verdict with whose word it is. */
function findingsView(said) {
  if (!said) return [];
  const flag = say(N_("FLAG")), rows = said.findings.map((one) => {
    const rule = Object.hasOwn(RULES, one.rule) ? say(RULES[one.rule]) : "";
    const result = Object.hasOwn(RESULTS, one.result) ? say(RESULTS[one.result]) : shown(one.result);
    const verdict = say(N_("{verdict} (said by the bag)"), { verdict: one.flag ? `${result} · ${flag}` : result });
    return `${shown(one.rule)} ${rule} · ${verdict}`;
  });
  return [part(N_("Findings as the bag says them, not computed anew"), bounded(rows))];
}

/** The video files by block; each can be played here. */
function videoView({ found, derived, folder }, plan) {
  const offset = plan?.utc_offset_min ?? 480, blocks = new Map();
  const listed = new Map([...(derived.index?.segments ?? []), ...(derived.index?.missing ?? [])].map((one) => [`${one.device} ${one.file}`, one]));
  for (const one of found.expected) {
    const told = listed.get(`${one.chain.device} ${one.segment.file}`);
    const block = told?.block || localTime(one.utc, offset).slice(0, 10);
    if (!blocks.has(block)) blocks.set(block, []);
    blocks.get(block).push({ ...one, from: localTime(told?.from, offset), to: localTime(told?.to, offset).slice(11) });
  }
  const views = [...blocks].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, 10 * MOST_SHOWN)
    .map(([block, files]) => blockView(block, files, folder.below(CLASS)));
  return part(N_("Video"), ...(views.length ? views : [make("p", {}, say(N_("No video counts for this class.")))]));
}

/** Its rows are made when somebody opens it: a class may have thousands of files. */
function blockView(block, files, folder) {
  const body = make("div", {});
  return make("details", { ontoggle: () => {
    if (!body.childElementCount) body.append(listOf(files.map((one) => fileView(one, folder))));
  } }, make("summary", {}, blockText(block), " · ", say(N_("files: {count}"), { count: files.length })), body);
}

function fileView(one, folder) {
  const { segment, chain } = one;
  const name = `${one.from ? `${one.from}–${one.to} · ` : ""}${chain.device} · ${segment.camera} · ${segment.file} · `
    + `${mediaText(segment.media_us)} · ${sizeText(segment.size)}`;
  if (!one.here) return make("span", {}, name, " · ", say(one.gone ? N_("deleted, a record says so") : N_("missing")));
  const place = make("span", { class: "player" });
  const play = make("button", { type: "button", onclick: () => playFile(folder.file(one.name), place, name) }, say(N_("Play")));
  return make("span", {}, name, one.whole ? " " : " · ", one.whole ? "" : say(N_("the file was changed")), play, place);
}

/** One video plays at a time; the address of the one before is given back. */
function playFile(file, place, name) {
  document.querySelectorAll("video").forEach((video) => {
    URL.revokeObjectURL(video.src);
    video.remove();
  });
  const video = make("video", { controls: "", "aria-label": name, onerror: () => {
    place.replaceChildren(make("span", {}, say(N_("This browser cannot play it. The file itself can be opened with a video player."))));
  } });
  video.src = URL.createObjectURL(new Blob([file], { type: "video/mp4" }));
  place.replaceChildren(video);
  video.play().catch(() => {}); // whoever stops it at once is no error
}
