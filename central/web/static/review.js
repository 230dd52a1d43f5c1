// Takes the picture that a recording shows, and lets a box be drawn over it by mouse, finger or arrow keys.
"use strict";

const canvas = document.getElementById("frame"), grab = document.getElementById("grab");
const boxField = document.getElementById("box"), STEP = 8;
let still = null, box = null, from = null;

// The camera whose video was played last, and the file and second that it shows.
function moment() {
  const reel = reels.get(grab.dataset.block);
  const shown = [...document.querySelectorAll(".reel video")].filter((one) => one.readyState >= 2 && one.currentTime > 0);
  const video = shown.find((one) => !one.paused) || shown.at(-1);
  if (!reel || !video) { return null; }
  video.pause();
  const camera = reel.cameras.find((one) => one.device === video.dataset.device && one.camera === video.dataset.camera);
  const part = camera && camera.parts.findLast((one) => one.at_s <= video.currentTime);
  return part ? { video, part, into: Math.min(video.currentTime - part.at_s, part.length_s - 0.001) } : null;
}

function take() {
  const found = moment();
  document.getElementById("grab-none").hidden = Boolean(found);
  if (!found) { return; }
  still = document.createElement("canvas");
  still.width = canvas.width = found.part.width;
  still.height = canvas.height = found.part.height;
  still.getContext("2d").drawImage(found.video, 0, 0, still.width, still.height);
  document.getElementById("segment").value = found.part.segment;
  document.getElementById("at").value = Math.max(0, found.into).toFixed(3);
  canvas.hidden = false;
  setBox(null);
  canvas.focus();
}

function draw() {
  const pen = canvas.getContext("2d");
  pen.drawImage(still, 0, 0);
  if (!box) { return; }
  for (const [color, width] of [["#fff", 5], ["#a93226", 2]]) {
    pen.strokeStyle = color;
    pen.lineWidth = Math.max(1, width * canvas.width / 900);
    pen.strokeRect(box.x, box.y, box.w, box.h);
  }
}

// Whole pixels, within the picture.
function setBox(next) {
  box = next;
  if (box) {
    const x = Math.max(0, Math.min(canvas.width - 1, Math.round(box.x)));
    const y = Math.max(0, Math.min(canvas.height - 1, Math.round(box.y)));
    box = { x, y, w: Math.max(1, Math.min(canvas.width - x, Math.round(box.w))),
            h: Math.max(1, Math.min(canvas.height - y, Math.round(box.h))) };
  }
  boxField.value = box ? [box.x, box.y, box.w, box.h].join(",") : "";
  draw();
}

function place(event) {
  const area = canvas.getBoundingClientRect();
  return { x: (event.clientX - area.left) * canvas.width / area.width,
           y: (event.clientY - area.top) * canvas.height / area.height };
}

// Whoever may not point out has no such field.
if (grab) {
  grab.addEventListener("click", take);
  canvas.addEventListener("pointerdown", (event) => {
    from = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) { return; }
    const to = place(event);
    setBox({ x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) });
  });
  canvas.addEventListener("pointerup", () => { from = null; });
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const move = moves[event.key];
    if (!move || !still) { return; }
    event.preventDefault();
    const now = box || { x: canvas.width / 2 - 40, y: canvas.height / 2 - 50, w: 80, h: 100 };
    setBox(event.shiftKey ? { ...now, w: now.w + move[0], h: now.h + move[1] } : { ...now, x: now.x + move[0], y: now.y + move[1] });
  });
  boxField.addEventListener("change", () => {
    const [x, y, w, h] = boxField.value.split(",").map(Number);
    if (still && [x, y, w, h].every(Number.isFinite)) { setBox({ x, y, w, h }); }
  });
  for (const one of document.querySelectorAll(".scripted")) { one.hidden = false; }
}
