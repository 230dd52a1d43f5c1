// A signature drawn with mouse or finger becomes a PNG in a hidden field. Without it a name is typed or a sheet uploaded.
"use strict";

const pad = document.getElementById("sign"), drawn = document.getElementById("drawn");
let last = null;

function at(event) {
  const area = pad.getBoundingClientRect();
  return { x: (event.clientX - area.left) * pad.width / area.width, y: (event.clientY - area.top) * pad.height / area.height };
}

if (pad) {
  const pen = pad.getContext("2d");
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";
  pad.addEventListener("pointerdown", (event) => { last = at(event); pad.setPointerCapture(event.pointerId); });
  pad.addEventListener("pointermove", (event) => {
    if (!last) { return; }
    const next = at(event);
    pen.beginPath();
    pen.moveTo(last.x, last.y);
    pen.lineTo(next.x, next.y);
    pen.stroke();
    last = next;
  });
  pad.addEventListener("pointerup", () => { if (last) { drawn.value = pad.toDataURL("image/png"); } last = null; });
  document.getElementById("sign-clear").addEventListener("click", () => {
    pen.clearRect(0, 0, pad.width, pad.height);
    drawn.value = "";
  });
  if (drawn.value) {
    const image = new Image();
    image.addEventListener("load", () => pen.drawImage(image, 0, 0));
    image.src = drawn.value;
  }
  for (const one of document.querySelectorAll(".scripted")) { one.hidden = false; }
}
