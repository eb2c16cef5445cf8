// Signs the agreements: the password once, every statement by the key that lies on this phone, each kept by the server as it comes.

import { call } from "./call.js";
import { sha256 } from "./certificate_curve.js";
import { attributes } from "./certificate_der.js";
import { forget, got, kept, missing, open, sent } from "./certificate_key.js";

const TOGETHER = 4, PAUSE = 1200;
const form = document.getElementById("f"), page = document.getElementById("signing");
const part = (name) => page.querySelector(`[data-${name}]`), dialog = document.getElementById("sign-ask");
const input = document.getElementById("f-certificate"), error = document.getElementById("f-certificate-e");
const buttons = document.querySelectorAll('[name="_go"][value="next"]');
let offer = null, pressed = null, busy = false;

const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Above the button: what is wrong with signing as a whole.
function say(words) {
  part("said").hidden = !words;
  part("said").querySelector("p").textContent = words;
  if (words) part("said").scrollIntoView({ block: "center" });
}

function wrong(words) {
  error.textContent = words;
  error.closest(".field").classList.toggle("wrong", Boolean(words));
  input.toggleAttribute("aria-invalid", Boolean(words));
  if (words) input.focus();
}

function working(now) {
  const place = part("working");
  busy = now !== null;
  place.hidden = !busy;
  for (const one of dialog.querySelectorAll("button, input")) one.disabled = busy;
  if (!busy) return;
  place.querySelector("p").textContent = now ? filled(place.dataset.working, { now, all: offer.all }) : "";
  const bar = place.querySelector("progress");
  if (now) { bar.max = offer.all; bar.value = now; }
}

// There is no way but a new certificate: why, and what comes then.
function anew(why) {
  if (dialog.open) dialog.close();
  page.querySelector(`[data-anew="${why}"]`).showModal();
}

const NO_MORE = ["certificate_missing", "certificate_ended", "certificate_was_revoked"];

// What is to be signed, and whether the key for it lies here. False: the client has been told why not.
async function prepared() {
  try {
    // The papers are still being drawn: rarely, for the client has read them all.
    while ((offer = await call("offer")).coming) {
      part("coming").hidden = false;
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  } catch (fault) {
    if (!NO_MORE.includes(fault.code)) throw fault;
    anew("none");
    return false;
  } finally {
    part("coming").hidden = true;
  }
  if (!offer.statements.length) return true;
  const mine = await kept(page.dataset.owner);
  if (!mine || mine.id !== offer.key) anew("new_device");
  return Boolean(mine) && mine.id === offer.key;
}

async function begin() {
  const why = missing();
  if (why) {
    part("cannot").hidden = false;
    part(why).hidden = false;
    return;
  }
  say("");
  if (!(await prepared())) return;
  if (!offer.statements.length) { finish(); return; }
  const count = dialog.querySelector("[data-count]");
  count.textContent = filled(count.dataset.count, { count: offer.statements.length });
  wrong("");
  dialog.showModal();
  input.focus();
}

async function sign() {
  const password = input.value;
  if (!/^[0-9]{6,8}$/.test(password)) { wrong(error.dataset.digits); return; }
  wrong("");
  working(0);
  try {
    // Asked for anew after a fault: what has arrived is signed.
    if (!offer && !(await prepared())) { working(null); return; }
    const { statements, nonce, all } = offer;
    if (statements.length) {
      const key = await open(call, page.dataset.owner, password);
      const certificate = await sha256(got(key.certificate || offer.certificate));
      for (let at = 0; at < statements.length; at += TOGETHER) {
        const made = [];
        for (const one of statements.slice(at, at + TOGETHER)) {
          working(all - statements.length + at + made.length + 1);
          const said = { row: one.row, signature: sent(await key.sign(new TextEncoder().encode(one.content))) };
          const { pdf } = JSON.parse(one.content);
          if (pdf) said.pdf = sent(await key.sign(attributes(pdf, certificate)));
          made.push(said);
        }
        await call("signed", { nonce, signatures: made });
      }
    }
    input.value = "";
    finish();
  } catch (fault) {
    working(null);
    input.value = fault.code === "password" ? "" : input.value;
    offer = fault.code === "password" ? offer : null;
    if (fault.code === "certificate_locked" || (fault.code === "password" && fault.left === 0)) anew("locked");
    else if (fault.code === "certificate_unknown" || fault.code === "none") anew("new_device");
    else if (NO_MORE.includes(fault.code)) anew("none");
    else wrong(fault.code === "password" ? filled(error.dataset.wrong, { left: fault.left }) : fault.message);
  }
}

// Everything is signed: the page goes its ordinary way.
function finish() {
  if (dialog.open) dialog.close();
  working(null);
  page.dataset.signed = "1";
  (pressed || buttons[buttons.length - 1]).click();
}

// To a new certificate: what is ticked is kept, the old one ends, and the case knows what comes next.
async function away(why) {
  const ticked = new URLSearchParams(new FormData(form));
  ticked.append("_go", "refresh");
  await fetch(form.action, { method: "POST", body: ticked, redirect: "manual" });
  if (why !== "none") {
    await call("forget", { reason: why === "new_device" ? why : "forgotten_password" });
    await forget(page.dataset.owner);
  }
  location.replace(form.action.replace(/\/[^/]+$/, ""));
}

for (const one of buttons) {
  one.addEventListener("click", async (event) => {
    // What is not read or not ticked is told by the page itself.
    if (page.dataset.signed || page.dataset.unread !== "0" || !form.elements.agree.checked) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    pressed = one;
    try {
      await begin();
    } catch (fault) {
      say(fault.message);
    }
    busy = false;
  });
}
for (const one of page.querySelectorAll("[data-anew]")) {
  one.querySelector("[data-yes]").addEventListener("click", async (event) => {
    event.target.disabled = true;
    try {
      await away(one.dataset.anew);
    } catch (fault) {
      event.target.disabled = false;
      one.close();
      say(fault.code || !(fault instanceof TypeError) ? fault.message : document.getElementById("offline").textContent);
    }
  });
}
part("sign").addEventListener("click", sign);
part("forgotten").addEventListener("click", () => anew("forgotten_password"));
dialog.addEventListener("cancel", (event) => { if (busy) event.preventDefault(); });
input.addEventListener("input", () => wrong(""));
// Enter signs, and posts nothing.
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  sign();
});
