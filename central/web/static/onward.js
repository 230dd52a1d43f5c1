// What follows a file of a replay on the wall clock, and what is passed over. Pure; times are microseconds UTC.
const NEAR_US = 2e6, AHEAD_US = 60e6, MOST = 3;

// The file after this one, as it stands now.
export const following = (camera, part) =>
  camera.parts[camera.parts.findIndex((one) => one.segment === part.segment && one.start_us === part.start_us) + 1];

// The first file here that begins after a moment.
export const later = (camera, us) => camera.parts.find((one) => one.kind === "here" && one.start_us > us);

// The file that will play soon, is at its box, and that nobody asked for yet.
export const soon = (camera, us, rate) => camera && camera.parts.find((one) => one.kind === "away" && one.may_ask
  && one.start_us > us && one.start_us < us + AHEAD_US * rate);

// What is passed over between two moments: the files that do not play, and the holes between files. `skipped` says a
// stretch in words, `hole` what is known of a moment without a recording.
export function passed(camera, from, to, skipped, hole) {
  const said = [];
  let end = from, stretch = null;
  const close = () => { if (stretch) { said.push(skipped(stretch)); stretch = null; } };
  for (const one of [...camera.parts.filter((each) => each.start_us < to && each.end_us > from), { start_us: to }]) {
    if (one.start_us - end >= NEAR_US) { close(); said.push(hole(end)); }
    if (one.start_us === to) { break; }
    if (stretch && stretch.words === one.words) { stretch.end_us = one.end_us; } else {
      close();
      stretch = { start_us: one.start_us, end_us: one.end_us, words: one.words };
    }
    end = one.end_us;
  }
  close();
  return said.length > MOST ? [...said.slice(0, MOST), "…"].join(" · ") : said.join(" · ");
}
