// `mode: recorded`: the client films themselves, looks at it, and hands it in part by part.

import { call as ask } from "./call.js";
import { checks, missing, open, stop } from "./video_devices.js";

const page = document.getElementById("video"), part = (name) => page.querySelector(`[data-${name}]`);
const PART = 128 * 1024, LEAST = 3000, MOST = 96 * PART;
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

let stream = null, recorder = null, film = null, take = "", watching = 0, sending = false;
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
  if (!stream || stream.getTracks().some((one) => one.readyState !== "live")) stream = await open();
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
    take = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
    part("film-shown").src = URL.createObjectURL(film);
    show("look");
    part("send").focus();
  };
  recorder.start(1000);
  say(word("one_filming", { seconds: most }));
  part("stop").focus();
}

async function base64(piece) {
  const bytes = new Uint8Array(await piece.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

// What has arrived is not sent again, also when it is handed in a second time.
let have = new Set();
async function send() {
  if (sending) return;
  sending = true;
  notice("");
  part("sending").hidden = false;
  const count = Math.ceil(film.size / PART), digits = part("digits").textContent;
  try {
    for (let number = 0; number < count; number += 1) {
      part("sending").textContent = word("one_sending", { share: Math.round((100 * number) / count) });
      if (have.has(number)) continue;
      const told = await ask("part", { take, number, digits, data: await base64(film.slice(number * PART, (number + 1) * PART)) }, 6);
      have = new Set(told.have);
    }
    await ask("finish", { take, count, type: film.type }, 6);
    waiting();
  } catch (fault) {
    if (fault.code === "video_one_new_digits") return location.reload();
    notice(fault.code ? fault.message : word("one_failed"));
  } finally {
    sending = false;
    part("sending").hidden = true;
  }
}

function waiting() {
  show("waiting");
  clearInterval(watching);
  // Decided meanwhile: the call leads on.
  watching = setInterval(() => { if (document.visibilityState === "visible") ask("here", {}, 1).then((told) => { if (told.state === "passed") location.reload(); }).catch(() => {}); }, 10000);
}

async function anew() {
  try {
    if (page.dataset.state === "waiting" || watching) part("digits").textContent = (await ask("retake")).digits;
  } catch (fault) { notice(fault.message); return; }
  clearInterval(watching);
  [watching, film, have] = [0, null, new Set()];
  page.dataset.state = "start";
  show("start");
}

part("film").addEventListener("click", () => begin().catch(() => devices.begin()));
part("stop").addEventListener("click", () => { if (recorder && recorder.state !== "inactive") recorder.stop(); });
part("send").addEventListener("click", send);
for (const one of page.querySelectorAll("[data-again]")) one.addEventListener("click", anew);
addEventListener("pagehide", () => stop(stream));
if (page.dataset.state === "waiting") waiting();
else show("start");
