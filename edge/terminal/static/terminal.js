// Shows /state.json, again and again; every sentence in it comes from the box. The page keeps no state of its own.
"use strict";

const POLL_MS = 500, PATIENCE = 3, READ_MS = 30000;
let current = null, failures = 0, pressing = false, asked = false, shows = "";

function duration(seconds) {
  const part = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${part(minutes)}:${part(seconds % 60)}` : `${minutes}:${part(seconds % 60)}`;
}

// Fills a list that must not scroll: what has no room is counted in a last item.
function names(id, entries) {
  const list = at(id), key = JSON.stringify([entries, list.clientWidth, list.clientHeight]);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...entries.map((entry) => {
    const node = item(entry.name + (entry.mark || ""), entry.time);
    if (entry.kind) node.classList.add(entry.kind);
    if (entry.why) node.append(Object.assign(document.createElement("small"), { textContent: entry.why }));
    return node;
  }));
  let hidden = 0;
  while (list.scrollHeight > list.clientHeight + 1 && list.children.length > 1) {
    if (hidden) list.lastChild.remove();
    list.lastChild.remove();
    hidden += 1;
    const more = item(fill(said.more, { count: hidden }));
    more.className = "more";
    list.append(more);
  }
}

// A whole line is missing, or the end of one; letters may be a little higher than their line.
const cut = (node) => node.scrollHeight > node.clientHeight + parseFloat(getComputedStyle(node).fontSize) / 2
  || node.scrollWidth > node.clientWidth + 1;

// In smaller letters if it would be cut off otherwise.
function fit(id, isCut) {
  at(id).classList.remove("tight");
  at(id).classList.toggle("tight", isCut(at(id)));
}

function showLesson(state) {
  const lesson = state.lesson;
  put("title", lesson.title || lesson.text);
  fit("title", cut);
  const times = lesson.start ? `${lesson.day ? lesson.day + " " : ""}${lesson.start}–${lesson.end}` : "";
  put("lesson", [lesson.title ? lesson.text : "", lesson.kind, times, lesson.room].filter(Boolean).join(" · "));
  put("clock", state.clock);
  at("banners").replaceChildren(...state.banners.map((banner) => Object.assign(item(banner.text), { className: banner.code })));
  show("banners", state.banners.length > 0);
}

function showRecording(state) {
  const recording = state.recording;
  at("recording").className = `rec ${recording.state}`;
  put("recording-text", recording.text);
  put("minutes", recording.needed_s === undefined ? "–" : duration(recording.shown_s));
  fit("minutes", (node) => node.textContent.length > 5);
  put("unit", recording.unit || "");
  at("bar").style.strokeDasharray = `${recording.share || 0} 1000`;
  at("bar").style.opacity = recording.share ? 1 : 0;
  put("still", recording.need || "");
  put("possible", recording.possible || "");
  put("deadline", recording.deadline || "");
  at("deadline").dataset.state = recording.chance || "";
  put("since", state.session ? state.session.text : state.lesson.class ? said.check : "");
  const started = state.session && state.session.pressed;
  at("start").disabled = pressing || started || !state.lesson.class;
  at("end").disabled = pressing || !state.session;
}

// A question that is open is not changed by what happens meanwhile, but it goes when there is nothing to ask.
function showQuestions(state) {
  show("wrong", !!state.correction);
  if (!state.session && at("confirm").open) at("confirm").close();
  if (!state.correction && at("correct").open) at("correct").close();
  if (pressing) return;
  if (state.asked && !asked && !at("confirm").open) askEnd();
  asked = state.asked;
}

let longest = 1, listed = "";
const everybody = pages("everybody-names", "p");

function showDesk(state) {
  const desk = state.checkin, result = desk.result, ask = desk.ask;
  put("guide", desk.text);
  put("hint", desk.hint);
  put("direction", desk.title);
  at("direction").dataset.direction = desk.direction;
  show("direction", desk.open);
  show("no-face", desk.open || desk.state === "no_camera");
  show("result", !!result && !ask);
  if (result) {
    at("result").className = `result ${result.good ? "good" : "bad"}`;
    put("result-name", result.name);
    put("result-text", result.text);
    put("result-time", result.time);
    show("own-now", state.own && known(desk));
    fit("result-name", (node) => node.offsetHeight > 1.6 * parseFloat(getComputedStyle(node).fontSize));
  }
  showAsk(ask, desk.text);
  showSecond(desk.person, desk.text);
  showFace(desk.faces[0]);
}

// The gesture that is asked fills the screen: the figure does it, as in a mirror; a bar says how long there is time.
function showAsk(ask, text) {
  document.querySelector("main").classList.toggle("asking", !!ask);
  show("ask", !!ask);
  if (!ask) { longest = 1; return; }
  longest = Math.max(longest, ask.left_us);
  at("figure").dataset.pose = ask.stage === "asked" ? ask.gesture : "front";
  put("ask-text", text);
  put("ask-step", `${ask.number} / ${ask.of}`);
  put("ask-left", fill(said.left, { seconds: Math.ceil(ask.left_us / 1e6) }));
  at("ask-bar").style.width = `${100 * ask.left_us / longest}%`;
}

// The picture is mirrored and fitted (`object-fit: contain`); the face's frame follows it.
function showFace(face) {
  const image = at("camera"), around = at("picture");
  show("face", !!face && !image.hidden);
  if (!face || image.hidden || !image.naturalWidth) return;
  const scale = Math.min(around.clientWidth / image.naturalWidth, around.clientHeight / image.naturalHeight);
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  const [x, y, w, h] = face.map((ppm) => ppm / 1e6);
  Object.assign(at("face").style, {
    left: `${(around.clientWidth - width) / 2 + (1 - x - w) * width}px`, width: `${w * width}px`,
    top: `${(around.clientHeight - height) / 2 + y * height}px`, height: `${h * height}px`,
  });
}

function showPeople(state) {
  const people = state.people, unseen = state.unseen;
  put("in-count", people.due ? `${people.trainees_in} / ${people.due}` : "");
  put("pin-share", people.pin_text);
  at("pin-share").classList.toggle("much", people.pin_much);
  const came = [...people.in].reverse().map((one) => ({ ...one, time: one.left ? `${one.time}–${one.left}` : one.time }));
  const teachers = people.teachers.map((one) => ({ ...one, name: `${one.role} ${one.name}`, kind: "teacher" }));
  names("in", [...teachers, ...came]);
  put("unseen-title", unseen.title);
  put("unseen-text", unseen.text);
  at("unseen-text").classList.toggle("advice", unseen.advice);
  names("unseen", unseen.names.map((name, index) => ({ name, why: unseen.why[index] })));
  showEverybody(state, [...teachers, ...came]);
  at("sync").className = state.sync.state;
  put("sync-text", state.sync.text);
  const line = (alarm) => `${alarm.time} ${alarm.text}`, all = [...state.alarms, ...state.earlier];
  at("alarms").replaceChildren(...state.alarms.slice(0, 2).map((alarm) => item(line(alarm))));
  if ([...at("alarms").children].some(cut)) at("alarms").replaceChildren(at("alarms").firstChild);
  at("all-alarms").replaceChildren(...all.map((alarm, index) => {
    const node = item(line(alarm));
    node.classList.toggle("earlier", index >= state.alarms.length);
    return node;
  }));
  show("more-alarms", all.length > 0);
  if (!all.length && at("alarm-list").open) at("alarm-list").close();
}

// A list that is only read and that nobody touches covers the buttons below no longer.
function leaveAlone(list) {
  let timer = 0;
  const touched = () => {
    clearTimeout(timer);
    if (list.open) timer = setTimeout(() => list.close(), READ_MS);
  };
  ["pointerdown", "keydown", "scroll", "wheel"].forEach((one) => list.addEventListener(one, touched, { capture: true, passive: true }));
  new MutationObserver(touched).observe(list, { attributeFilter: ["open"] });
}

// When the room was looked at live today.
function showLooks(state) {
  const { title, lines } = state.looks;
  ["looks-open", "looks-title"].forEach((id) => put(id, title));
  show("looks-open", lines.length > 0);
  if (JSON.stringify(lines) === at("looks-list").dataset.key) return;
  at("looks-list").dataset.key = JSON.stringify(lines);
  at("looks-list").replaceChildren(...lines.map((line) => Object.assign(item(line), { className: "earlier" })));
}

// All names of the list that was touched, in pages.
function showEverybody(state, came) {
  if (!at("everybody").open) return;
  const here = listed === "in";
  put("everybody-title", here ? `${at("in-title").firstChild.textContent.trim()} ${at("in-count").textContent}` : state.unseen.title);
  const note = here ? [state.people.pin_text, state.people.pin_why].filter(Boolean).join(" · ") : state.unseen.text;
  put("everybody-note", note);
  show("everybody-note", !!note);
  const entries = here ? came : state.unseen.names.map((name, index) => ({ name, why: state.unseen.why[index] }));
  everybody(entries.map((one) => ({ name: one.name, mark: [one.time, one.mark, one.why].filter(Boolean).join(" ") })), () => {});
}

function listEverybody(which) {
  listed = which;
  at("everybody").showModal();
  everybody([], () => {});
  showPeople(current);
}

// A mark as large as the screen allows: the room camera reads it from across the room.
// It lies before every question that is open, and only what it shows is acknowledged.
function showCode(state) {
  const cells = state.code ? state.code.cells : [], key = state.code ? state.code.id : "";
  if (cells.length && !at("code").open) at("code").showModal();
  if (!cells.length && at("code").open) at("code").close();
  shows = key;
  if (at("code").dataset.key === key) return;
  at("code").dataset.key = key;
  const squares = cells.flatMap((row, y) => [...row].flatMap((cell, x) => cell === "#" ? [[x + 2, y + 2]] : []));
  at("code-mark").replaceChildren(...squares.map(([x, y]) => {
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    Object.entries({ x, y, width: 1, height: 1 }).forEach(([name, value]) => square.setAttribute(name, value));
    return square;
  }));
}

// A question in the place of the lists; once it is safe, the whole screen counts down.
function showBare(state) {
  const bare = state.bareface, asking = !!bare && bare.phase === "asking", showing = !!bare && bare.phase === "showing";
  show("bare", asking);
  if (asking) {
    put("bare-text", bare.text);
    const key = JSON.stringify(bare.begin);
    if (at("bare-begin").dataset.key !== key) {
      at("bare-begin").dataset.key = key;
      at("bare-begin").replaceChildren(...bare.begin.map((one) => {
        const button = Object.assign(document.createElement("button"), { type: "button", className: "start" });
        button.textContent = one.text;
        button.addEventListener("click", () => press("/bareface", { do: "begin", instructor: one.person }));
        return button;
      }));
    }
  }
  if (showing) {
    put("bare-said", bare.text);
    put("bare-left", fill(said.left, { seconds: bare.left_s }));
    if (!at("bare-now").open) at("bare-now").showModal();
  } else if (at("bare-now").open) at("bare-now").close();
}

function showAll(state) {
  current = state;
  showOwn(state);
  showBare(state);
  showCode(state);
  showLesson(state);
  showRecording(state);
  showDesk(state);
  showPeople(state);
  showLooks(state);
  showQuestions(state);
}

async function poll() {
  try {
    const answer = await fetch(`/state.json?lang=${said.lang}&shows=${encodeURIComponent(shows)}`, { signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(String(answer.status));
    showAll(await answer.json());
    failures = 0;
  } catch {
    failures += 1;
  }
  cutOff(failures >= PATIENCE);
  if (failures >= PATIENCE) {
    at("start").disabled = at("end").disabled = true;
    put("guide", said.lost);
  }
  setTimeout(poll, POLL_MS);
}

function showPicture(there) {
  at("camera").hidden = !there;
  show("idle", !there);
  if (!there) show("face", false);
}

async function press(path, body) {
  pressing = true;
  show("refused", false);
  at("start").disabled = at("end").disabled = true;
  const answer = await send(path, body);
  if (answer.error) refuse(answer.error);
  pressing = false;
}

function refuse(text) {
  put("refused", text);
  show("refused", true);
  setTimeout(() => show("refused", false), 8000);
}

// One of the usual reasons, or a text of one's own; `changed` is told of every change.
function reasons(name, changed) {
  const text = at(`${name}-text`), buttons = [...at(`${name}-reasons`).children];
  const mark = () => {
    buttons.forEach((button) => button.classList.toggle("chosen", button.textContent === text.value));
    changed();
  };
  buttons.forEach((button) => button.addEventListener("click", () => { text.value = button.textContent; mark(); }));
  text.addEventListener("input", mark);
  return { get: () => text.value.trim(), clear: () => { text.value = ""; mark(); } };
}

const endReason = reasons("confirm", () => { at("confirm-yes").disabled = !at("why").hidden && !endReason.get(); });

function askEnd() {
  show("why", current.session.early);
  endReason.clear();
  at("confirm").showModal();
}

let right = null;
const correctReason = reasons("correct", () => { at("correct-yes").disabled = !right || !correctReason.get(); });

function askClass() {
  const buttons = current.correction.others.map((other) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "reason" });
    button.textContent = other.title;
    button.addEventListener("click", () => {
      right = { session: current.correction.session, class: other.class };
      buttons.forEach((one) => one.classList.toggle("chosen", one === button));
      at("correct-yes").disabled = !correctReason.get();
    });
    return button;
  });
  right = null;
  put("correct-title", fill(said.wrong, { title: current.correction.title }));
  at("correct-classes").replaceChildren(...buttons);
  correctReason.clear();
  at("correct").showModal();
}

at("start").addEventListener("click", () => press("/start", { class: current.lesson.class }));
at("end").addEventListener("click", askEnd);
at("confirm").addEventListener("close", () => { if (asked) press("/go-on", {}); });
at("confirm-no").addEventListener("click", () => at("confirm").close());
at("confirm-yes").addEventListener("click", () => {
  const body = { session: current.session.id, reason: endReason.get() };
  asked = false;
  at("confirm").close();
  press("/end", body);
});
at("bare-off").addEventListener("click", () => press("/bareface", { do: "put_off" }));
at("bare-stop").addEventListener("click", () => press("/bareface", { do: "put_off" }));
at("bare-now").addEventListener("cancel", (event) => event.preventDefault());
at("code").addEventListener("cancel", (event) => event.preventDefault());
at("more-alarms").addEventListener("click", () => at("alarm-list").showModal());
["in", "unseen"].forEach((which) => at(`${which}-list`).addEventListener("click", () => { if (current) listEverybody(which); }));
at("everybody-close").addEventListener("click", () => at("everybody").close());
at("alarm-close").addEventListener("click", () => at("alarm-list").close());
["alarm-list", "looks"].forEach((id) => leaveAlone(at(id)));
at("looks-open").addEventListener("click", () => at("looks").showModal());
at("looks-close").addEventListener("click", () => at("looks").close());
at("wrong").addEventListener("click", askClass);
at("correct-no").addEventListener("click", () => at("correct").close());
at("correct-yes").addEventListener("click", () => {
  at("correct").close();
  press("/correct", { ...right, reason: correctReason.get() });
});
document.fonts.ready.then(() => document.querySelectorAll(".names").forEach((list) => delete list.dataset.key));
poll();
watch(() => current && current.checkin.open && failures < PATIENCE, showPicture);
