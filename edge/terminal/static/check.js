// The check of the box: what was found is shown; nothing is kept here but the key that opened the page.
"use strict";
const POLL_MS = 1000, ROOM_MS = 2000;
let key = "", sees = false, round = 0;
const digits = at("pad") ? pad("pad") : null;
const ask = (path, body = {}) => send(`/check/${path}`, body, { "X-Zaitang-Check": key });

function problem(text) {
  put("problem", text || "");
  show("problem", !!text);
}

function locked() {
  key = "";
  show("locked", true);
  show("open", false);
  digits?.ask(async (code) => {
    const answer = await send("/check/open", { code });
    if (answer.error) { problem(answer.error); return; }
    problem("");
    key = answer.value.key;
    digits.clear();
    show("locked", false);
    show("open", true);
    poll();
  }, { least: 6, most: 12 });
}

function line(one) {
  const node = document.createElement("li");
  node.className = one.state;
  node.append(Object.assign(document.createElement("strong"), { textContent: `${one.about} · ${one.shown}` }));
  node.append(Object.assign(document.createElement("p"), { textContent: one.says }));
  if (one.todo.length) {
    const tags = { code: "code", name: "em", plain: "span" }, todo = Object.assign(document.createElement("p"), { textContent: "→ " });
    todo.append(...one.todo.map(([kind, part]) => Object.assign(document.createElement(tags[kind]), { textContent: part })));
    node.append(todo);
  }
  return node;
}

function draw(now) {
  put("verdict", now.runs ? fill(said.runs, now) : now.looks ? said.looks
    : !now.checked ? said.unchecked : now.passed ? said.passed : said.open);
  const shown = JSON.stringify(now.lines);
  if (at("lines").dataset.shown !== shown) {
    at("lines").dataset.shown = shown;
    at("lines").replaceChildren(...now.lines.map(line));
  }
  at("begin").disabled = now.runs || now.looks;
  at("face").disabled = now.runs || now.looks || !now.checked || !now.face;
  show("sheet", now.checked && !now.runs);
}

function take(answer) {
  if (answer.code === "CheckLocked") { locked(); return false; }
  problem(answer.error);
  if (answer.value) draw(answer.value);
  return true;
}

async function poll() {
  if (key && take(await ask("view"))) setTimeout(poll, POLL_MS);
}

async function room(mine) {
  if (!sees || !key || mine !== round) return;
  try {
    const answer = await fetch("/check/room", { method: "POST", body: "{}", signal: AbortSignal.timeout(20000),
      headers: { "Content-Type": "application/json", "X-Zaitang-Token": token, "X-Zaitang-Check": key } });
    if (answer.ok) {
      const image = at("room"), before = image.src;
      image.src = URL.createObjectURL(await answer.blob());
      if (before) URL.revokeObjectURL(before);
      show("room", true);
    } else problem(capital((await answer.json()).error));
  } catch { problem(said.failed); }
  setTimeout(room, ROOM_MS, mine);
}

for (const name of ["begin", "face"]) at(name).addEventListener("click", async () => take(await ask("press", { do: name })));
at("look").addEventListener("click", () => { sees = !sees; show("room", false); room(++round); });
at("leave").addEventListener("click", async () => { if (key) await ask("close"); location.href = `/?lang=${said.lang}`; });
locked();
