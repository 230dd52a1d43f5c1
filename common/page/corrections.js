// For which class a session counts, and so its video: of the class that was started, or the right one
// (evidence/README.md, `session.corrected`).

const DAY_US = 24 * 3600 * 1e6;
/** A correction after a restart of the box, which only its wall clocks can judge: this page does not. */
const UNJUDGED = "unjudged";

/** The classes for which the segments of a chain may count: a function of a segment's body. It gives one class, or
 * several where this page cannot tell. */
function classesOf(chain) {
  const starts = new Map(), said = new Map();
  for (const one of chain.kept.get("session.start")) {
    const session = String(one.body.session), first = starts.get(session);
    if (!first || one.seq < first.seq) starts.set(session, one);
  }
  const corrections = chain.kept.get("session.corrected").toSorted((one, other) => one.seq - other.seq);
  for (const one of corrections) {
    const counts = countsFor(starts.get(one.body.session), one);
    const before = said.get(one.body.session) ?? [];
    if (counts === true) said.set(one.body.session, [one.body.class]);
    else if (counts === UNJUDGED) said.set(one.body.session, [...before, UNJUDGED, one.body.class]);
  }
  return (segment) => {
    if (segment.class === null) return [];
    const told = said.get(segment.session) ?? [];
    const classes = told[0] === UNJUDGED || told.length === 0 ? [segment.class, ...told] : told;
    return classes.filter((one) => one !== UNJUDGED);
  };
}

function countsFor(start, said) {
  if (!start || start.seq > said.seq) return false;
  if (start.boot_id !== said.boot_id) return UNJUDGED;
  return said.mono_us - start.mono_us <= DAY_US;
}
