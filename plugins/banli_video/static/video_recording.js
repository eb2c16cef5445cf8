// A recording is shown once it is said why.

import { call } from "./desk_call.js";

const root = document.getElementById("video-recording"), form = root.querySelector("[data-open]");
if (form) {
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await call("/desk/video-recordings/open", { call: root.dataset.call, why: form.querySelector("select").value });
      location.reload();
    } catch (fault) {
      const note = root.querySelector("[data-problem]");
      note.firstElementChild.textContent = fault.message;
      note.hidden = false;
    }
  };
}
root.addEventListener("contextmenu", (event) => event.target.closest(".shot") && event.preventDefault());

// The two sides of the site's own recording go together: what is done to one is done to the other.
const sides = [...root.querySelectorAll("video[data-together]")];
if (sides.length === 2) {
  for (const one of sides) {
    const other = sides.find((side) => side !== one), ahead = Number(one.dataset.at) - Number(other.dataset.at);
    const follow = () => {
      const place = Math.max(0, one.currentTime + ahead);
      if (Math.abs(other.currentTime - place) > 0.4) other.currentTime = place;
    };
    one.addEventListener("play", () => { follow(); other.play().catch(() => {}); });
    one.addEventListener("pause", () => { if (!one.ended) other.pause(); });
    one.addEventListener("seeked", () => { if (one.matches(":focus, :hover")) follow(); });
    one.addEventListener("ratechange", () => { other.playbackRate = one.playbackRate; });
  }
}
