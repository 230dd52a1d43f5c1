// Sentences in the language of the reader. CHINESE is put beside the script from the product's catalogue.

let lang = "zh";

/** A sentence in the reader's language. `said`: its English text, or that with what fills it. */
function say(said, params) {
  const { text, params: filling = {} } = typeof said === "string" ? { text: said, params } : said;
  const sentence = lang === "zh" && Object.hasOwn(CHINESE, text) ? CHINESE[text] : text;
  return sentence.replace(/\{(\w+)\}/g, (hole, key) => {
    const value = own(filling, key);
    if (value === undefined) return hole;
    return isObject(value) || key === "why" ? say(value) : String(value);
  });
}

/** Stands between a name and what it says. */
const colon = () => (lang === "zh" ? "：" : ": ");

/** A recording as people call it; another name as it is. */
function blockText(block) {
  const [, date, half, makeUp, number] = /^(\d{4}-\d\d-\d\d)-(am|pm)(-makeup)?(?:-(\d+))?$/.exec(block) ?? [];
  if (!date) return shown(block);
  const name = say(half === "am" ? N_("{date}, morning") : N_("{date}, afternoon"), { date });
  const one = number ? say(N_("{name}, part {number}"), { name, number }) : name;
  return makeUp ? say(N_("{name} (make-up)"), { name: one }) : one;
}

/** An instant on the clock of the class; nothing of a text that is none. */
function localTime(utc, offsetMin) {
  return isUtc(utc) ? minuteText(Date.parse(`${utc.slice(0, 19)}Z`), offsetMin) : "";
}

/** The same of milliseconds since the epoch; nothing of what is in no calendar. */
function minuteText(ms, offsetMin) {
  const moment = new Date(ms + offsetMin * 60000);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().slice(0, 16).replace("T", " ");
}

const secondsText = (seconds) => `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;

function mediaText(us) {
  const seconds = Math.floor(us / 1e6), two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const sizeText = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB`
  : `${(bytes / 1e9).toFixed(2)} GB`);

/** Sixteen groups of four, to be compared by eye. */
const grouped = (hex) => hex.match(/.{4}/g).join(" ");
