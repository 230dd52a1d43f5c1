// The enrolment pages: what the box says of the step is shown; nothing is kept here but the key that opened them.
"use strict";

const POLL_MS = 400, LOCKED_S = 60;
const list = pages("list"), digits = pad("pad");
let key = "", current = null, over = "", consent = "", shown = "", failures = 0;
// `over`: a list or a pad that this page asks before the step of the box goes on.

const names = (people) => people.filter((one) => one.pin).map((one) => ({ ...one, mark: "" }));

function only(state) {
  document.querySelectorAll("[data-state]").forEach((node) => { node.hidden = node.dataset.state !== state; });
}

function problem(text) {
  put("problem", text || "");
  show("problem", !!text);
}

function askList(title, entries, chosen) {
  over = "list";
  put("list-title", title);
  only("list");
  list(entries, chosen);
}

function askPad(title, give, more) {
  over = "pad";
  put("pad-title", title);
  only("pad");
  digits.ask(give, more);
}

function backToStep() {
  over = "";
  digits.clear();
  problem("");
  if (current) showStep(current);
  else begin();
}

// --- opening

async function begin() {
  [key, current, over] = ["", null, ""];
  const answer = await send("/enrol/classes", {});
  if (answer.error) { problem(answer.error); setTimeout(begin, 2000); return; }
  problem("");
  cutOff(false);
  const classes = answer.value.classes.map((one) => ({ ...one, name: one.title }));
  if (!classes.length) { problem(said.noClass); setTimeout(begin, 2000); return; }
  if (classes.length === 1) askOpen(classes[0], answer.value.code);
  else askList(said.class, classes, (one) => askOpen(one, answer.value.code));
}

function askOpen(one, code) {
  put("class", one.title);
  const openers = names(one.instructors);
  if (code) openers.push({ name: said.code, code: true });
  if (!openers.length) problem(said.none);
  askList(said.open, openers, (who) => {
    askPad(who.code ? said.code : fill(said.teacher, who), async (given) => {
      const body = { class: one.class, ...(who.code ? { code: given } : { instructor: who.person, pin: given }) };
      const answer = await send("/enrol/open", body);
      if (answer.error) { digits.refuse(answer.error); return; }
      key = answer.value.key;
      over = "";
      refresh();
    }, who.code ? { least: 6, most: 12 } : {});
  });
}

// --- the steps

async function refresh() {
  if (!key) return;
  const answer = await send("/enrol/view", {}, { "X-Zaitang-Enrolment": key });
  take(answer);
}

function take(answer) {
  if (answer.code === "EnrolmentLocked") { leave(); return; }
  failures = answer.value ? 0 : failures + 1;
  cutOff(failures > 2);
  if (answer.value) { current = answer.value; if (!over) showStep(current); }
}

async function press(action, more = {}) {
  const answer = await send("/enrol/press", { do: action, ...more }, { "X-Zaitang-Enrolment": key });
  if (answer.error && answer.code !== "EnrolmentLocked") return answer;
  over = "";
  problem("");
  digits.clear();
  take(answer);
  return null;
}

async function pressed(action, more) {
  const refused = await press(action, more);
  if (refused) problem(refused.error);
}

// An instructor confirms by the own PIN; `rest`: who or what else could.
function confirmed(action, more = {}, able = names(current.instructors), rest = []) {
  const ways = [...able, ...rest];
  if (!ways.length) { problem(said.noneHere); return; }
  const ask = (who) => askPad(who.code ? fill(said.codeFor, current) : fill(said.teacher, who), async (given) => {
    const word = who.code ? { code: given } : { instructor: who.person, instructor_pin: given };
    const refused = await press(action, { ...more, ...word });
    if (refused) digits.refuse(refused.error);
  }, who.code ? { least: 6, most: 12 } : {});
  if (ways.length === 1) ask(ways[0]);
  else askList(said.which, ways, ask);
}

const others = () => names(current.instructors).filter((one) => one.person !== current.person);

function showStep(step) {
  put("class", step.title);
  document.querySelectorAll(".name").forEach((node) => { if (node.textContent !== step.name) node.textContent = step.name; });
  if (step.state !== "pin") only(step.state === "choose" ? "list" : step.state);
  if (step.state !== "consent") consent = "";
  const render = { choose: showNames, consent: showText, anchor: showAnchor, shots: showShots, stopped: showStopped, pin: askNewPin, withdrawn: showErased };
  if (render[step.state]) render[step.state](step);
}

function showNames(step) {
  put("list-title", said.choose);
  if (step.told && at("problem").hidden) problem(capital(step.told));
  const marks = (one) => [one.role === "instructor" && said.instructor, one.enrolled && said.enrolled, one.pin && said.pin].filter(Boolean).join(" · ");
  list(step.people.map((one) => ({ ...one, mark: marks(one) })), (one) => pressed("choose", { person: one.person }));
}

function showText(step) {
  const before = { refused: said.refused, withdrawn: said.withdrawn }[step.said] || "";
  put("before", before);
  show("before", !!before);
  const fresh = step.person + step.text.join("\n");
  if (fresh === consent) return;
  [consent, shown] = [fresh, step.text_sha256];
  at("text").replaceChildren(...step.text.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  at("text").scrollTop = 0;
  at("agree").disabled = true;
  wasRead();
}

// “I agree” can be pressed once the end of the text was on the screen.
function wasRead() {
  const text = at("text"), end = text.scrollTop + text.clientHeight >= text.scrollHeight - 4;
  if (end && text.clientHeight) at("agree").disabled = false;
  at("text-up").disabled = text.scrollTop < 4;
  at("text-down").disabled = end;
}

function showAnchor(step) {
  show("card", step.card);
  show("vouch", step.inspector);
}

function showShots(step) {
  at("figure").dataset.pose = step.pose || "front";
  put("pose", step.pose_text);
  put("advice", step.advice_text === step.pose_text ? "" : step.advice_text);
  at("advice").classList.toggle("good", step.advice === "good");
  at("ring").classList.toggle("good", step.advice === "good");
  at("taken").setAttribute("aria-label", fill(said.step, { number: Math.min(step.taken + 1, step.of), of: step.of }));
  at("taken").replaceChildren(...Array.from({ length: step.of }, (_, index) =>
    Object.assign(document.createElement("i"), { className: index < step.taken ? "done" : "" })));
}

function showStopped(step) {
  put("found", step.found || "");
  show("decide", step.anchor !== "none" && !step.decides);
  show("overrule", step.anchor !== "none" && step.decides);
  show("no-anchor", step.anchor === "none");
}

function showErased(step) {
  put("erased", step.held ? said.held : step.erasing ? said.erasing : said.erased);
}

function askNewPin(step) {
  askPad(fill(said.newPin, step), (first) => {
    askPad(fill(said.repeat, step), async (second) => {
      if (first !== second) { askNewPin(step); digits.refuse(said.differs); return; }
      const refused = await press("pin", { pin: first });
      if (!refused) return;
      if (refused.code === "PinGuarded" || refused.code === "NotConfirmed") vouched(first, refused.error);
      else if (refused.code === "PinTaken") askOld(step, first);
      else { askNewPin(step); digits.refuse(refused.error); }
    });
  });
}

// There is a PIN: the old one, or somebody who confirms who stands here.
function askOld(step, pin) {
  askList(said.taken, [{ name: said.knows }, { name: said.forgot, forgot: true }], (one) => {
    if (one.forgot) { vouched(pin, said.noneHere); return; }
    askPad(fill(said.old, step), async (old) => {
      const refused = await press("pin", { pin, old });
      if (refused) digits.refuse(refused.error);
    });
  });
}

// Another instructor, or the maintenance code.
function vouched(pin, nobody) {
  const code = current.code ? [{ name: said.code, code: true }] : [];
  if (others().length + code.length) { confirmed("pin", { pin }, others(), code); return; }
  problem(nobody);
  askNewPin(current);
}

function leave() {
  if (key) send("/enrol/close", {}, { "X-Zaitang-Enrolment": key });
  key = "";
  location.replace(`/?lang=${said.lang}`);
}

function scroll(sign) {
  at("text").scrollBy({ top: sign * at("text").clientHeight * 0.8 });
}

const on = (id, act) => at(id).addEventListener("click", act);
const onAll = (kind, act) => document.querySelectorAll(kind).forEach((node) => node.addEventListener("click", act));
on("leave", leave);
on("pad-back", () => { if (current && current.state === "pin") pressed("again"); else backToStep(); });
on("again-yes", () => confirmed("confirm"));
on("withdraw", () => { over = "sure"; only("sure"); });
on("sure-yes", () => confirmed("withdraw", { person: current.person }));
on("sure-no", backToStep);
on("refuse", () => pressed("refuse"));
on("agree", () => pressed("agree", { text: shown }));
on("card", () => pressed("card"));
on("unanchored", () => pressed("unanchored"));
on("vouch", () => askPad(said.badge, async (number) => {
  const refused = await press("vouch", { inspector: number });
  if (refused) digits.refuse(refused.error);
}, { secret: false, least: 4, most: 20 }));
on("decide", () => confirmed("decide", { person: current.person }, others()));
on("overrule", () => confirmed("overrule", { person: current.person }, others()));
on("text-up", () => scroll(-1));
on("text-down", () => scroll(1));
at("text").addEventListener("scroll", wasRead);
onAll(".to-list", () => pressed("again"));
onAll(".by-pin", () => pressed("cannot"));
onAll(".next", () => pressed("next"));
addEventListener("pagehide", () => { if (key) send("/enrol/close", {}, { "X-Zaitang-Enrolment": key }); });
whenIdle(() => LOCKED_S, () => { if (!current || !["shots", "consent"].includes(current.state)) leave(); });
// Another language is another page: it goes on where this one was.
document.querySelector("a[hreflang]").addEventListener("click", () => { sessionStorage.setItem("enrolment", key); key = ""; });
key = sessionStorage.getItem("enrolment") || "";
sessionStorage.removeItem("enrolment");
if (key) refresh();
else begin();
setInterval(refresh, POLL_MS);
watch(() => current && current.state === "shots" && !over, (there) => show("camera", there));
