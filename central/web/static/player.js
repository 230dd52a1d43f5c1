// Lets a video play an HLS address: by the browser itself, or by hls.js, which is loaded only where the browser cannot.
const KIND = "application/vnd.apple.mpegurl", LIBRARY = "/static/hls.js";
// Workers would need more than the pages' rules allow, and the pieces are fMP4 already. Seconds behind the end.
const ALWAYS = { enableWorker: false }, LIVE = { liveSyncDuration: 2, liveMaxLatencyDuration: 6 };

// Whether the browser needs no help.
export const native = (video) => video.canPlayType(KIND) !== "";

// Gives the address to the video and resolves to a function that takes it away again. `lost` is called once, when the
// video cannot go on with it; the address is taken away then. Rejects where nothing here plays HLS.
export async function attach(video, address, { live = false, lost = () => {} } = {}) {
  return native(video) ? byBrowser(video, address, lost) : byLibrary(video, address, lost, await library(), live);
}

function byBrowser(video, address, lost) {
  const stop = () => {
    video.removeEventListener("error", failed);
    video.removeAttribute("src");
    video.load();
  };
  const failed = () => { stop(); lost(); };
  video.addEventListener("error", failed);
  video.src = address;
  return stop;
}

function byLibrary(video, address, lost, Hls, live) {
  const hls = new Hls(live ? { ...ALWAYS, ...LIVE } : ALWAYS);
  let over = false;
  const stop = () => {
    if (!over) { over = true; hls.destroy(); }
  };
  hls.on(Hls.Events.ERROR, (event, what) => {
    if (what.fatal && !over) { stop(); lost(); }
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  return stop;
}

async function library() {
  const { default: Hls } = await import(LIBRARY);
  if (!Hls.isSupported()) { throw new Error("no HLS here"); }
  return Hls;
}
