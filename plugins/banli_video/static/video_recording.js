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
