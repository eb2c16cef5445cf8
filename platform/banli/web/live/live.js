// Asks every second what has become of the files; loads the page anew where nobody has typed anything.
const tag = document.querySelector("script[data-live]");
const note = document.getElementById("live-note");
let mine = tag.dataset.live, told = tag.dataset.told, touched = false;

for (const kind of ["input", "change"]) addEventListener(kind, () => { touched = true; }, true);

function filled(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.selected && one.index > 0);
  return field.type !== "hidden" && field.value !== field.defaultValue;
}

function untouched() {
  return !touched && tag.dataset.method === "GET" && !document.querySelector("dialog[open]")
    && ![...document.querySelectorAll("input, select, textarea")].some(filled);
}

async function ask() {
  try {
    const answer = await fetch("/-/state", { cache: "no-store" });
    const state = answer.ok ? await answer.json() : null;
    if (state && (state.served !== mine || (state.told !== told && tag.dataset.page === "mistakes"))) {
      if (untouched()) { location.reload(); return; }
    }
    if (state && note && state.told !== told) {
      told = state.told;
      note.querySelector("a").textContent = state.text;
      note.className = state.look;
      note.hidden = !state.text;
    }
  } catch {
    // The server is being restarted, or the network is away: the next time.
  }
  setTimeout(ask, document.hidden ? 3000 : 1000);
}

setTimeout(ask, 1000);
