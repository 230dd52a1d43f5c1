// The own record: whoever was just recognised, or gives the own PIN, gets a code for the telephone. It does not stay long.
"use strict";

const OWN_IDLE_S = 30;
const ownPad = pad("own-pad"), ownNames = pages("own-names");
let ownFor = "", ownBefore = "", ownLeft = 0, ownTimer = 0, ownSize = 0, ownAsks = false;

function ownStep(step, title, note = "") {
  ["own-names", "own-pad", "own-code"].forEach((id) => show(id, id === `own-${step}`));
  put("own-title", title);
  put("own-note", note);
  show("own-note", !!note);
  if (!at("own").open) at("own").showModal();
}

// The code leaves the page with its dialog.
function closeOwn() {
  clearInterval(ownTimer);
  [ownFor, ownLeft, ownTimer, ownSize] = ["", 0, 0, 0];
  ownPad.clear();
  at("own-path").removeAttribute("d");
  if (at("own").open) at("own").close();
}

// Whole dots of the screen for each module: a code with uneven ones is read badly.
function sizeOwnCode() {
  if (!ownSize) return;
  const room = Math.min(at("own-code").clientHeight, 0.6 * at("own-code").clientWidth) * devicePixelRatio;
  const side = Math.max(1, Math.floor(room / ownSize)) * ownSize / devicePixelRatio;
  ["width", "height"].forEach((name) => at("own-mark").setAttribute(name, side));
}

function showOwnCode(value) {
  clearInterval(ownTimer);
  ownPad.clear();
  [ownFor, ownLeft] = [value.name, value.seconds];
  ownBefore = newest(current);
  at("own-mark").setAttribute("viewBox", `0 0 ${value.size} ${value.size}`);
  at("own-path").setAttribute("d", value.path);
  ownStep("code", value.name);
  ownSize = value.size;
  sizeOwnCode();
  const tick = () => {
    put("own-left", fill(said.left, { seconds: ownLeft }));
    if (ownLeft <= 0) closeOwn();
    ownLeft -= 1;
  };
  tick();
  ownTimer = setInterval(tick, 1000);
}

const known = (checkin) => !!checkin.result && checkin.result.good && checkin.state === "look" && checkin.faces.length > 0;

// `quiet`: nobody has pressed; the face that the terminal knows may be gone by now.
async function ownByFace(quiet) {
  if (ownAsks || !current.checkin.result) return;
  ownAsks = true;
  const answer = await send("/own/face", { attempt: current.checkin.result.attempt });
  ownAsks = false;
  if (quiet && (!at("own").open || at("own-names").hidden)) return;
  if (!answer.error) showOwnCode(answer.value);
  else if (!quiet) refuse(answer.error);
}

async function listOwn() {
  ownStep("names", said.ownWho, current && current.checkin.open ? said.ownFace : "");
  ownNames([], () => {});
  const answer = await send("/own/people", {});
  if (!at("own").open) return;
  if (answer.error) { closeOwn(); refuse(answer.error); return; }
  const mark = (one) => one.locked ? said.pinLocked : one.pin ? "" : said.pinNone;
  ownNames(answer.value.people.map((one) => ({ ...one, mark: mark(one), off: one.locked || !one.pin })), (person) => {
    ownStep("pad", fill(said.pinOf, { name: person.name }), said.ownHides);
    ownPad.ask(async (digits) => {
      const given = await send("/own/pin", { class: answer.value.class, person: person.person, pin: digits });
      if (!at("own").open) return;
      if (given.error) ownPad.refuse(given.error);
      else showOwnCode(given.value);
    });
  });
}

const newest = (state) => (state && state.checkin.result ? state.checkin.result.attempt : "");

// Called with every state: the code goes when somebody else has an answer at the camera, not for one of before.
function showOwn(state) {
  show("own-open", state.own);
  const result = state.checkin.result;
  if (ownFor && result && result.name && result.name !== ownFor && newest(state) !== ownBefore) closeOwn();
  if (at("own").open && !at("own-names").hidden && known(state.checkin)) ownByFace(true);
}

at("own-open").addEventListener("click", listOwn);
at("own-now").addEventListener("click", () => ownByFace(false));
addEventListener("resize", sizeOwnCode);
at("own-close").addEventListener("click", closeOwn);
at("own").addEventListener("cancel", (event) => { event.preventDefault(); closeOwn(); });
whenIdle(() => OWN_IDLE_S, () => { if (at("own").open && at("own-code").hidden) closeOwn(); });
