// The button that sends a code, and the time until another can be sent.

import { complain, fields } from "./ask.js";

function count(button, seconds) {
  const words = button.dataset.words || (button.dataset.words = button.textContent), until = Date.now() + seconds * 1000;
  button.disabled = true;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.textContent = left > 0 ? button.dataset.again.replace("{seconds}", left) : words;
    button.disabled = left > 0;
    if (left > 0) setTimeout(tick, 500);
  };
  tick();
}

for (const button of document.querySelectorAll("[data-code]")) {
  const form = button.form, place = button.closest(".field"), said = place.querySelector("[data-said]");
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    said.textContent = "";
    const address = form.action.includes("/business/") ? `${form.action}/code` : `${form.action}/code/${button.value}`;
    try {
      const answer = await fetch(address, { method: "POST", body: fields(form), redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 400) {
        location.reload();
        return;
      }
      const told = await answer.json();
      for (const error of form.querySelectorAll(".error")) if (error.id.startsWith("f-")) complain(form, error.id.slice(2, -2), "");
      if (answer.ok) {
        said.textContent = told.said;
        count(button, told.again_in);
        place.querySelector("input").focus();
      } else refused(form, button, said, told.problems);
    } catch {
      said.textContent = button.dataset.failed;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

function refused(form, button, said, problems) {
  let first = null;
  for (const problem of problems) {
    const control = problem.at && complain(form, problem.at, problem.text);
    if (!control) said.textContent = problem.text;
    first = first || control;
    if (problem.wait) count(button, problem.wait);
    if (problem.code === "captcha_expired" || problem.code === "captcha_wrong") document.dispatchEvent(new Event("captcha"));
  }
  if (first) first.focus();
}
