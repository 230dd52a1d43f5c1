// Shows what the box says, and stays on the screen while one process ends and the next begins.
"use strict";
const byId = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=token]").content;
let version = "", made = false, silent = null;

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

// What is being typed or chosen stays.
function show(html) {
  const main = byId("main"), at = document.activeElement, fields = () => [...main.querySelectorAll("input, select")];
  const called = (one) => one?.id || one?.name, before = new Map(fields().map((one) => [called(one), one]));
  main.innerHTML = html;
  for (const one of fields()) {
    const old = before.get(called(one));
    if (old) [one.value, one.checked] = [old.value, old.checked];
    if (old && old === at) one.focus();
  }
  wire();
}

// Only whom a camera lacks, or who was told that the one in the network is silent, is asked whether the box is to start.
function lacks() {
  if (!byId("knowing")) return;
  const places = [...document.querySelectorAll("#begin select")].map((one) => one.value);
  const network = byId("network").value.trim(), room = places.includes("room") || network;
  byId("knowing").hidden = Boolean(room && places.includes("terminal") && network !== silent);
}

// The status of the answer; 0 where none came.
async function press(path, body) {
  const problem = byId("problem");
  problem.hidden = true;
  try {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-Zaitang-Token": token } });
    if (answer.ok) return answer.status;
    problem.textContent = (await answer.json()).error;
    problem.hidden = false;
    return answer.status;
  } catch {
    problem.textContent = document.body.dataset.failed;
  }
  problem.hidden = false;
  return 0;
}

function wire() {
  lacks();
  byId("begin")?.addEventListener("input", lacks);
  byId("begin")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const roles = Object.fromEntries([...event.target.querySelectorAll("select")].map((one) => [one.name, one.value]));
    const without = Boolean(byId("without")?.checked && !byId("knowing").hidden);
    const network = byId("network")?.value.trim() ?? "", button = event.target.querySelector("button");
    button.disabled = true;
    byId("tries").hidden = !network;
    const status = await press("/begin", { roles, network, without });
    // The page may have been drawn anew meanwhile.
    if (byId("tries")) byId("tries").hidden = true;
    for (const one of document.querySelectorAll("#begin button")) one.disabled = false;
    made = status === 200;
    if (status === 424) silent = network;
    lacks();
    byId("starts").hidden = !made;
  });
  byId("centre")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await press("/centre", { address: byId("address").value, pin: byId("pin").value }) === 200) await look();
  });
  byId("again")?.addEventListener("click", async () => { await press("/again", {}); await look(); });
}

look();
setInterval(look, 2000);
