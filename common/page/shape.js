// Strict reading of what others wrote: canonical JSON (RFC 8785, whole numbers), and the kinds of the values in it.

const MAX_BYTES = 1 << 20;
const MAX_DEPTH = 32;
const MAX_ITEMS = 100000;
const MAX_TEXT = 65536;

/** The object in canonical bytes: whatever is not spelled in the one way is refused. Throws Broken. */
function readCanonical(bytes) {
  must(bytes.length <= MAX_BYTES, N_("{size} bytes, more than {most}"), { size: bytes.length, most: MAX_BYTES });
  const text = fromUtf8(bytes);
  const value = parseJson(text);
  must(canonical(value, 1) === text, N_("not in canonical form (RFC 8785)"));
  return value;
}

/** The object in JSON text, whatever its spelling. Throws Broken. */
function parseJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Broken(N_("not JSON"));
  }
  must(isObject(value), N_("not a JSON object"));
  return value;
}

function canonical(value, depth) {
  if (typeof value === "string") {
    must(value.isWellFormed(), N_("no canonical JSON"));
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    must(Number.isSafeInteger(value), N_("numbers in records are whole; put the unit into the name"));
    return String(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  must(depth <= MAX_DEPTH, N_("objects and lists lie more than {most} deep in each other"), { most: MAX_DEPTH });
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one, depth + 1)).join(",")}]`;
  const pairs = Object.keys(value).sort().map((key) => `${canonical(key, depth)}:${canonical(value[key], depth + 1)}`);
  return `{${pairs.join(",")}}`;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A value of an object by its own key: nothing that a prototype has is ever read. */
const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);

/** Which kinds of values there are: each a function that says whether a value is one. */
const Is = {
  text: (value) => typeof value === "string"
    && (value.length <= MAX_TEXT || (value.length <= 2 * MAX_TEXT && [...value].length <= MAX_TEXT)), // by characters
  bool: (value) => typeof value === "boolean",
  int: (value) => Number.isSafeInteger(value),
  count: (value) => Number.isSafeInteger(value) && value >= 0,
  object: isObject,
  id: (value) => matches(value, /^[a-z0-9][a-z0-9._-]{0,63}$/),
  hash: (value) => matches(value, /^[0-9a-f]{64}$/),
  chain: (value) => matches(value, /^[0-9a-f]{32}$/),
  boot: (value) => matches(value, /^[0-9a-f-]{1,64}$/),
  utc: isUtc,
  one: (...choices) => (value) => choices.includes(value),
  like: (pattern) => (value) => matches(value, pattern),
  maybe: (kind) => (value) => value === undefined || value === null || kind(value),
  absent: (kind) => (value) => value === undefined || kind(value),
  list: (kind) => (value) => Array.isArray(value) && value.length <= MAX_ITEMS && value.every(kind),
  has: (shape) => (value) => isObject(value) && wrongKey(value, shape) === undefined,
};

function matches(value, pattern) {
  return typeof value === "string" && pattern.test(value);
}

/** Whether a text is an instant in the one spelling, that the calendar has. */
function isUtc(value) {
  if (!matches(value, /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/) || value.startsWith("0000")) return false;
  const at = new Date(`${value.slice(0, 19)}Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 19) === value.slice(0, 19);
}

/** The first key of a shape under which an object has no such value. */
const wrongKey = (object, shape) => Object.keys(shape).find((key) => !shape[key](own(object, key)));

/** The object itself, if it has the shape. Throws Broken. */
function shaped(object, shape) {
  must(isObject(object), N_("not a JSON object"));
  const key = wrongKey(object, shape);
  must(key === undefined, N_("{key} is missing, or is not what it must be"), { key });
  return object;
}

/** Microseconds since 1970 of an instant that `isUtc`. */
const utcUs = (text) => BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1000n + BigInt(text.slice(20, 26));
