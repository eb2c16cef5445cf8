// `mode: recorded`: the client films themselves, looks at it, and hands it in.

import { call as ask } from "./call.js";
import { drop, keep, kept, tidy } from "./pending.js";
import { inParts } from "./upload.js";
import { checks, missing, open, stop } from "./video_devices.js";

const page = document.getElementById("video"), part = (name) => page.querySelector(`[data-${name}]`);
const LEAST = 3000, MOST = 12 * 1024 * 1024, PLACE = `${document.getElementById("f").action}/sent/film`;
const TYPES = ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

function word(name, values = {}) {
  let text = page.querySelector(`[data-words] [data-word=${name}]`).textContent;
  for (const [one, value] of Object.entries(values)) text = text.replace(`{${one}}`, value);
  return text;
}
const say = (text) => { part("said").textContent = text; };
function notice(text) {
  part("notice").hidden = !text;
  part("notice").querySelector("p").textContent = text || "";
}
const show = (name) => { for (const one of page.querySelectorAll("[data-part]")) one.hidden = one.dataset.part !== name; };

let stream = null, recorder = null, film = null, watching = 0;
const devices = checks(part("devices"), (found) => { stream = found; say(word("devices_done")); notice(""); });

async function begin() {
  if (!devices.done) {
    notice(missing() ? "" : word("devices_first"));
    if (!stream && !missing()) devices.begin();
    return;
  }
  notice("");
  devices.release();
  devices.known();
  if (!stream || stream.getTracks().some((one) => one.readyState !== "live")) {
    try { stream = await open(); } catch { stream = null; return devices.again(); }
  }
  part("mine").srcObject = stream;
  part("stage").hidden = part("stop").hidden = false;
  part("film").hidden = true;
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)), pieces = [], began = Date.now(), most = Number(page.dataset.seconds);
  recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 600000, audioBitsPerSecond: 48000 });
  recorder.ondataavailable = ({ data }) => { if (data.size) pieces.push(data); };
  const clock = setInterval(() => {
    const gone = Math.floor((Date.now() - began) / 1000);
    part("clock").textContent = word("one_filming", { seconds: Math.max(0, most - gone) });
    if (gone >= most && recorder.state !== "inactive") recorder.stop();
  }, 250);
  recorder.onstop = () => {
    clearInterval(clock);
    const lasted = Date.now() - began;
    film = new Blob(pieces, { type: (type || "video/webm").split(";")[0] });
    stop(stream);
    stream = null;
    part("stage").hidden = part("stop").hidden = true;
    part("film").hidden = false;
    if (lasted < LEAST || film.size > MOST) { notice(word(lasted < LEAST ? "one_short" : "one_large")); return; }
    look();
  };
  recorder.start(1000);
  say(word("one_filming", { seconds: most }));
  part("stop").focus();
}

function look() {
  part("film-shown").src = URL.createObjectURL(film);
  say("");
  show("look");
  part("send").focus();
}

// The film outlives a reload and a cut: it is kept in the browser until it has arrived, and what has arrived is not sent again.
let running = null, begun = false;
async function send() {
  if (running) { running.signal.dispatchEvent(new Event("hurry")); return; }
  const mine = running = new AbortController();
  begun = true;
  notice("");
  part("sending").hidden = part("progress").hidden = false;
  const told = (text) => { if (running === mine && part("sending").textContent !== text) part("sending").textContent = text; };
  let waits = false;
  const moved = (share) => { part("progress").value = share * 100; waits = false; told(word("one_sending", { share: Math.floor(share * 10) * 10 })); };
  moved(0);
  try {
    await keep(PLACE, film);
    const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", await new Response(film).arrayBuffer()))].map((one) => one.toString(16).padStart(2, "0")).join("");
    await ask("filmed", { digits: part("digits").textContent, digest, type: film.type }, 6);
    const how = {
      csrf: document.getElementById("f").elements._csrf.value, signal: mine.signal, moved,
      waits: (yes) => { if (yes !== waits) { waits = yes; if (yes) told(word("one_offline")); } }, sent: () => told(word("one_checking")),
    };
    const { status, told: answer } = await inParts(`${PLACE}/parts`, film, how);
    if (running !== mine) return;
    if (answer.next) return location.replace(answer.next);
    if (status === 200 && answer.said) { await drop(PLACE); waiting(); return; }
    const problem = answer.problem || answer;
    throw Object.assign(new Error(problem.text || word("one_failed")), { code: problem.code || "" });
  } catch (fault) {
    if (running !== mine) return;
    if (fault.code) await drop(PLACE);
    if (fault.code === "video_one_new_digits") return location.reload();
    notice(fault.code ? fault.message : word("one_failed"));
  } finally {
    if (running === mine) {
      running = null;
      part("sending").hidden = part("progress").hidden = true;
    }
  }
}

function waiting() {
  show("waiting");
  say(page.querySelector("[data-part=waiting] .lead").textContent);
  clearInterval(watching);
  // Decided meanwhile: the call leads on.
  watching = setInterval(() => { if (document.visibilityState === "visible") ask("here", {}, 1).then((told) => { if (told.state === "passed") location.reload(); }).catch(() => {}); }, 10000);
}

async function anew() {
  if (running) running.abort();
  running = null;
  part("sending").hidden = part("progress").hidden = true;
  notice("");
  await drop(PLACE);
  try {
    if (page.dataset.state === "waiting" || watching || begun) part("digits").textContent = (await ask("retake")).digits;
  } catch (fault) { notice(fault.message); return; }
  clearInterval(watching);
  [watching, film, begun] = [0, null, false];
  page.dataset.state = "start";
  show("start");
  part("film").focus();
}

part("film").addEventListener("click", () => begin().catch(() => devices.begin()));
part("stop").addEventListener("click", () => { if (recorder && recorder.state !== "inactive") recorder.stop(); });
part("send").addEventListener("click", send);
for (const one of page.querySelectorAll("[data-again]")) one.addEventListener("click", anew);
addEventListener("pagehide", () => stop(stream));
if (page.dataset.state === "waiting") waiting();
else {
  show("start");
  // It was on its way when the page was loaded anew.
  kept(PLACE).then((found) => { if (found && !film && !recorder) { film = found; look(); send(); } });
}
tidy();
