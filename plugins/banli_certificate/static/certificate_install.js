// Installs the certificate: two equal passwords, a key made here, a certificate from the authority. The password is in no post.

import { call } from "./call.js";
import { apply, install, kept, missing } from "./certificate_key.js";

const page = document.getElementById("certificate"), part = (name) => page.querySelector(`[data-${name}]`);
const [first, again] = [document.getElementById("f-password"), document.getElementById("f-again")];
const PARTS = ["cannot", "asking", "working", "failed", "done"], LONGEST = 5;

function show(name) {
  for (const one of PARTS) part(one).hidden = one !== name;
  // What was missing is there now.
  if (part("state")) part("state").hidden = name === "done";
  const focus = part(name).querySelector("input, button");
  if (focus && name !== "asking") focus.focus();
}

function cannot(why) {
  part(why).hidden = false;
  show("cannot");
}

// One digit over and over, or digits in a row: what is tried first by whoever finds the phone.
function simple(digits) {
  const steps = [...digits].slice(1).map((one, at) => Number(one) - Number(digits[at]));
  return steps.every((step) => step === steps[0]) && Math.abs(steps[0]) <= 1;
}

function wrong(input, sentence) {
  const error = document.getElementById(`${input.id}-e`);
  error.textContent = sentence;
  error.closest(".field").classList.toggle("wrong", Boolean(sentence));
  input.toggleAttribute("aria-invalid", Boolean(sentence));
  if (sentence) input.focus();
  return Boolean(sentence);
}

async function start() {
  const error = document.getElementById("f-password-e").dataset, password = first.value;
  const bad = !/^[0-9]{6,8}$/.test(password) ? error.digits : simple(password) ? error.simple : "";
  const other = again.value === password ? "" : document.getElementById("f-again-e").dataset.differ;
  if (wrong(again, bad ? "" : other) || wrong(first, bad)) return;
  await follow(() => install(call, page.dataset.owner, password));
}

// Goes on until the authority has decided, however often it has to be asked.
async function follow(ask) {
  show("working");
  try {
    let told = await ask();
    while (told && told.wait) {
      part("waiting").hidden = false;
      await new Promise((done) => setTimeout(done, 1000 * Math.min(told.wait, LONGEST)));
      told = await apply(call, page.dataset.owner);
    }
    if (!told) return show("asking");
    first.value = again.value = "";
    show("done");
  } catch (fault) {
    part("why").textContent = fault.code || !(fault instanceof DOMException) ? fault.message : "";
    show("failed");
  }
}

// What was applied for on this phone and not decided yet goes on by itself; what the site has dropped meanwhile begins anew.
async function resume() {
  const mine = await kept(page.dataset.owner).catch(() => null);
  if (!mine || !mine.asked) return show("asking");
  await follow(() => apply(call, page.dataset.owner).catch((fault) => {
    if (fault.code !== "certificate_unknown") throw fault;
  }));
}

part("apply").addEventListener("click", start);
part("again").addEventListener("click", () => show("asking"));
part("next").addEventListener("click", () => call("done").catch((fault) => { part("why").textContent = fault.message; show("failed"); }));
for (const input of [first, again]) {
  input.addEventListener("input", () => wrong(input, ""));
  // Enter goes on in the page and posts nothing.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (input === first) again.focus();
    else start();
  });
}

const why = missing();
if (why) cannot(why);
else {
  const trial = indexedDB.open("banli_certificate_trial");
  trial.onerror = () => cannot("private");
  trial.onsuccess = () => { trial.result.close(); indexedDB.deleteDatabase("banli_certificate_trial"); resume(); };
}
