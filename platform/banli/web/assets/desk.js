// The desk: no double decisions, a queue that renews itself, a lease that lasts while somebody works, photos at any size.

import {} from "./early.js";

const now = () => Date.now();

// --- one decision for one click
for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("submit", (event) => {
    const dialog = form.dataset.ask && document.getElementById(form.dataset.ask);
    if (dialog && dialog.showModal && !form.dataset.sure) {
      event.preventDefault();
      dialog.showModal();
      dialog.querySelector("[data-no]").onclick = () => dialog.close();
      dialog.querySelector("[data-yes]").onclick = () => {
        dialog.close();
        form.dataset.sure = "1";
        form.requestSubmit();
      };
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    delete form.dataset.sure;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});

// --- what was wrong is read out and seen first
const problem = document.getElementById("problem");
if (problem) {
  problem.tabIndex = -1;
  problem.focus();
}

// --- a remark half written outlives a sign-out, in this tab only
for (const form of document.querySelectorAll("form[data-keep]")) {
  const key = `desk ${form.dataset.keep}`;
  const ticks = () => [...form.querySelectorAll("input[name=reason]")];
  const remark = form.querySelector("textarea");
  const kept = JSON.parse(sessionStorage.getItem(key) || "null");
  if (kept && !remark.value && !ticks().some((tick) => tick.checked)) {
    remark.value = kept.remark;
    for (const tick of ticks()) tick.checked = kept.reasons.includes(tick.value);
    form.closest("details").open = true;
  }
  form.addEventListener("input", () => {
    const reasons = ticks().filter((tick) => tick.checked).map((tick) => tick.value);
    if (reasons.length || remark.value) sessionStorage.setItem(key, JSON.stringify({ reasons, remark: remark.value }));
    else sessionStorage.removeItem(key);
  });
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
}
for (const form of document.querySelectorAll('form[action="/desk/leave"]')) {
  form.addEventListener("submit", () => sessionStorage.clear());
}

// --- the queue renews itself, and leaves the keyboard where it was
const list = document.querySelector("[data-refresh]");
if (list) {
  const renew = async () => {
    if (document.hidden || list.querySelector("[data-sent]")) return;
    let answer;
    try {
      answer = await fetch(list.dataset.refresh, { headers: { Accept: "text/html" } });
    } catch {
      return;
    }
    if (answer.status === 401) location.reload();
    const text = await answer.text();
    // A button that is just being pressed stays where it is.
    if (!answer.ok || list.matches(":active")) return;
    const active = list.contains(document.activeElement) ? document.activeElement : null;
    const name = active && (active.getAttribute("aria-label") || active.textContent);
    list.innerHTML = text;
    if (name) {
      const again = [...list.querySelectorAll("a, button, [tabindex]")];
      const found = again.find((one) => (one.getAttribute("aria-label") || one.textContent) === name);
      if (found) found.focus({ preventScroll: true });
    }
  };
  setInterval(renew, Number(list.dataset.every) * 1000);
  document.addEventListener("visibilitychange", renew);
}

// --- the lease: renewed while somebody works; when it is over, what is personal goes from the screen
const desk = document.querySelector("[data-renew], [data-left]");
if (desk) {
  let ends = desk.dataset.left ? now() + desk.dataset.left * 1000 : Infinity;
  let worked = false;
  for (const what of ["pointerdown", "keydown", "wheel", "input"]) {
    addEventListener(what, () => (worked = true), { passive: true, capture: true });
  }
  const lose = () => {
    const note = document.createElement("div");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    note.append(Object.assign(document.createElement("p"), { textContent: desk.dataset.lost }));
    desk.prepend(note);
    desk.removeAttribute("data-renew");
  };
  const beat = async () => {
    if (now() > ends) {
      location.replace(location.pathname);
      return;
    }
    if (!worked || !desk.dataset.renew) return;
    worked = false;
    let answer;
    try {
      answer = await fetch(desk.dataset.renew, { method: "POST", headers: { "X-CSRF-Token": desk.dataset.csrf } });
    } catch {
      worked = true;
      return;
    }
    if (answer.status === 401) location.replace(location.pathname);
    else if (answer.status === 409) lose();
    else if (answer.ok) {
      const said = await answer.json();
      ends = now() + said.left * 1000;
      const shown = desk.querySelector("[data-until]");
      if (shown) shown.textContent = said.until;
    }
  };
  setInterval(beat, 30000);
  document.addEventListener("visibilitychange", () => document.hidden || beat());
}

// --- photos: larger, smaller, turned, moved with the keys
const zoom = document.getElementById("zoom");
if (zoom && zoom.showModal) {
  const stage = zoom.querySelector(".stage");
  const shot = zoom.querySelector(".shot");
  const image = zoom.querySelector("img");
  let scale = 1;
  let turn = 0;
  const draw = () => {
    shot.style.width = `${scale * 100}%`;
    shot.style.transform = `rotate(${turn}deg)`;
  };
  const by = (factor) => {
    scale = Math.min(5, Math.max(0.25, scale * factor));
    draw();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-zoom]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    image.src = link.querySelector("img").src;
    image.alt = link.dataset.zoom;
    zoom.querySelector("[data-title]").textContent = link.dataset.zoom;
    scale = 1;
    turn = 0;
    draw();
    zoom.showModal();
    stage.focus();
  });
  zoom.querySelector("[data-larger]").onclick = () => by(1.25);
  zoom.querySelector("[data-smaller]").onclick = () => by(0.8);
  zoom.querySelector("[data-turn]").onclick = () => {
    turn = (turn + 90) % 360;
    draw();
  };
  zoom.querySelector("[data-shut]").onclick = () => zoom.close();
  zoom.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") by(1.25);
    else if (event.key === "-") by(0.8);
    else if (event.key === "r") zoom.querySelector("[data-turn]").click();
  });
  zoom.addEventListener("close", () => image.removeAttribute("src"));
  document.addEventListener("contextmenu", (event) => event.target.closest(".shot") && event.preventDefault());
}
