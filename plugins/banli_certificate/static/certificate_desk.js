// The desk revokes a certificate: one post for one press, with the reason that was written.

import { call } from "./desk_call.js";

const root = document.getElementById("certificates");
for (const part of root ? root.querySelectorAll("[data-revoke]") : []) {
  const button = part.querySelector("button"), why = part.querySelector("textarea"), problem = root.querySelector("[data-problem]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.hidden = true;
    try {
      await call("/desk/certificates/revoke", { case: root.dataset.case, serial: part.dataset.revoke, why: why.value });
      location.assign(`/desk/certificates?${new URLSearchParams({ case: root.dataset.case, said: "revoked" })}`);
    } catch (fault) {
      problem.firstElementChild.textContent = fault.message;
      problem.hidden = false;
      button.disabled = false;
      why.focus();
    }
  });
}
