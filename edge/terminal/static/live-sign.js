// The sign that somebody looks into this room from afar: on every page, whatever else that page is busy with.
"use strict";

{
  const LOOK_MS = 1000, HEARD_MS = 300;
  const at = (id) => document.getElementById(id), sign = at("live-sign"), root = document.documentElement;

  // Said once, and again where it says something else, where it is heard: while a question is open, what lies outside of
  // it is silent.
  let said = "";
  const say = (text) => {
    const heard = at("live-heard");
    said = text;
    (document.querySelector("dialog[open]") || document.body).append(heard);
    setTimeout(() => { heard.textContent = text; }, HEARD_MS);
  };

  const show = (live) => {
    if (live) {
      if (at("live-text").textContent !== live.text) at("live-text").textContent = live.text;
      at("live-who").textContent = live.who;
      if (!sign.hidden && said !== live.text) say(live.text);
    }
    if (sign.hidden === !live) return;
    sign.hidden = !live;
    say(live ? live.text : "");
  };

  const measure = () => {
    root.classList.toggle("watched", !sign.hidden);
    root.style.setProperty("--sign", `${sign.offsetHeight}px`);
  };

  // While the box does not answer, what it said last stands: a sign too many does no harm.
  const look = async () => {
    try {
      const answer = await fetch(`/live-sign.json?lang=${root.lang.slice(0, 2)}`, { signal: AbortSignal.timeout(4000) });
      if (answer.ok) show((await answer.json()).live);
    } catch { /* the page says that it lost the box */ }
    setTimeout(look, LOOK_MS);
  };

  new ResizeObserver(measure).observe(sign);
  look();
}
