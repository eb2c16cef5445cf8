// Another view of a photo whose original is kept: all of it, turned, or along corners that are dragged by touch or moved by keys.

const STEP = 0.005, LEAP = 0.05, EDGE = 0.1;
const SVG = "http://www.w3.org/2000/svg";
const clamp = (part) => Math.min(1 + EDGE, Math.max(-EDGE, part));

function make(tag, parent, attributes = {}, text = "") {
  const one = parent.appendChild(document.createElement(tag));
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
  one.textContent = text;
  return one;
}

// Whatever was found: a card's own upper left corner may lie anywhere; on the screen the first is the one nearest to the upper left.
function inOrder(quad) {
  let first = 0;
  quad.forEach(([x, y], n) => { if (x + y < quad[first][0] + quad[first][1] - 1e-9) first = n; });
  return [quad.map((_, n) => [...quad[(first + n) % 4]]), first];
}

function corners(words, address, quad, done) {
  const dialog = make("dialog", document.body, { class: "crop", "aria-label": words.title });
  make("h2", dialog, {}, words.title);
  make("p", dialog, { class: "hint" }, words.hint);
  const stage = make("div", dialog, { class: "stage" }), picture = make("img", stage, { src: address, alt: "", draggable: "false" });
  const drawing = stage.appendChild(document.createElementNS(SVG, "svg")), shape = drawing.appendChild(document.createElementNS(SVG, "polygon"));
  drawing.setAttribute("viewBox", "0 0 1 1");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  const [now, first] = inOrder(quad || [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]);
  const handles = now.map((_, n) => make("button", stage, { type: "button", class: "corner", "aria-label": words.corner.replace("{number}", n + 1) }));
  const draw = () => {
    shape.setAttribute("points", now.map((corner) => corner.join(",")).join(" "));
    handles.forEach((handle, n) => { handle.style.left = `${now[n][0] * 100}%`; handle.style.top = `${now[n][1] * 100}%`; });
  };
  const move = (n, x, y) => { now[n] = [clamp(x), clamp(y)]; draw(); };
  handles.forEach((handle, n) => {
    handle.addEventListener("pointerdown", (event) => {
      const box = picture.getBoundingClientRect(), x = event.clientX - now[n][0] * box.width, y = event.clientY - now[n][1] * box.height;
      handle.setPointerCapture(event.pointerId);
      handle.onpointermove = (moved) => move(n, (moved.clientX - x) / box.width, (moved.clientY - y) / box.height);
      handle.onpointerup = handle.onpointercancel = () => { handle.onpointermove = null; };
    });
    handle.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const by = event.shiftKey ? LEAP : STEP;
      move(n, now[n][0] + way[0] * by, now[n][1] + way[1] * by);
    });
  });
  draw();
  const end = make("div", dialog, { class: "pair" });
  make("button", end, { type: "button", class: "plain" }, words.cancel).addEventListener("click", () => dialog.close());
  make("button", end, { type: "button", class: "button" }, words.use).addEventListener("click", () => {
    dialog.close();
    done(now.map((_, n) => now[(n - first + 4) % 4]));
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  handles[0].focus();
}

for (const place of document.querySelectorAll("[data-photo]")) {
  const views = place.querySelector("[data-views]");
  if (!views) continue;
  const form = place.closest("form"), value = place.querySelector("input[type=hidden]"), error = place.querySelector(".error");
  const way = (name) => views.querySelector(`[data-way=${name}]`), original = views.querySelector("[data-original]");
  const state = { quad: JSON.parse(views.dataset.quad), whole: JSON.parse(views.dataset.whole), turn: JSON.parse(views.dataset.turn) || 0 };

  const tell = (told) => {
    place.querySelector("[data-help]").innerHTML = told.drawing || "";
    place.querySelector("[data-flaws]").replaceChildren(...(told.flaws || []).map((text) => {
      const line = document.createElement("p");
      line.textContent = text;
      return line;
    }));
    if (!told.id) return;
    views.hidden = !told.original;
    if (!told.original) return;
    Object.assign(state, { quad: told.quad, whole: told.whole, turn: told.turn });
    original.src = told.original;
    way("whole").hidden = told.whole;
    way("cut").hidden = !told.whole || !told.quad;
  };
  place.addEventListener("taken", (event) => tell(event.detail));

  async function see(wish) {
    for (const button of views.querySelectorAll("button")) button.disabled = true;
    views.setAttribute("aria-busy", "true");
    error.textContent = "";
    try {
      const answer = await fetch(`${form.action}/photo/${place.dataset.at}/view`, {
        method: "POST", body: JSON.stringify(wish),
        headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements._csrf.value },
      });
      const told = await answer.json();
      if (answer.ok) {
        value.value = told.id;
        place.querySelector("img.shot").src = told.src;
        tell(told);
      } else error.textContent = told.text || views.dataset.wrong;
    } catch {
      error.textContent = views.dataset.wrong;
    }
    views.removeAttribute("aria-busy");
    for (const button of views.querySelectorAll("button")) button.disabled = false;
  }

  views.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    const name = button.dataset.way;
    if (name === "turn") see({ quad: null, whole: state.whole, turn: (state.turn + 1) % 4 });
    else if (name) see({ quad: null, whole: name === "whole", turn: 0 });
    else corners(button.dataset, original.src, state.quad, (quad) => see({ quad, whole: false, turn: 0 }));
  });
}
