// Nobody is watched by a forgotten tab.
export const AWAY_MS = 5 * 60 * 1000;

// Calls `ended` once, when the page was hidden for five minutes in a row.
export function whenAway(ended) {
  let timer = null;
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") {
      timer = setTimeout(() => { document.removeEventListener("visibilitychange", look); ended(); }, AWAY_MS);
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
}
