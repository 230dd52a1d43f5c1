// A classroom live: keeps the picture near now, joins the stream again by itself, says how it stands, and ends for whom
// nobody sits there any more.
import { attach } from "/static/player.js";
import { AWAY_MS, whenAway } from "/static/away.js";

const place = document.querySelector("[data-live]"), video = place.querySelector("video"), says = place.dataset;
const field = (name) => place.querySelector(`.${name}`);
// The centre holds a list for three seconds and a piece may last two: what stands still for six does not come. So long the
// centre, too, says that nothing comes.
const STALLED_MS = 6000;
const POLL_MS = 2000, SOON_MS = 700, LATER_MS = 10000, AGAIN_MS = 1000, LONGEST_MS = 16000, MISSED = 3, REST_MS = 1000;
// Seconds of picture that lie ahead: more than NEAR is played faster, more than FAR is left out.
const NEAR_S = 3.2, FAR_S = 6, KEPT_S = 2, FASTER = 1.1;
let over = false, comes = false, stop = null, joining = false, tries = 0, again = 0, order = "", missed = 0;
let last = { at: 0, ms: 0 }, held = false, rest = null, delay = null, state = "", words = "";

// Text changes only where it is another one: a screen reader says it again each time.
function put(element, text) {
  if (element.textContent !== text) { element.textContent = text; }
}

function badge(name) {
  if (place.dataset.now !== name) { place.dataset.now = name; }
  put(field("badge"), says[name] || "");
}

// The centre says that pictures come; that one moves is seen here.
function tell() {
  const still = state === "running" && !["running", "held"].includes(place.dataset.now);
  put(field("words"), still ? says.opens : words);
}

// --- the picture

async function join() {
  if (joining || over) { return; }
  joining = true;
  leave();
  tries += 1;
  again = performance.now() + Math.min(LONGEST_MS, AGAIN_MS * 2 ** (tries - 1));
  try {
    // The centre holds the list for a player that had it: by this number it knows which one asks.
    const player = Math.floor(Math.random() * 2 ** 48);
    stop = await attach(video, `${says.stream}?join=${player}`, { live: true, lost });
    last = { at: 0, ms: performance.now() };
    // Only a browser that lets nothing play by itself: a stream that was taken away or is not there yet is another thing.
    video.play().catch((error) => { if (error.name === "NotAllowedError") { held = true; badge("held"); } });
  } catch {
    finish(says.noplayer);
  }
  joining = false;
}

// A browser may refuse a stream that has only just begun.
function lost() {
  stop = null;
  setTimeout(() => { if (comes && !held && !stop) { join(); } }, again - performance.now());
}

function leave() {
  if (stop) { stop(); }
  stop = null;
}

// What lies ahead of the picture that is shown, in seconds.
function ahead() {
  const { seekable, buffered } = video;
  const ends = [seekable, buffered].filter((one) => one.length).map((one) => one.end(one.length - 1));
  return ends.length ? Math.max(...ends) - video.currentTime : 0;
}

// Once a second: does it move, and is it near now?
function watch() {
  if (over || !stop || held) { return; }
  const now = performance.now(), moved = video.currentTime !== last.at;
  if (moved) {
    last = { at: video.currentTime, ms: now };
    tries = 0;
    badge("running");
    tell();
    const left = ahead();
    if (left > FAR_S) { video.currentTime += left - KEPT_S; }
    video.playbackRate = left > NEAR_S ? FASTER : 1;
  } else if (now - last.ms > STALLED_MS) {
    badge("stalled");
    tell();
  }
  put(field("delay"), moved && delay !== null ? says.about.replace("{seconds}", Math.max(1, Math.round(delay + ahead()))) : "—");
}

// Whoever stopped the picture goes on with what is now, and is sent nothing any more after a while.
video.addEventListener("pause", () => {
  if (!stop || joining || held) { return; }
  held = true;
  badge("held");
  rest = setTimeout(() => end(says.away), AWAY_MS);
});
video.addEventListener("play", () => {
  clearTimeout(rest);
  if (held && !joining) { held = false; join(); }
});

// --- how it stands

async function poll() {
  if (over) { return; }
  let told = null, problem = "";
  try {
    const answer = await fetch(says.state, { headers: { accept: "application/json" } });
    if (answer.redirected || answer.status === 401) { finish(says.gone); return; }
    if (answer.ok) { told = await answer.json(); } else { problem = (await answer.json()).error || ""; }
    if ([403, 404].includes(answer.status)) { finish(problem || says.gone); return; }
  } catch { /* the network: told stays null */ }
  if (over) { return; }
  missed = told ? 0 : missed + 1;
  if (told) { show(told); } else if (problem || missed >= MISSED) { unreached(problem || says.unreached); }
  if (!over) { setTimeout(poll, told && told.state === "waiting" ? SOON_MS : problem ? LATER_MS : POLL_MS); }
}

// What the centre said of the room and of others before is not known any more.
function unreached(why) {
  [state, words] = ["", why];
  tell();
  put(field("viewers"), "—");
  field("seen").hidden = true;
}

function show(told) {
  if (told.asks) { finish(told.words); return; }
  comes = told.state === "running" || told.state === "slow";
  [state, words] = [told.state, told.words];
  put(field("viewers"), String(told.viewers));
  field("skipped").hidden = told.state !== "slow";
  field("retry").hidden = told.state !== "refused";
  field("seen").hidden = !comes;
  delay = told.delay_s;
  if (!stop) { badge("waiting"); }
  tell();
  const other = order !== "" && told.order !== order, now = performance.now();
  order = told.order || order;
  const stuck = !stop || now - last.ms > (other ? POLL_MS : STALLED_MS);
  if (comes && !held && stuck && (tries === 0 || now > again)) { join(); }
}

// --- the end

// Nothing is asked for any more, so that the box stops; who wants to go on says so.
function finish(why) {
  if (over) { return; }
  over = true;
  leave();
  badge("ended");
  put(field("words"), why);
  for (const name of ["end", "retry", "seen", "skipped", "standing"]) { field(name).hidden = true; }
  const again = field("again"), button = again.querySelector("button");
  again.hidden = false;
  // Where the button to end it was: the second press of two goes nowhere.
  setTimeout(() => { button.disabled = false; }, REST_MS);
}

function end(why) {
  const form = field("end");
  fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual", keepalive: true }).catch(() => {});
  finish(why);
}

field("end").addEventListener("submit", (event) => {
  event.preventDefault();
  end(says.over);
});
whenAway(() => end(says.away));
setInterval(watch, 1000);
badge("waiting");
poll();
