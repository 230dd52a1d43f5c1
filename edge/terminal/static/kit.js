// What both pages share: texts into places, presses, the picture of the camera, a pad of digits, pages of choices.
"use strict";

const PICTURE_MS = 120;
const at = (id) => document.getElementById(id);
const said = document.body.dataset;
const token = document.querySelector("meta[name=token]").content;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const put = (id, text) => { const node = at(id); if (node.textContent !== text) node.textContent = text; };
const show = (id, shown) => { at(id).hidden = !shown; };

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// While the box does not answer nothing can be pressed, and no link leads to a page that nobody serves.
function cutOff(lost) {
  show("lost", lost);
  document.body.classList.toggle("cut", lost);
  document.querySelectorAll("body > header, body > main, body > footer").forEach((node) => { node.inert = lost; });
}

function item(text, time) {
  const node = document.createElement("li");
  node.textContent = text;
  if (time) node.append(Object.assign(document.createElement("time"), { textContent: time }));
  return node;
}

// The answer of the box: `value`, or `error` in words with its `code`. A page that the box does not know loads itself anew.
async function send(path, body, headers = {}) {
  try {
    const answer = await fetch(`${path}?lang=${said.lang}`, {
      method: "POST", keepalive: true, body: JSON.stringify(body), signal: AbortSignal.timeout(10000),
      headers: { "Content-Type": "application/json", "X-Zaitang-Token": token, ...headers },
    });
    if (answer.status === 403) location.reload();
    const value = await answer.json();
    return answer.ok ? { value } : { error: capital(value.error || said.failed), code: value.code || "" };
  } catch {
    return { error: said.failed, code: "" };
  }
}

// Shows the camera's picture in #camera while `open()`; fetched one after the other. `shown` is told whether there is one.
async function watch(open, shown) {
  try {
    const answer = open() ? await fetch("/camera.jpg", { signal: AbortSignal.timeout(4000) }) : null;
    const there = answer !== null && answer.status === 200;
    if (there) await paint(await answer.blob());
    shown(there);
  } catch {
    shown(false);
  }
  setTimeout(() => watch(open, shown), PICTURE_MS);
}

async function paint(blob) {
  const image = at("camera"), address = URL.createObjectURL(blob), before = image.src;
  image.src = address;
  await image.decode();
  if (before) URL.revokeObjectURL(before);
}

// A pad of digits. The digits are nowhere but here: in no element, no address, and gone with `clear`.
function pad(id) {
  const node = at(id), dots = node.querySelector(".dots"), problem = node.querySelector(".problem");
  const done = node.querySelector("[data-key=done]");
  const keys = [...node.querySelectorAll(".key")];
  let digits = "", waits = false, rules = { least: 4, most: 6, secret: true, give: () => {} };
  const draw = () => {
    dots.textContent = rules.secret ? "●".repeat(digits.length) : digits;
    keys.forEach((key) => { key.disabled = waits; });
    done.disabled = waits || digits.length < rules.least;
  };
  // Until the box has answered no key is taken: it could be meant for the next question.
  const give = async () => {
    const given = digits;
    [digits, waits] = ["", true];
    draw();
    try { await rules.give(given); } finally { waits = false; draw(); }
  };
  keys.forEach((key) => key.addEventListener("click", () => {
    const what = key.dataset.key;
    if (what === "done") { give(); return; }
    problem.hidden = true;
    digits = what === "back" ? digits.slice(0, -1) : (digits + what).slice(0, rules.most);
    draw();
  }));
  return {
    ask: (give, more = {}) => { rules = { least: 4, most: 6, secret: true, give, ...more }; digits = ""; problem.hidden = true; draw(); },
    clear: () => { digits = ""; rules.give = () => {}; problem.hidden = true; draw(); },
    refuse: (text) => { digits = ""; draw(); problem.textContent = text; problem.hidden = false; },
  };
}

// Large buttons, as many as there is room for; the rest on further pages. An entry: name, mark, off. `kind`: "p" where
// they are only to be read.
function pages(id, kind = "button") {
  const node = at(id), choices = node.querySelector(".choices"), turn = node.querySelector(".turn");
  let entries = [], pick = () => {}, first = 0, key = "";
  const room = () => {
    const gap = 10, height = Math.max(64, Math.min(96, innerHeight * 0.12));
    const columns = Math.max(1, Math.floor((choices.clientWidth + gap) / (230 + gap)));
    const rows = Math.max(1, Math.floor((node.clientHeight - (entries.length > columns * 3 ? 84 : 0) + gap) / (height + gap)));
    choices.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    return columns * rows;
  };
  const draw = () => {
    const most = room();
    first = Math.min(first, Math.max(0, Math.floor((entries.length - 1) / most) * most));
    choices.replaceChildren(...entries.slice(first, first + most).map((entry) => {
      const button = Object.assign(document.createElement(kind), { className: "choice" });
      if (kind === "button") Object.assign(button, { type: "button", disabled: !!entry.off });
      button.textContent = entry.name;
      if (entry.mark) button.append(Object.assign(document.createElement("small"), { textContent: entry.mark }));
      button.addEventListener("click", () => pick(entry));
      return button;
    }));
    // A long name is written smaller rather than cut off.
    ["tight", "tighter"].forEach((size) => [...choices.children]
      .filter((node) => node.scrollHeight > node.clientHeight + 1 || node.scrollWidth > node.clientWidth + 1)
      .forEach((node) => node.classList.add(size)));
    node.querySelector(".none").hidden = entries.length > 0;
    turn.hidden = entries.length <= most;
    node.querySelector(".number").textContent = `${Math.floor(first / most) + 1} / ${Math.max(1, Math.ceil(entries.length / most))}`;
    node.querySelector(".before").disabled = first === 0;
    node.querySelector(".after").disabled = first + most >= entries.length;
    turn.dataset.step = most;
  };
  node.querySelector(".before").addEventListener("click", () => { first -= Number(turn.dataset.step); draw(); });
  node.querySelector(".after").addEventListener("click", () => { first += Number(turn.dataset.step); draw(); });
  return (list, chosen) => {
    const fresh = JSON.stringify([list, node.clientWidth, node.clientHeight]);
    pick = chosen;
    if (fresh === key) return;
    if (JSON.stringify(entries.map((one) => one.name)) !== JSON.stringify(list.map((one) => one.name))) first = 0;
    [entries, key] = [list, fresh];
    draw();
  };
}

// Calls `left` when nobody has touched the screen for so long; `seconds()` may change meanwhile.
function whenIdle(seconds, left) {
  let since = Date.now();
  ["pointerdown", "keydown"].forEach((kind) => addEventListener(kind, () => { since = Date.now(); }, { capture: true }));
  setInterval(() => { if (Date.now() - since > seconds() * 1000) { since = Date.now(); left(); } }, 500);
}
