// Shows what the box says, and stays on the screen while one process ends and the next begins.
"use strict";
const byId = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=token]").content;
let version = "", made = false;

async function look() {
  try {
    const answer = await fetch("/first-boot.json");
    if (answer.status === 404) return location.replace("/");
    if (!answer.ok) throw new Error(answer.status);
    const said = await answer.json();
    byId("starts").hidden = !made;
    if (said.version !== version) {
      version = said.version;
      show(said.html);
    }
  } catch {
    byId("starts").hidden = false;
  }
}

// What is being typed stays.
function show(html) {
  const main = byId("main"), at = document.activeElement?.id;
  const typed = [...main.querySelectorAll("input")].map((one) => [one.id, one.value]);
  main.innerHTML = html;
  for (const [id, value] of typed) if (byId(id)) byId(id).value = value;
  if (at) byId(at)?.focus();
  wire();
}

async function press(path, body) {
  const problem = byId("problem");
  problem.hidden = true;
  try {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-Zaitang-Token": token } });
    if (answer.ok) return true;
    problem.textContent = (await answer.json()).error;
  } catch {
    problem.textContent = document.body.dataset.failed;
  }
  problem.hidden = false;
  return false;
}

function wire() {
  byId("begin")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const roles = Object.fromEntries([...event.target.querySelectorAll("select")].map((one) => [one.name, one.value]));
    made = await press("/begin", { roles, network: byId("network")?.value ?? "" });
    byId("starts").hidden = !made;
  });
  byId("centre")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await press("/centre", { address: byId("address").value, pin: byId("pin").value })) await look();
  });
  byId("again")?.addEventListener("click", async () => { await press("/again", {}); await look(); });
}

look();
setInterval(look, 2000);
