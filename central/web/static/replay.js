// Plays any minute of a block: jumps by the bar, by links and by the clock, asks the box for what is not here, and goes
// on with it as soon as it is here. While it plays it asks ahead, and says what it passes over. Times: microseconds UTC.
import { copied, plain, saying } from "./copies.js";
import { following, later, passed, soon } from "./onward.js";
import { attach, native } from "./player.js";

const SOON_MS = 700, LATER_MS = 5000, MOMENT_MS = 60000, REST_MS = 400, MINUTE = 60e6;
// How long a file is waited for that does not come yet, where later ones are here; how long it is said what was passed.
const PATIENT_MS = 20000, SAID_MS = 20000;
const root = document.getElementById("replay");

if (root) {
  const video = document.getElementById("video"), says = document.getElementById("says");
  const bar = document.getElementById("bar"), wall = document.getElementById("wall"), fetching = document.getElementById("fetch");
  let state = { cameras: [], gaps: [], moving: false }, chosen = { device: root.dataset.device, camera: root.dataset.camera };
  let loaded = null, stop = () => {}, wanted = null, at = null, timer = 0, asking = false, asked = 0, resting = 0;
  let copying = false, edge = 0, tail = null, noted = "", noting = 0, naming = 0;
  const drawn = {}, refused = new Set(), ahead = new Set(), derived = document.getElementById("derived");
  const start = document.getElementById("start"), moment = root.querySelector(".goto [name=at]");

  const same = (one, other) => one.device === other.device && one.camera === other.camera;
  const now = () => state.cameras.find((one) => same(one, chosen));
  const holding = (camera, us) => camera && camera.parts.find((one) => one.start_us <= us && us < one.end_us);
  const hole = (us) => state.gaps.find((one) => one.start_us <= us && us < one.end_us);
  const gap = (us) => hole(us)?.words || root.dataset.gap.replace("{time}", clock(us));
  const clock = (us) => new Date(us / 1e3 + Number(root.dataset.offset) * 6e4).toISOString().slice(11, 19);
  const tell = (text) => { if (says.textContent !== text) { says.textContent = text; } };

  const shown = () => loaded && loaded.parts.findLast((one) => one.kind === "here" && one.at_s <= video.currentTime);

  // Where the picture stands on the wall clock, by the list that it was loaded with.
  function standing() {
    const part = shown();
    return part ? part.start_us + (video.currentTime - part.at_s) * 1e6 : null;
  }

  async function refresh() {
    clearTimeout(timer);
    let wait = LATER_MS;
    try {
      const answer = await fetch(saying(root.dataset.state));
      if (answer.status === 403) { tell(root.dataset.over); return; }
      if (answer.status === 401 || answer.status === 404) { tell(root.dataset.gone); return; }
      if (!answer.ok) { throw new Error(String(answer.status)); }
      state = await answer.json();
      if (says.textContent === root.dataset.fails) { tell(""); }
      draw();
      renew();
      follow();
      begin();
      proceed();
      wait = state.coming || (state.moving && Date.now() - asked < MOMENT_MS) ? SOON_MS
        : state.moving || awaited() || (tail && hole(tail.end_us)?.late) ? LATER_MS : 0;
    } catch (error) { tell(root.dataset.fails); }
    if (wait) { timer = setTimeout(again, wait); }
  }

  // A page that nobody sees asks for nothing until it is seen again.
  function again() {
    if (document.hidden) { document.addEventListener("visibilitychange", again, { once: true }); } else { refresh(); }
  }

  function draw() {
    for (const part of ["bar", "rows", "problems"].filter((one) => drawn[one] !== state[one])) {
      document.getElementById(part).innerHTML = drawn[part] = state[part];
    }
    mark();
  }

  // More is here than was loaded, or another camera is chosen: the same moment goes on in the new list. What plays is
  // not disturbed for what comes later: the end of its file is early enough.
  function renew() {
    const camera = now(), playing = !video.paused && !video.ended;
    if (!camera || !camera.version) { return; }
    if (loaded && same(loaded, camera) && (loaded.version === camera.version || (playing && !wanted))) { return; }
    const before = wanted ? null : standing();
    loaded = camera;
    start.hidden = video.controls = true;
    stop();
    stop = () => {};
    attach(video, saying(`${camera.src}?v=${camera.version}`), { lost })
      .then((done) => { if (loaded === camera) { stop = done; } else { done(); } }, () => tell(root.dataset.lost));
    if (before !== null) { show(before, playing); }
  }

  // Whoever may play no longer, or a file that was changed meanwhile: the same moment again when it can be.
  function lost() {
    loaded = null;
    if (at !== null && !wanted) { wanted = { us: at, asked: true }; }
    tell(root.dataset.lost);
    clearTimeout(timer);
    timer = setTimeout(again, LATER_MS);
  }

  function show(us, playing) {
    const part = holding(loaded, us);
    if (!part || part.kind !== "here") { return; }
    const seconds = Math.min(part.at_s + (us - part.start_us) / 1e6, part.at_s + part.length_s - 0.05);
    const go = () => {
      video.currentTime = seconds;
      if (playing) { video.play().catch(() => {}); }
    };
    if (video.readyState >= HTMLMediaElement.HAVE_METADATA) { go(); return; }
    video.addEventListener("loadedmetadata", go, { once: true });
    video.preload = "auto";
    if (native(video)) { video.load(); }
  }

  // Somebody who came to look wants the beginning of what is here: its picture, or in H.265 the copy of it.
  function begin() {
    const camera = at === null && !root.dataset.at && now();
    const first = camera && camera.parts.find((one) => one.kind === (camera.version ? "here" : "copy"));
    if (first && camera.version) { at = first.start_us; show(at, false); } else if (first && plain) { jump(first.start_us); }
  }

  // Has copies made, one after the other: of what somebody wants to see, then of what comes after it.
  async function copies() {
    if (copying) { return; }
    copying = true;
    let part = holding(now(), wanted.us);
    while (part) {
      const { start_us, copy, segment } = part;
      const made = await copied(copy, (text) => { if (wanted) { tell(text); } }).catch(() => false);
      if (!made) { refused.add(segment); }
      await refresh();
      part = now() && ((wanted && next(wanted.us)) || next(start_us));
    }
    copying = false;
  }

  const next = (us) => now().parts.find((one) => one.kind === "copy" && one.end_us > us && !refused.has(one.segment));

  // What somebody wants to see: plays it if it is here, else says how it stands with it.
  function follow() {
    if (!wanted) { return; }
    const part = holding(now(), wanted.us);
    if (fetching) { fetching.hidden = !(part && part.may_ask); }
    if (!part) { tell(gap(wanted.us)); return; }
    const beyond = wanted.since && !comes(part) && later(now(), wanted.us);
    if (beyond) { note(over(wanted.us, beyond.start_us)); on(beyond.start_us); return; }
    if (part.kind !== "here" || !noted) { tell(`${clock(wanted.us)}: ${part.words}`); }
    if (part.kind === "here") {
      const { us } = wanted;
      wanted = null;
      show(us, true);
    } else if (part.kind === "copy") {
      copies();
    } else if (part.kind === "away" && root.dataset.ask && !wanted.asked) {
      clearTimeout(resting);  // a key that is held down passes over many minutes, and wants the last one
      resting = setTimeout(ask, REST_MS);
    }
  }

  // Asked for, and the order has had its time: its box may still bring it.
  const awaited = () => wanted && wanted.asked && holding(now(), wanted.us)?.kind === "away";

  async function ask() {
    if (!wanted || asking) { return; }
    wanted.asked = true;
    const error = await order(wanted.us);
    if (error) { tell(error); } else { refresh(); }
  }

  // Asks the box for the file that holds a moment; resolves to what is wrong, in words, or to nothing.
  async function order(us) {
    asking = true;
    asked = Date.now();
    const form = new URLSearchParams({ token: root.querySelector("[name=token]").value, at: Math.round(us), ...chosen });
    try {
      const answer = await fetch(root.dataset.ask, { method: "POST", body: form });
      return answer.ok ? "" : (await answer.json()).error;
    } catch (error) { return root.dataset.fails; } finally { asking = false; }
  }

  // While somebody sees it play, what plays soon is asked for once, before the picture is there.
  function askAhead(us) {
    const part = root.dataset.ask && !asking && !video.paused && !document.hidden && soon(now(), us, video.playbackRate);
    if (!part || ahead.has(part.segment)) { return; }
    ahead.add(part.segment);
    order(part.start_us).then((error) => { if (!error) { refresh(); } });
  }

  // Whether a file that playing came to is worth the wait.
  const comes = (part) => ["here", "copy", "coming"].includes(part.kind)
    || ((part.kind === "asked" || (part.kind === "away" && part.may_ask && root.dataset.ask))
      && Date.now() - wanted.since < PATIENT_MS);

  const over = (from, to) => passed(now(), from, to, (one) => root.dataset.skipped
    .replace("{start}", clock(one.start_us)).replace("{end}", clock(one.end_us)).replace("{why}", one.words), gap);

  // What was passed over stays said for a while, also when it plays on.
  function note(text) {
    if (!text) { return; }
    tell(noted = text);
    clearTimeout(noting);
    noting = setTimeout(() => { if (says.textContent === noted) { tell(""); } noted = ""; }, SAID_MS);
  }

  // Plays on from the beginning of a file, as soon as it is here.
  function on(us) {
    at = us;
    wanted = { us, asked: false, since: Date.now() };
    if (!video.paused) { video.pause(); }
    mark();
    renew();
    follow();
  }

  // What plays has come to the end of a file.
  function onward(part) {
    edge = 0;
    const camera = now(), after = camera && same(camera, loaded) && following(camera, part);
    if (wanted) { return; }
    if (!after) { tail = part; tell(hole(part.end_us)?.words || root.dataset.end); return; }
    note(over(part.end_us, after.start_us));
    if (after.kind !== "here" || loaded.version !== camera.version) { on(after.start_us); }
  }

  // The recording went on after what was its end.
  function proceed() {
    if (tail && now() && following(now(), tail)) {
      const part = tail;
      tail = null;
      onward(part);
    }
  }

  // The address and the field name the moment that is looked at.
  function name(us) {
    clearTimeout(naming);
    naming = setTimeout(() => {
      const query = new URLSearchParams(location.search);
      for (const [key, value] of Object.entries({ at: clock(us), ...chosen })) { query.set(key, value); }
      history.replaceState(null, "", `?${query}`);
      if (document.activeElement !== moment) { moment.value = clock(us); }
    }, REST_MS);
  }

  function jump(us, camera) {
    at = us;
    for (const one of [resting, edge]) { clearTimeout(one); }
    edge = 0;
    tail = null;
    noted = "";
    start.hidden = true;
    if (camera && camera.camera) { choose(camera); } else if (!holding(now(), us)) {
      choose(state.cameras.find((one) => holding(one, us)) || chosen);
    }
    wanted = { us, asked: false, since: 0 };
    if (!video.paused) { video.pause(); }
    name(us);
    mark();
    renew();
    follow();
  }

  function choose({ device, camera }) {
    chosen = { device, camera };
    for (const one of root.querySelectorAll(".cameras a")) {
      if (same(one.dataset, chosen)) { one.setAttribute("aria-current", "true"); } else { one.removeAttribute("aria-current"); }
    }
    for (const name of ["device", "camera"]) { root.querySelector(`.goto [name=${name}]`).value = chosen[name]; }
  }

  // The needle, and what the slider says.
  function mark() {
    const track = document.getElementById("track"), needle = document.getElementById("needle");
    const start = Number(track.dataset.start), end = Number(track.dataset.end);
    if (at === null) { return; }
    needle.hidden = false;
    needle.style.left = `${100 * Math.max(0, Math.min(1, (at - start) / (end - start)))}%`;
    const part = holding(now(), at);
    bar.setAttribute("aria-valuenow", Math.round((at - start) / 1e6));
    bar.setAttribute("aria-valuetext", part ? `${clock(at)}, ${part.words}` : gap(at));
  }

  video.addEventListener("timeupdate", () => {
    const us = standing();
    if (us === null || wanted) { return; }
    at = us;
    wall.textContent = wall.dataset.says.replace("{time}", clock(us));
    const part = shown(), left_s = part.at_s + part.length_s - video.currentTime;
    derived.hidden = !part.derived;
    mark();
    askAhead(us);
    if (!edge && !video.paused && left_s < 0.5) { edge = setTimeout(onward, 1e3 * left_s / video.playbackRate, part); }
  });
  video.addEventListener("seeking", () => { clearTimeout(edge); edge = 0; tail = null; });
  video.addEventListener("ended", () => {
    const part = shown();
    refresh().then(() => { if (part && !wanted && !tail) { onward(part); } });
  });
  video.addEventListener("playing", () => tell(noted));
  start.querySelector("button").hidden = false;
  start.querySelector("button").addEventListener("click", async () => {
    if (!now()) { await refresh(); }
    const camera = now();
    if (camera && camera.parts.length) { jump(camera.parts[0].start_us); }
  });

  bar.addEventListener("click", (event) => {
    const track = document.getElementById("track"), area = track.getBoundingClientRect();
    const share = Math.max(0, Math.min(0.9999, (event.clientX - area.left) / area.width));
    const start = Number(track.dataset.start), lane = event.target.closest("svg[data-camera]");
    jump(start + share * (Number(track.dataset.end) - start), lane && lane.dataset);
  });
  bar.addEventListener("keydown", (event) => {
    const track = document.getElementById("track"), start = Number(track.dataset.start), end = Number(track.dataset.end);
    const from = at === null ? start : at;
    const to = { ArrowLeft: from - MINUTE, ArrowDown: from - MINUTE, ArrowRight: from + MINUTE, ArrowUp: from + MINUTE,
                 PageDown: from - 10 * MINUTE, PageUp: from + 10 * MINUTE, Home: start, End: end - MINUTE }[event.key];
    if (to === undefined) { return; }
    event.preventDefault();
    jump(Math.max(start, Math.min(end - 1, to)));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.to, .cameras a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    event.preventDefault();
    if (link.dataset.at) { jump(Number(link.dataset.at), link.dataset); root.scrollIntoView({ block: "nearest" }); return; }
    const us = wanted ? wanted.us : standing() ?? at;
    choose(link.dataset);
    if (us === null) { renew(); } else { jump(us, link.dataset); }
  });
  if (fetching) { fetching.querySelector("button").addEventListener("click", ask); }

  const first = root.dataset.at ? Number(root.dataset.at) : null;
  refresh().then(() => { if (first !== null) { jump(first); } });
}
