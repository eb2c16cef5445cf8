// Choosing: an option that stands alone, options that follow another answer, and a search in long lists. Rows may come later.

// On the way down, so that whoever hears of the change (conditions, drafts) finds the other ticks gone already.
document.addEventListener("change", ({ target }) => {
  if (target.type !== "checkbox" || !target.checked) return;
  for (const other of target.form ? target.form.elements : []) {
    if (other !== target && other.name === target.name && ("alone" in other.dataset || "alone" in target.dataset)) other.checked = false;
  }
}, true);

// The options are fetched once, when somebody first turns to the answer above them; all rows share them.
const known = new Map();
function fetched(list) {
  const way = list.name.replace(/\.\d+(?=\.)/g, "");
  if (!known.has(way)) {
    known.set(way, fetch(`${list.form.action}/choices/${way}?l=${document.documentElement.lang}`)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
      .catch((trouble) => { known.delete(way); throw trouble; }));
  }
  return known.get(way);
}

function follow(list) {
  const form = list.form, above = form.elements[list.dataset.within], empty = list.options[0].textContent;
  above.addEventListener("focus", () => fetched(list).catch(() => {}));
  above.addEventListener("change", async () => {
    const wanted = above.value;
    list.textContent = "";
    list.append(new Option(empty, ""));
    list.dispatchEvent(new Event("change", { bubbles: true }));
    try {
      const found = (await fetched(list))[wanted] || [];
      if (above.value !== wanted) return;
      list.append(...found.map(([code, text]) => new Option(text, code)));
      if (found.length === 1) list.value = found[0][0];
      list.dispatchEvent(new Event("change", { bubbles: true }));
    } catch {
      const button = document.createElement("button");
      Object.assign(button, { name: "_go", value: "refresh", hidden: true, formNoValidate: true });
      form.append(button);
      button.click();
    }
  });
}

function searched(list) {
  if (typeof HTMLDialogElement !== "function") return;
  // Somebody is choosing already, before this script came: the list stays under their finger.
  if (document.activeElement === list && !list.autofocus) {
    list.addEventListener("blur", () => searched(list), { once: true });
    return;
  }
  const label = list.labels[0], { search, none, close } = list.dataset;
  const opener = document.createElement("button"), dialog = document.createElement("dialog");
  opener.type = "button";
  opener.className = "opener";
  opener.id = list.id;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.setAttribute("aria-describedby", list.getAttribute("aria-describedby") || "");
  const name = label.textContent.replace(/^\*/, "");
  const told = () => {
    opener.textContent = list.selectedOptions[0].textContent;
    opener.setAttribute("aria-label", `${name}: ${opener.textContent}`);
  };
  if (list.getAttribute("aria-invalid")) opener.dataset.wrong = "1";
  dialog.setAttribute("aria-label", name);
  const input = document.createElement("input"), found = document.createElement("ul"), nothing = document.createElement("p");
  Object.assign(input, { type: "search", placeholder: search, autocomplete: "off" });
  input.setAttribute("aria-label", search);
  found.className = "finder";
  nothing.className = "hint";
  nothing.setAttribute("role", "status");
  const leave = document.createElement("button");
  Object.assign(leave, { type: "button", className: "button plain", textContent: close });
  leave.dataset.close = "";
  dialog.append(input, nothing, found, leave);
  const draw = () => {
    const words = input.value.trim().toLowerCase();
    const fitting = [...list.options].filter((one) => one.value && one.textContent.toLowerCase().includes(words));
    nothing.textContent = fitting.length ? "" : none;
    found.textContent = "";
    found.append(...fitting.map((one) => {
      const line = document.createElement("li"), pick = document.createElement("button");
      Object.assign(pick, { type: "button", textContent: one.textContent });
      pick.setAttribute("aria-pressed", String(one.selected));
      pick.addEventListener("click", () => {
        list.value = one.value;
        list.dispatchEvent(new Event("change", { bubbles: true }));
        dialog.close();
      });
      line.append(pick);
      return line;
    }));
  };
  input.addEventListener("input", (event) => { event.stopPropagation(); draw(); });
  list.addEventListener("change", told);
  opener.addEventListener("click", () => { input.value = ""; draw(); dialog.showModal(); });
  dialog.addEventListener("close", () => opener.focus());
  told();
  list.removeAttribute("id");
  list.hidden = true;
  list.after(opener);
  document.body.append(dialog);
}

function ready(place) {
  for (const list of place.querySelectorAll("select[data-within]")) follow(list);
  for (const list of place.querySelectorAll("select[data-search]")) searched(list);
}

ready(document);
document.addEventListener("added", ({ target }) => ready(target));
