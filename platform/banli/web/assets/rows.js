// Rows of a list come and go without a new page.

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=_add], button[name=_remove]");
  if (!button) return;
  const list = button.closest("fieldset"), rows = list.querySelector("[data-rows]"), blank = list.querySelector("template");
  event.preventDefault();
  if (button.name === "_remove") {
    const row = button.closest("[data-row]"), next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (next ? next.querySelector("input, select, textarea") : list.querySelector("[name=_add]")).focus();
  } else {
    const numbers = [...rows.querySelectorAll("[name=_remove]")].map((one) => Number(one.value.split(".").pop()));
    const made = document.createElement("template");
    made.innerHTML = blank.innerHTML.split("__").join(String(Math.max(-1, ...numbers) + 1));
    rows.append(made.content);
    rows.lastElementChild.querySelector("input, select, textarea").focus();
  }
  rows.querySelectorAll("[data-place]").forEach((place, before) => { place.textContent = before + 1; });
  list.dispatchEvent(new Event("input", { bubbles: true }));
});
