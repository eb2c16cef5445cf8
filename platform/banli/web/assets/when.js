// Shows and hides questions while they are answered, by the conditions that the server goes by. The server decides.

import { evaluate } from "./conditions.js";

const form = document.getElementById("f"), whole = JSON.parse(document.getElementById("when").textContent);
let posted;
const texts = (name) => posted.getAll(name).filter((text) => typeof text === "string" && text.trim());

const READ = {
  text: (name) => (texts(name)[0] || "").trim() || null,
  list: (name) => (texts(name).length ? texts(name) : null),
  number: (name) => (texts(name).length && Number.isFinite(Number(texts(name)[0])) ? Number(texts(name)[0]) : null),
  truth: (name) => (texts(name).length ? texts(name)[0] === "true" : null),
  range: (name) => {
    const parts = Object.fromEntries(["from", "to"].map((part) => [part, READ.text(`${name}.${part}`)]).filter(([, text]) => text));
    return parts.from && parts.to ? parts : null;
  },
};

// The answers below a prefix (`cards.3.`), with those inside of objects and rows in `inside`.
function read({ types, inside = {} }, prefix) {
  const own = {}, below = [];
  for (const [name, type] of Object.entries(types)) {
    const node = inside[name], at = `${prefix}${name}`;
    if (READ[type]) own[name] = READ[type](at);
    else if (!node) own[name] = null;
    else if (type === "parts") {
      below.push({ node, name, ...read(node, `${at}.`) });
    } else {
      const rows = document.getElementById(`f-${at.replace(/\./g, "-")}-rows`);
      for (const row of rows ? rows.children : []) below.push({ node, name, row: true, ...read(node, `${row.dataset.row}.`) });
    }
  }
  return { own, below, prefix };
}

// What stands inside of objects and rows, for conditions outside of them: a row without any answer is none.
function gather({ own, below }) {
  for (const one of below) {
    gather(one);
    if (!one.row) own[one.name] = one.own;
    else own[one.name] = null;
  }
  for (const one of below) {
    if (one.row && !blank(one.own)) own[one.name] = [...(own[one.name] || []), one.own];
  }
}

const blank = (value) => value === null || (typeof value === "object" && Object.values(value).every(blank));

function settle(node, { own, below, prefix }, around, hidden) {
  const values = { ...around, ...own };
  let changed = false;
  for (const [name, trees] of node.show) {
    const shown = trees.every((tree) => evaluate(tree, values).value === true);
    hidden.set(prefix + name, !shown);
    if (!shown && own[name] !== undefined && own[name] !== null) {
      own[name] = values[name] = null;
      for (const one of below.filter((each) => each.name === name)) below.splice(below.indexOf(one), 1);
      changed = true;
    }
  }
  for (const one of below) changed = settle(one.node, one, values, hidden) || changed;
  return changed;
}

function update() {
  posted = new FormData(form);
  const answers = read(whole, ""), hidden = new Map();
  // What is hidden has no answer, and that may hide more.
  for (let round = 0; round < 5; round += 1) {
    gather(answers);
    if (!settle(whole, answers, whole.around, hidden)) break;
  }
  for (const place of form.querySelectorAll("[data-at]")) {
    const hides = hidden.get(place.dataset.at);
    if (hides !== undefined && place.hidden !== hides) {
      place.hidden = hides;
      if (hides && place.matches(".option")) for (const tick of place.querySelectorAll("input")) tick.checked = false;
      if (hides && place.contains(document.activeElement)) document.activeElement.blur();
    }
  }
}

form.addEventListener("input", update);
form.addEventListener("change", update);
update();
