// Rows of a list come and go without a new page.

const numbers = (rows) => [...rows.children].map((row) => Number(row.dataset.row.split(".").pop()));

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=_add], button[name=_remove]");
  if (!button) return;
  const rows = button.name === "_add" ? document.getElementById(`${button.id}-rows`) : button.closest("[data-rows]");
  const list = rows.closest("fieldset"), add = list.querySelector("[name=_add]");
  event.preventDefault();
  if (button.name === "_remove") {
    const row = button.closest("[data-row]"), next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    const there = (next && first(next)) || add;
    if (there) there.focus();
  } else {
    const made = document.createElement("template");
    made.innerHTML = list.querySelector("template").innerHTML.split("__").join(String(Math.max(-1, ...numbers(rows)) + 1));
    rows.append(made.content);
    rows.lastElementChild.dispatchEvent(new Event("added", { bubbles: true }));
  }
  if (add && rows.dataset.most) add.hidden = rows.children.length >= Number(rows.dataset.most);
  rows.querySelectorAll("[data-place]").forEach((place, before) => { place.textContent = before + 1; });
  list.dispatchEvent(new Event("input", { bubbles: true }));
  if (button.name === "_add" && first(rows.lastElementChild)) first(rows.lastElementChild).focus();
});

function first(row) {
  return [...row.querySelectorAll("input:not([type=hidden]), select, textarea, button")].find((one) => one.offsetParent);
}
