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
      byId("main").innerHTML = said.html;
      wire();
    }
  } catch {
    byId("starts").hidden = false;
  }
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
  byId("again")?.addEventListener("click", async () => { await press("/again", {}); await look(); });
}

look();
setInterval(look, 2000);
