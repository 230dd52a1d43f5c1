// Puts an inspection on record without leaving the picture; what is missing is said beside the button.
"use strict";

const form = document.querySelector("[data-inspect]");

function tell(text, kind) {
  const line = form.querySelector(".answer-line");
  line.textContent = text;
  line.className = `answer-line ${kind}`;
}

async function record(event) {
  event.preventDefault();
  const signed = form.elements.drawn.value || form.elements.typed.value.trim();
  if (!signed) {
    tell(form.dataset.unsigned, "trouble");
    form.elements.typed.focus();
    return;
  }
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { accept: "application/json" } });
    const said = await answer.json().catch(() => ({ error: form.dataset.gone }));
    if (answer.ok && said.inspection) {
      tell(form.dataset.kept.replace("{inspection}", said.inspection), "whole");
      form.reset();
      form.elements.sure.value = "";
      document.getElementById("sign-clear").click();
    } else {
      tell(said.error, "trouble");
      form.elements.sure.value = said.sure || "";
    }
  } catch {
    tell(form.dataset.lost, "trouble");
  }
  button.disabled = false;
}

if (form) { form.addEventListener("submit", record); }
