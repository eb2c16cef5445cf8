// Shows and hides questions while they are answered, by the conditions that the server goes by. The server decides.

import { evaluate } from "./conditions.js";

const form = document.getElementById("f"), { show, types, around } = JSON.parse(document.getElementById("when").textContent);
const places = Object.fromEntries([...form.querySelectorAll("[data-at]")].map((place) => [place.dataset.at, place]));
const texts = (name) => [...new FormData(form).getAll(name)].filter((text) => typeof text === "string" && text.trim());

const READ = {
  text: (name) => (texts(name)[0] || "").trim() || null,
  list: (name) => (texts(name).length ? texts(name) : null),
  number: (name) => (texts(name).length && Number.isFinite(Number(texts(name)[0])) ? Number(texts(name)[0]) : null),
  truth: (name) => (texts(name).length ? texts(name)[0] === "true" : null),
  range: (name) => {
    const parts = Object.fromEntries(["from", "to"].map((part) => [part, READ.text(`${name}.${part}`)]).filter(([, text]) => text));
    return Object.keys(parts).length ? parts : null;
  },
};

function update() {
  const values = { ...around };
  for (const [name, type] of Object.entries(types)) values[name] = READ[type](name);
  // What is hidden has no answer, and that may hide more.
  for (let round = 0; round < 5; round += 1) {
    let changed = false;
    for (const [name, trees] of show) {
      const shown = trees.every((tree) => evaluate(tree, values).value === true), place = places[name];
      if (!shown && values[name] !== undefined && values[name] !== null) {
        values[name] = null;
        changed = true;
      }
      if (place && place.hidden === shown) {
        place.hidden = !shown;
        if (!shown && place.contains(document.activeElement)) document.activeElement.blur();
      }
    }
    if (!changed) break;
  }
}

form.addEventListener("input", update);
form.addEventListener("change", update);
update();
