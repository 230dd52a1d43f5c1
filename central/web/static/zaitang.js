// Checks a recording's files when it comes into view, and shows the moment at which somebody is seen: here, where the page
// plays the recording, else in its replay. The page is whole without it.
"use strict";

const reels = new Map(), checks = new Map();

async function check(article) {
  const status = article.querySelector(".check");
  const answer = await fetch(article.dataset.check);
  if (!answer.ok) { return; }
  const { cameras } = await answer.json();
  reels.set(article.dataset.block, { article, cameras });
  const problems = cameras.flatMap((camera) => camera.problems);
  const whole = cameras.reduce((sum, camera) => sum + camera.parts.length, 0);
  if (problems.length) {
    status.textContent = problems.join(" · ");
    status.classList.add("broken");
  } else if (whole) {
    status.textContent = status.dataset.whole.replace("{count}", whole);
    status.classList.add("whole");
  }
  for (const camera of cameras.filter((one) => one.parts.length)) {
    const video = player(article, camera);
    if (!video) { continue; }
    video.preload = "metadata";
    video.addEventListener("timeupdate", () => tell(article, camera, video.currentTime));
  }
}

// The class's own wall clock at a moment of a recording.
function tell(article, camera, seconds) {
  const part = camera.parts.findLast((one) => one.at_s <= seconds);
  const wall = article.querySelector(".wall");
  const moment = new Date(part.start_us / 1e3 + (seconds - part.at_s) * 1e3 + Number(article.dataset.offset) * 6e4);
  wall.textContent = wall.dataset.says.replace("{time}", moment.toISOString().slice(11, 19));
}

function player(article, camera) {
  return article.querySelector(`video[data-device="${camera.device}"][data-camera="${camera.camera}"]`);
}

// Each recording is checked once, in view or when somebody wants to see a moment of it.
function checked(article) {
  const block = article.dataset.block;
  if (!checks.has(block)) { checks.set(block, check(article).catch(() => {})); }
  return checks.get(block);
}

async function seek(event) {
  const link = event.target.closest("a.seek");
  const article = link && document.querySelector(`[data-check][data-block="${link.dataset.block}"]`);
  if (!article || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
  event.preventDefault();
  if (article.querySelector("video")) { await checked(article); }
  if (!show(link)) { location.assign(`${article.dataset.replay}?at=${link.dataset.at}`); }
}

// Whether the moment is in a file that is here; then it plays.
function show(link) {
  const reel = reels.get(link.dataset.block);
  for (const camera of reel ? reel.cameras : []) {
    for (const part of camera.parts) {
      const into = (Number(link.dataset.at) - part.start_us) / 1e6;
      if (into >= 0 && into <= part.length_s) {
        const video = player(reel.article, camera);
        if (!video) { return false; }
        play(video, part.at_s + into);
        reel.article.scrollIntoView({ block: "center" });
        return true;
      }
    }
  }
  return false;
}

function play(video, seconds) {
  const start = () => { video.currentTime = seconds; video.play().catch(() => {}); };
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) { start(); return; }
  video.addEventListener("loadedmetadata", start, { once: true });
  video.preload = "auto";
  video.load();
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    watcher.unobserve(entry.target);
    checked(entry.target);
  }
}, { rootMargin: "600px" });
document.querySelectorAll("[data-check]").forEach((article) => watcher.observe(article));
document.addEventListener("click", seek);

// A page that is of before shows itself anew, unless somebody watches a recording.
for (const one of document.querySelectorAll("[data-renew]")) {
  setInterval(() => {
    if (![...document.querySelectorAll("video")].some((video) => !video.paused)) { location.reload(); }
  }, 1000 * Number(one.dataset.renew));
}
