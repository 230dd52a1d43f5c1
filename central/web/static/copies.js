// Copies in H.264 of what was recorded in H.265, for a browser that plays no other: asks for one until it is here.
const HEVC = 'video/mp4; codecs="hvc1.1.6.L120.B0"', AGAIN_MS = 1500, BUSY_MS = 5000;

// Whether this browser plays no H.265.
export const plain = document.createElement("video").canPlayType(HEVC) === "";

// The address, saying so.
export const saying = (address) => (plain ? `${address}${address.includes("?") ? "&" : "?"}plays=h264` : address);

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

// Resolves to true when the copy at this address is here; to false when there will be none, and `told` has heard why.
// Until then `told` hears how far it is.
export async function copied(address, told) {
  for (;;) {
    const answer = await fetch(address, { headers: { Range: "bytes=0-0" } });
    if (answer.status === 200 || answer.status === 206) { return true; }
    const { text, error } = await answer.json();
    told(text || error);
    if (answer.status !== 202 && answer.status !== 429) { return false; }
    await wait(answer.status === 202 ? AGAIN_MS : BUSY_MS);
  }
}
