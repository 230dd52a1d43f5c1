// Signing in without the face: name, PIN, the instructor's word. And the PIN that look-alikes give beside the face.
"use strict";

const IDLE_S = 30, INSTRUCTOR_S = 90, TOLD_MS = 4000, TO_DO_MS = 10000;
const pinPad = pad("pin-pad"), pinNames = pages("pin-names");
let here = null, chosen = null, pin = "", second = null, busy = false, told = 0, calling = false;
// `calling`: the instructor is being waited for, who may be at the other end of the room.

// One step of the dialog is shown at a time; its title says whose turn it is.
function pinStep(step, title, mark = "") {
  ["pin-names", "pin-pad", "pin-done"].forEach((id) => show(id, id === `pin-${step}`));
  put("pin-title", title);
  put("pin-note", mark);
  show("pin-note", !!mark);
  show("pin-back", step !== "done");
  calling = false;
}

function openPins() {
  clearTimeout(told);
  if (!at("pins").open) at("pins").showModal();
}

function closePins() {
  clearTimeout(told);
  [here, chosen, pin, busy] = [null, null, "", false];
  pinPad.clear();
  if (second) send("/pin/leave", { person: second });
  second = null;
  if (at("pins").open) at("pins").close();
}

function saidDone(name, text, good = true) {
  pin = "";
  pinPad.clear();
  at("pin-done").className = `told ${good ? "good" : "bad"}`;
  put("pin-done-name", name);
  put("pin-done-text", text);
  put("pin-done-time", good ? at("clock").textContent.slice(0, 5) : "");
  pinStep("done", "");
  told = setTimeout(closePins, good ? TOLD_MS : TO_DO_MS);
}

async function listPeople() {
  openPins();
  pinStep("names", said.pinWho);
  pinNames([], () => {});
  const answer = await send("/pin/people", {});
  if (!at("pins").open) return;
  if (answer.error) { saidDone("", answer.error, false); return; }
  here = answer.value;
  const mark = (one) => one.locked ? said.pinLocked : one.came ? said.pinIn : one.pin ? "" : said.pinNone;
  pinNames(here.people.map((one) => ({ ...one, mark: mark(one) })), askPin);
}

function askPin(person) {
  chosen = person;
  if (!person.pin) { saidDone(person.name, said.pinUnset, false); return; }
  send("/pin/open", { person: person.person });  // from now on the person is seen, however long the instructor takes
  if (person.locked) { unlockPin(); return; }
  pinStep("pad", fill(said.pinOf, { name: person.name }), said.pinHide);
  pinPad.ask(async (digits) => {
    const answer = await send("/pin/check", { person: person.person, pin: digits });
    if (!at("pins").open || chosen !== person) return;
    if (answer.code === "PinLocked") { unlockPin(); return; }
    if (answer.error) { pinPad.refuse(answer.error); return; }
    pin = digits;
    const teaches = here.instructors.some((one) => one.person === person.person);
    if (teaches && !others().length) signIn("", "");
    else askInstructor((who, given) => signIn(who, given));
  });
}

// The instructor confirms each sign-in by the own PIN.
const others = () => here.instructors.filter((one) => one.pin && !one.locked && one.person !== chosen.person);

function askInstructor(give, why = said.pinFor) {
  const able = others();
  const asked = (one) => {
    pinStep("pad", fill(said.pinTeacher, { name: one.name }), fill(why, { name: chosen.name }));
    calling = true;
    pinPad.ask((digits) => give(one.person, digits));
  };
  if (!able.length) { saidDone(chosen.name, said.pinNobody, false); return; }
  if (able.length === 1) { asked(able[0]); return; }
  pinStep("names", said.pinWhich, fill(why, { name: chosen.name }));
  calling = true;
  pinNames(able, asked);
}

function unlockPin() {
  askInstructor(async (instructor, digits) => {
    const answer = await send("/pin/unlock", { person: chosen.person, instructor, instructor_pin: digits });
    if (!at("pins").open) return;
    if (answer.error) pinPad.refuse(answer.error);
    else askPin({ ...chosen, locked: false });
  }, said.pinUnlock);
}

async function signIn(instructor, digits) {
  if (busy) return;
  busy = true;
  const answer = await send("/pin/sign-in", { person: chosen.person, pin, instructor, instructor_pin: digits });
  busy = false;
  if (!at("pins").open || !chosen) return;
  if (!answer.error) { saidDone(answer.value.name, answer.value.text, answer.value.good); return; }
  if (answer.code === "InstructorRefused" && instructor) { pinPad.refuse(answer.error); return; }
  if (["WrongPin", "PinWait"].includes(answer.code)) { pin = ""; askPin(chosen); pinPad.refuse(answer.error); return; }
  saidDone(chosen.name, answer.error, false);
}

// Called with every state: the pad opens when the desk wants a PIN beside the face, and closes when it does not any more.
function showSecond(person, text) {
  if (person === second) return;
  if (!person) {
    second = null;
    if (!told || at("pin-done").hidden) closePins();
    return;
  }
  if (at("pins").open || at("code").open) return;
  second = person;
  openPins();
  pinStep("pad", text, said.pinHide);
  pinPad.ask(async (digits) => {
    const answer = await send("/pin/second", { person, pin: digits });
    if (second === person && answer.error) pinPad.refuse(answer.error);
  });
}

at("no-face").addEventListener("click", listPeople);
at("pin-back").addEventListener("click", closePins);
at("pin-done").addEventListener("click", closePins);
at("pins").addEventListener("cancel", (event) => { event.preventDefault(); closePins(); });
whenIdle(() => calling ? INSTRUCTOR_S : IDLE_S, () => {
  closePins();
  ["alarm-list", "everybody", "correct"].filter((id) => at(id).open).forEach((id) => at(id).close());
});
