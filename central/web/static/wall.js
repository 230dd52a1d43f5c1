// The wall of classrooms: pictures and words renew themselves in place; what is another list by now is loaded anew.
import { whenAway } from "/static/away.js";

const POLL_MS = 3000, MISSED = 3;
const note = document.querySelector("[data-wall]"), says = note.dataset, list = document.querySelector(".rooms");
let over = false, missed = 0;

function put(element, text) {
  if (element.textContent !== text) { element.textContent = text; }
}

function tell(text) {
  put(note, text);
  note.hidden = text === "";
}

// The picture of before stays until the next one is whole.
async function renew(card, room) {
  const shown = card.dataset.at, wanted = String(room.picture || "");
  if (shown === wanted) { return; }
  card.dataset.at = wanted;
  const image = card.querySelector("img");
  if (wanted) {
    const next = new Image();
    next.src = `${room.url}/picture.jpg?n=${wanted}`;
    try { await next.decode(); } catch { return; }
    image.src = next.src;
  }
  image.hidden = !wanted;
  card.querySelector(".nothing").hidden = Boolean(wanted);
}

function show(card, room) {
  card.className = `room${room.bad ? " bad" : ""} ${room.state}`;
  put(card.querySelector(".cover"), room.name);
  put(card.querySelector(".class"), room.title || says.idle);
  put(card.querySelector(".words"), room.words);
  put(card.querySelector(".at"), room.picture_at || "");
  card.querySelector(".unrecorded").hidden = !room.due || room.recording;
  renew(card, room);
}

// Cards move only where their order is another one, and never under somebody's fingers.
function arrange(rooms) {
  const cards = new Map([...list.children].map((card) => [card.dataset.device, card]));
  if (rooms.length !== cards.size || rooms.some((room) => !cards.has(room.device))) { location.reload(); return; }
  rooms.forEach((room) => show(cards.get(room.device), room));
  const wanted = rooms.map((room) => cards.get(room.device));
  const still = list.matches(":hover, :focus-within") || wanted.every((card, at) => list.children[at] === card);
  if (!still) { list.append(...wanted); }
}

async function poll() {
  if (over) { return; }
  let told = null;
  try {
    const answer = await fetch(says.state, { headers: { accept: "application/json" } });
    if (answer.redirected || [401, 403].includes(answer.status)) { finish(says.gone); return; }
    told = answer.ok ? await answer.json() : null;
  } catch { /* the network: told stays null */ }
  if (over) { return; }
  missed = told ? 0 : missed + 1;
  if (told && told.asks) { finish(told.words); return; }
  if (told) { arrange(told.rooms); tell(""); } else if (missed >= MISSED) { tell(says.unreached); }
  setTimeout(poll, POLL_MS);
}

function finish(why) {
  over = true;
  tell(`${why} `);
  const again = document.createElement("a");
  again.href = "";
  again.textContent = says.again;
  note.append(again);
}

if (list) {
  whenAway(() => finish(says.away));
  poll();
}
