// Photos go up while the rest of the page is filled in: by the page's camera, the phone's or from the album; made smaller
// where they are large, in parts, with progress, gone on with after a cut or a reload.

import { atOnce, inParts } from "./upload.js";
import { drop, keep, kept, tidy } from "./pending.js";

const SMALL = 600 * 1024, LARGE = 1536 * 1024, LONGEST = 2400;
const SECURE = Boolean(window.crypto && crypto.subtle);

// What the browser cannot decode (HEIC) goes as it is.
async function smaller(file, longest) {
  if (file.size <= SMALL || !window.createImageBitmap) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, longest / Math.max(image.width, image.height)), canvas = document.createElement("canvas");
    if (scale === 1 && file.size <= LARGE) return file;
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const ink = canvas.getContext("2d");
    ink.imageSmoothingQuality = "high";
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, canvas.width, canvas.height);
    ink.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return made && made.size < file.size ? made : file;
  } catch {
    return file;
  }
}

// The camera and the sheet to write on come after the page, so that the page comes at once.
const modules = new Map();
const module = (address) => {
  if (!modules.has(address)) modules.set(address, import(address).catch(() => { modules.delete(address); return null; }));
  return modules.get(address);
};
const senders = new Map();
let without = "";

for (const place of document.querySelectorAll("[data-photo]")) {
  const name = place.dataset.at, form = place.closest("form"), value = place.querySelector("input[type=hidden]");
  const bar = place.querySelector("progress"), said = place.querySelector("[data-said]"), again = place.querySelector("[data-retry]");
  const error = place.querySelector(".error"), note = place.querySelector("[data-note]"), frame = place.querySelector("[data-frame]");
  const take = place.querySelector("input[capture]"), address = `${form.action}/photo/${name}`, { camera, cut, draw } = place.dataset;
  let last = null, local = "", running = null;

  const ended = (sentence, failed) => {
    bar.hidden = true;
    again.hidden = !failed;
    said.textContent = failed ? "" : sentence;
    error.textContent = failed ? sentence : "";
    place.classList.toggle("wrong", failed);
  };

  // Taken for the other side of the card: one tap gives it to that side's place.
  const offer = (told) => {
    const before = place.querySelector("[data-swap]");
    if (before) before.remove();
    const other = told && told.other && senders.get(told.other), file = last;
    if (!other) return;
    const swap = document.createElement("button");
    swap.type = "button";
    swap.className = "plain";
    swap.dataset.swap = "";
    swap.textContent = told.swap;
    swap.addEventListener("click", () => {
      swap.remove();
      error.textContent = "";
      place.classList.remove("wrong");
      place.dispatchEvent(new CustomEvent("taken", { detail: {} }));
      other(file);
    });
    again.before(swap);
    again.hidden = true;
  };

  const show = (source) => {
    const image = frame.querySelector("img") || frame.insertBefore(document.createElement("img"), frame.firstChild);
    image.className = "shot";
    image.alt = place.querySelector(".label").textContent;
    image.src = source;
  };

  const way = (signal) => ({
    csrf: form.elements._csrf.value,
    signal,
    moved: (share) => { bar.value = share * 100; },
    waits: (yes) => { said.textContent = yes ? said.dataset.waits : said.dataset.sending; again.hidden = !yes; },
    sent: () => { said.textContent = said.dataset.checking; bar.removeAttribute("value"); },
  });

  async function send(file, ready) {
    last = file;
    if (running) running.abort();
    const mine = new AbortController();
    running = mine;
    form.dataset.uploading = Number(form.dataset.uploading || 0) + 1;
    again.hidden = true;
    error.textContent = "";
    said.textContent = said.dataset.sending;
    bar.value = 0;
    bar.hidden = false;
    offer(null);
    let answer = { status: 0, told: {} };
    try {
      const blob = ready ? file : await smaller(file, Number(place.dataset.longest) || LONGEST), how = way(mine.signal);
      if (SECURE && !ready) keep(address, blob);
      answer = await (SECURE ? inParts(`${address}/parts`, blob, how) : atOnce(address, blob, how));
    } catch {
      // A file that is gone from the phone by now.
    }
    const left = Number(form.dataset.uploading) - 1;
    if (left > 0) form.dataset.uploading = left;
    else delete form.dataset.uploading;
    if (running !== mine) return;
    running = null;
    done(answer.status, answer.told);
  }

  function done(status, told) {
    if (status === 200 && told.id && told.src) {
      drop(address);
      value.value = told.id;
      note.textContent = "";
      place.querySelector("[data-take]").textContent = place.querySelector("[data-take]").dataset.take;
      show(told.original ? told.src : local || told.src);
      for (const control of place.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
      ended(said.dataset.done, false);
    } else {
      if (told.code) drop(address);
      ended(told.text || said.dataset.failed, true);
      offer(told);
      // The same photo would be refused again for what is wrong with it.
      if (told.drawing) again.hidden = true;
    }
    place.dispatchEvent(new CustomEvent("taken", { detail: told }));
  }

  const given = (file, ready) => {
    if (local) URL.revokeObjectURL(local);
    local = URL.createObjectURL(file);
    send(file, ready);
  };
  senders.set(name, (file) => {
    place.scrollIntoView({ block: "center" });
    given(file);
  });

  for (const input of place.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      const file = input.files[0];
      if (!file) return;
      given(file);
      input.value = "";
    });
  }

  // The page's camera with a frame; where there is none, the phone's own, and why.
  const able = window.isSecureContext && navigator.mediaDevices && navigator.mediaDevices.getUserMedia && typeof HTMLDialogElement === "function";
  if (take && camera) {
    let passing = false;
    take.addEventListener("click", async (event) => {
      const dialog = document.getElementById("camera");
      if (passing || without || !dialog) { passing = false; return; }
      if (!able) { without = "missing"; said.textContent = dialog.dataset.missing; return; }
      event.preventDefault();
      const loaded = await module(camera), shot = loaded ? await loaded.shoot(dialog, cut) : { why: "busy" };
      if (shot.blob) { given(shot.blob); place.scrollIntoView({ block: "center" }); return; }
      if (shot.album) { place.querySelector("input[type=file]:not([capture])").click(); return; }
      take.focus({ preventScroll: true });
      if (!shot.why) return;
      without = shot.why;
      said.textContent = dialog.dataset[shot.why];
      passing = Boolean(navigator.userActivation && navigator.userActivation.isActive);
      if (passing) take.click();
    });
    if (able) addEventListener("load", () => module(camera), { once: true });
  }
  const write = place.querySelector("[data-write]");
  if (write) {
    write.hidden = !draw || typeof HTMLDialogElement !== "function";
    write.addEventListener("click", async () => {
      const loaded = await module(draw), made = loaded && await loaded.drawn(document.getElementById("draw"));
      if (!loaded) said.textContent = said.dataset.failed;
      write.focus({ preventScroll: true });
      if (made) given(made);
    });
  }

  again.addEventListener("click", () => {
    if (running) running.signal.dispatchEvent(new Event("hurry"));
    else if (last) send(last);
  });
  if (SECURE) kept(address).then((blob) => { if (blob && !running) given(blob, true); });
}
if (SECURE) tidy();
