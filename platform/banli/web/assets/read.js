// An agreement counts as read when its end was in sight and it lay in sight long enough. The page says what is missing, tells
// the server by itself, and the server decides by its own clock.

import { lived, untold } from "./place.js";

const form = document.querySelector("form[data-read]"), end = document.getElementById("end");
if (form && end) {
  const { waits, seconds, able } = form.dataset, fields = form.elements;
  const buttons = [...form.querySelectorAll("button")];
  const more = form.querySelector("[data-more]"), toEnd = form.querySelector("[data-to-end]"), left = form.querySelector("[data-left]");
  let reached = !("end" in form.dataset) || !window.IntersectionObserver, told = false;

  async function tell() {
    told = true;
    const body = new URLSearchParams([...new FormData(form), ["_go", "seen"], ["spent", untold()]]);
    try {
      told = (await fetch(form.action, { method: "POST", body, keepalive: true })).ok;
    } catch { told = false; }
  }

  function show() {
    const wait = Math.ceil(waits - lived() / 1000), done = reached && wait <= 0;
    for (const button of buttons) button.disabled = !done;
    more.hidden = done;
    toEnd.hidden = reached;
    left.textContent = wait > 0 ? seconds.replace("{seconds}", wait) : "";
    fields.end.value = reached ? "1" : "";
    if (wait > 0) setTimeout(show, 250);
    if (!done || told) return;
    form.querySelector("[data-said]").textContent = able;
    tell();
  }

  form.classList.add("stays");
  if (!reached) {
    const watcher = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      reached = true;
      watcher.disconnect();
      show();
    }, { rootMargin: "0px 0px 24px 0px" });
    watcher.observe(end);
  }
  show();
}
