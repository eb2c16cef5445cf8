// An agreement counts as read when its end was in sight and it lay open long enough. The page says what is missing, tells
// the server by itself, and the server decides by its own clock.

const form = document.querySelector("form[data-read]"), end = document.getElementById("end");
if (form && end) {
  const { waits, seconds, able, read } = form.dataset, fields = form.elements;
  const buttons = [...form.querySelectorAll("button")];
  const more = form.querySelector("[data-more]"), toEnd = form.querySelector("[data-to-end]"), left = form.querySelector("[data-left]");
  let reached = !("end" in form.dataset) || !window.IntersectionObserver, until = performance.now() + 1000 * waits, told = false;

  // A page that is loaded again goes on with the time that it had: the server remembers nothing of pages it has only shown.
  const name = `read:${form.action}:${read}`;
  try {
    const kept = JSON.parse(sessionStorage.getItem(name));
    if (kept) {
      fields.token.value = kept.token;
      until = performance.now() + kept.until - Date.now();
    } else {
      sessionStorage.setItem(name, JSON.stringify({ token: fields.token.value, until: Date.now() + 1000 * waits }));
    }
  } catch { /* without storage the time begins anew */ }

  // Where reading stopped, as a part of the whole: the page may be of another height when it comes again.
  const place = `place:${form.action}:${read}`, height = () => document.documentElement.scrollHeight;
  try {
    const kept = Number(sessionStorage.getItem(place));
    if (kept > 0 && !location.hash) scrollTo(0, kept * height());
    addEventListener("pagehide", () => sessionStorage.setItem(place, String(scrollY / height())));
  } catch { /* then it is opened at its beginning */ }

  async function tell() {
    told = true;
    const body = new URLSearchParams([...new FormData(form), ["_go", "seen"]]);
    try {
      told = (await fetch(form.action, { method: "POST", body, keepalive: true })).ok;
    } catch { told = false; }
  }

  function show() {
    const wait = Math.ceil((until - performance.now()) / 1000), done = reached && wait <= 0;
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
