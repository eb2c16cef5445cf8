// The agent's desk before a call: which lines they serve, whether camera and microphone work, who waits; the next client.

import { call } from "./desk_call.js";
import { wire } from "./wire.js";
import { open, stop } from "./video_devices.js";

const root = document.getElementById("video-desk");
const find = (name) => root.querySelector(`[data-${name}]`);
const title = document.title;
let stream = null, ahead = 0, last = null;

function tell(text) {
  find("problem").hidden = !text;
  find("problem").firstElementChild.textContent = text;
}

// --- camera and microphone
let closing = () => {};
async function tryDevices() {
  tell("");
  find("cannot").hidden = true;
  try {
    stream = stream || (await open());
  } catch (fault) {
    find("cannot").hidden = false;
    for (const one of find("cannot").children) one.hidden = one.dataset.why !== fault.why;
    return false;
  }
  find("preview").srcObject = stream;
  find("picture").hidden = false;
  find("try").hidden = true;
  const sound = new AudioContext(), ear = sound.createAnalyser();
  sound.createMediaStreamSource(stream).connect(ear);
  const wave = new Float32Array(ear.fftSize);
  const clock = setInterval(() => {
    ear.getFloatTimeDomainData(wave);
    find("level").value = Math.min(1, Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length) * 6);
  }, 120);
  closing();
  closing = () => { clearInterval(clock); sound.close(); closing = () => {}; };
  return true;
}
addEventListener("pagehide", () => { closing(); stop(stream); });

// --- begin, break, finish
function chosen() {
  const queues = {};
  for (const tick of root.querySelectorAll("input[data-company]:checked")) (queues[tick.dataset.company] ||= []).push(tick.value);
  return queues;
}

async function become(what, said = {}) {
  tell("");
  try {
    show((await call(`/desk/video/${what}`, said)).state);
  } catch (fault) {
    tell(fault.message);
  }
}

function show(state) {
  root.dataset.state = state;
  for (const part of root.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  document.title = title;
  if (last) draw(last);
}

find("try").onclick = tryDevices;
find("begin").onclick = async () => { if (await tryDevices()) await become("begin", { queues: chosen() }); };
find("pause").onclick = () => become("pause");
find("resume").onclick = () => become("resume");
find("leave").onclick = () => become("leave");
for (const [name, path] of [["next", "next"], ["film", "next-film"]]) {
  find(name).onclick = async () => {
    tell("");
    find(name).disabled = true;
    try {
      go((await call(`/desk/video/${path}`)).call);
    } catch (fault) {
      tell(fault.message);
      find(name).disabled = false;
    }
  };
}

function go(id) {
  closing();
  stop(stream);
  location.assign(`/desk/video/call?call=${encodeURIComponent(id)}`);
}

// --- who waits
const put_ = (name, text) => { find(name).textContent = text; };

function spent(since) {
  const seconds = Math.max(0, Math.round((Date.now() + ahead - Date.parse(since)) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function draw(said) {
  last = said;
  const body = find("lines"), all = said.lines.reduce((sum, line) => sum + line.since.length, 0);
  body.replaceChildren(...said.lines.map((line) => {
    const row = find("row").content.cloneNode(true);
    const put = (name, text) => { row.querySelector(`[data-${name}]`).textContent = text; };
    put("line", line.title || root.dataset.own);
    put("company", line.company);
    put("people", line.since.length);
    put("longest", line.since.length ? spent(line.since.reduce((a, b) => (a < b ? a : b))) : "–");
    return row;
  }));
  find("none").hidden = all > 0;
  if (find("all").textContent !== String(all)) find("all").textContent = all;
  document.title = all && root.dataset.state === "working" ? `(${all}) ${title}` : title;
  find("next").disabled = !all;
  find("film-line").hidden = !said.films;
  put_("films", said.films);
  find("back").hidden = !said.call;
  if (said.call) find("back-to").href = `/desk/video/call?call=${encodeURIComponent(said.call)}`;
}

wire({
  onSaid(said) {
    if (said.k !== "queue") return;
    ahead = Date.parse(said.now) - Date.now();
    if (said.state !== root.dataset.state) show(said.state);
    draw(said);
    find("offline-note").hidden = true;
  },
  onDown() { find("offline-note").hidden = false; },
  onGone() { location.reload(); },
}, "/desk/video/wire/queue");
setInterval(() => last && draw(last), 1000);
show(root.dataset.state);
