// Every page: one submit is one submit, what is typed is kept, the way back shows the present state, dialogs open.

import { early } from "./early.js";

const form = document.querySelector("form[data-draft]");
const body = (of) => {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(of)) if (typeof value === "string") data.append(name, value);
  return data;
};

// One submit.
const offline = document.getElementById("offline");
addEventListener("online", () => { if (offline) offline.hidden = true; });
for (const one of document.querySelectorAll("form[data-guard]")) {
  one.addEventListener("submit", (event) => {
    const leaves = event.submitter && ["back", "close", "mine"].includes(event.submitter.value);
    if (one.dataset.sent || (one.dataset.uploading && !leaves)) {
      event.preventDefault();
      // What is waited for comes into view. Leaving the page waits for no upload.
      const bar = one.querySelector("progress:not([hidden])");
      if (bar) bar.scrollIntoView({ block: "center" });
    } else if (offline && navigator.onLine === false && offline.hidden) {
      // The browser's own page about it would lose what was typed just now. A second tap tries all the same.
      event.preventDefault();
      offline.hidden = false;
      offline.scrollIntoView({ block: "center" });
    } else {
      one.dataset.sent = "1";
      clearTimeout(waiting);
      if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
      setTimeout(() => { delete one.dataset.sent; }, 15000);
    }
  });
}

// A page that the browser had put aside may be old: ask for it anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Drafts: a moment after typing, and when the page goes out of sight.
let waiting = 0, kept = form && !early.length ? String(body(form)) : "", trouble = 0;
async function keep(leaving) {
  clearTimeout(waiting);
  const now = String(body(form));
  if (now === kept || form.dataset.sent) return;
  try {
    const answer = await fetch(`${form.action}/draft`, { method: "POST", body: body(form), keepalive: leaving, redirect: "manual" });
    if (answer.status === 204) {
      kept = now;
      trouble = 0;
      const said = document.getElementById("kept");
      if (said && !said.textContent) said.textContent = said.dataset.said;
      stay();
    }
  } catch {
    trouble += 1;
    if (!leaving && trouble < 6) waiting = setTimeout(keep, 2000 * 2 ** trouble);
  }
}
if (form) {
  const later = () => { clearTimeout(waiting); waiting = setTimeout(keep, 1500); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(true); });
  addEventListener("online", () => keep());
}

// The session ends when nothing happens for a while; say so two minutes before.
const idle = document.getElementById("idle"), lasts = Number(document.body.dataset.idle || 0);
let bell = 0;
function stay() {
  clearTimeout(bell);
  if (!idle || !lasts) return;
  idle.hidden = true;
  bell = setTimeout(() => { idle.hidden = false; }, Math.max(lasts - 120, 30) * 1000);
}
stay();
if (idle) {
  idle.querySelector("[data-stay]").addEventListener("click", async () => {
    try { if ((await fetch(location.href, { redirect: "manual" })).ok) stay(); } catch { idle.hidden = false; }
  });
}

// The first wrong answer comes into view.
const seen = (place) => place.offsetParent && place.type !== "hidden";
const wrong = [...document.querySelectorAll("[aria-invalid=true], .wrong input, .wrong select, .wrong textarea, .wrong button")].find(seen)
  || document.getElementById("summary");
if (document.getElementById("summary") && wrong) {
  if (wrong.id === "summary") wrong.tabIndex = -1;
  wrong.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: "center" });
}

// Dialogs. Without <dialog> the links lead to pages that say the same.
const able = typeof HTMLDialogElement === "function";
document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-dialog], [data-close], a[data-opens]");
  if (!target) return;
  if (target.matches("[data-close]")) {
    const open = target.closest("dialog");
    if (open && open.close) open.close();
    else if (open) open.removeAttribute("open");
  } else if (able && target.dataset.dialog) {
    event.preventDefault();
    document.getElementById(target.dataset.dialog).showModal();
  } else if (able && target.matches("[data-opens]")) {
    event.preventDefault();
    const dialog = document.createElement("dialog");
    try {
      const answer = await fetch(`${target.href}&part=1`);
      if (!answer.ok) throw answer;
      dialog.innerHTML = await answer.text();
    } catch {
      location.assign(target.href);
      return;
    }
    dialog.setAttribute("aria-label", target.textContent);
    dialog.addEventListener("close", () => { dialog.remove(); target.focus(); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.scrollTop = 0;
  }
});
const rules = document.querySelector("dialog[data-open]");
if (rules && able) rules.showModal();
