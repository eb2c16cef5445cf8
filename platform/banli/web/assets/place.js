// Where reading stopped and for how long the text was in sight: the site remembers both, for another day and another phone.

const form = document.querySelector("form[data-place]"), text = document.querySelector("article");
const QUIET = 1500;
let sum = 0, since = document.hidden ? null : performance.now(), told = { place: 0, lived: 0 }, timer;

// Milliseconds for which this page was in sight.
export const lived = () => sum + (since === null ? 0 : performance.now() - since);

// How far down the text the window begins; 0 at its end too, for who has read it begins anew.
function place() {
  const { top, bottom, height } = text.getBoundingClientRect();
  return bottom <= innerHeight || height <= 0 ? 0 : Math.max(-top / height, 0);
}

// Seconds that the site has not heard of yet.
export const untold = () => ((lived() - told.lived) / 1000).toFixed(1);

async function tell() {
  clearTimeout(timer);
  const before = told, spent = untold(), now = { place: place(), lived: lived() };
  if (Math.abs(now.place - before.place) < 0.002 && spent < 1) return;
  told = now;
  const { _csrf, token, end } = form.elements;
  const seen = ("end" in form.dataset && end.value) || (text.getBoundingClientRect().bottom <= innerHeight ? "1" : "");
  const said = { _csrf: _csrf.value, token: token.value, place: now.place.toFixed(4), spent, end: seen };
  try {
    await fetch(`${form.action}/place`, { method: "POST", body: new URLSearchParams(said), keepalive: true, redirect: "manual" });
  } catch {
    // Told again with the next: the site counts no second twice.
    if (told === now) told = before;
  }
}

if (form && text) {
  told.place = Number(form.dataset.place);
  const { top, height } = text.getBoundingClientRect();
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(tell, QUIET);
  };
  // Whoever has moved on already, before this script came, is left where they are.
  if (scrollY) later();
  else if (told.place > 0 && !location.hash) scrollTo(0, top + told.place * height);
  addEventListener("scroll", later, { passive: true });
  addEventListener("pagehide", tell);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tell();
    sum = lived();
    since = document.hidden ? null : performance.now();
  });
}
