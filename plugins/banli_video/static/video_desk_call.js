// The agent's page of a call: picture and sound, the recording, the decision. What stands beside the picture: `video_desk_case`.

import { call as ask } from "./desk_call.js";
import { wire } from "./wire.js";
import { peer } from "./video_peer.js";
import { open, stop } from "./video_devices.js";
import { recorder } from "./video_record.js";
import { copy } from "./video_copy.js";
import { frame } from "./video_frame.js";
import { beside } from "./video_desk_case.js";

const root = document.getElementById("video-call"), id = root.dataset.call;
const film = root.dataset.film;
const find = (name) => root.querySelector(`[data-${name}]`);
const words = find("words").dataset, states = find("states").dataset;
const BEAT = 5000, LOOK = 8000;
let stream = null, end = null, second = null, line = null, record = null, after = 0, early = [], readied = null, leaving = false;
let connectedAt = root.dataset.seconds ? Date.now() - root.dataset.seconds * 1000 : 0, there = true, state = "connecting";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const put_ = (name, text) => { find(name).textContent = text; };

function tell(text) {
  find("problem").hidden = !text;
  find("problem").firstElementChild.textContent = text;
  if (text) find("problem").focus();
}

// What kept the client from passing goes as soon as it is mended, and says what is left; nothing moves the agent there.
function mended() {
  const line = find("problem").firstElementChild;
  if (find("problem").hidden || ![words.incomplete, words.wrong, words.missing].includes(line.textContent)) return;
  line.textContent = desk.missing();
  find("problem").hidden = !line.textContent;
}

const desk = beside(root, { id, words, tell, mended, photographed });

// --- the picture
// Out of the picture, or out of the vendor's frame; null: there is none.
async function photographed() {
  if (root.dataset.frame) return end ? end.take() : null;
  const video = find("theirs");
  if (!video.videoWidth || video.readyState < 2) return null;
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

function seen(now) {
  state = now;
  const away = !there && now !== "connected";
  const text = !stream && !root.dataset.frame ? states.own : away ? states.away : states[now] ?? "";
  put_("state", text);
  find("state").hidden = !text;
}

function moved(now) {
  seen(now);
  if (now === "connected") {
    connectedAt = connectedAt || Date.now();
    if (record && !record.on && !leaving) record.start().catch((fault) => tell(fault.message));
  }
  if (line && ["connected", "disconnected", "failed"].includes(now)) line.say({ k: "state", state: now });
}

function shown(theirs) {
  const video = find("theirs");
  video.srcObject = theirs;
  video.play().catch((fault) => { find("sound").hidden = fault.name !== "NotAllowedError"; });
  record.hear(theirs, video);
}
find("sound").onclick = () => { find("theirs").play(); find("sound").hidden = true; };
find("restart").onclick = () => end && end.restart();
find("mute").onclick = () => {
  const on = find("mute").getAttribute("aria-pressed") !== "true";
  find("mute").setAttribute("aria-pressed", String(on));
  if (stream) for (const track of stream.getAudioTracks()) track.enabled = !on;
};

// What stands in the recording beside the pictures, by the site's clock.
const ahead = Date.parse(root.dataset.now) - Date.now();
const stamp = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium", timeZone: "Asia/Shanghai" });
const caption = () => [desk.brief ? desk.brief.number.slice(-12) : "", root.dataset.number, ...stamp.format(Date.now() + ahead).split(" ")];

// One sentence of both: what this page records, and (`data-site`) whether it goes to the site's own recorder as well.
let recorded = ["off", 0];
function recording(now, left) {
  recorded = [now, left];
  const tag = find("recording"), names = { on: "tag good", sending: "tag warn", paused: "tag bad", broken: "tag bad", off: "tag" };
  const { site } = tag.dataset, half = now === "on" && site === "off" ? "hereOnly" : now === "off" && site === "on" ? "thereOnly" : "";
  const text = fill(words[half || now], { left: (left / 1e6).toFixed(1) });
  if (tag.textContent !== text) tag.textContent = text;
  tag.className = half ? "tag warn" : names[now];
}

function copied(on) {
  find("recording").dataset.site = on ? "on" : "off";
  recording(...recorded);
}

async function begin() {
  if (root.dataset.frame) {
    end = frame({ address: root.dataset.frame, place: find("screen"), title: root.dataset.room, onState: moved });
    return;
  }
  try {
    stream = await open();
  } catch {
    stream = null;
    find("devices").hidden = false;
    return seen(state);
  }
  const mine = stream, muted = find("mute").getAttribute("aria-pressed") === "true";
  // What was unplugged is tried again at once; then it is asked for.
  for (const track of mine.getTracks()) track.onended = () => { if (!leaving && stream === mine) begin(); };
  for (const track of mine.getAudioTracks()) track.enabled = !muted;
  find("devices").hidden = true;
  find("mine").srcObject = mine;
  seen(state);
  if (end) {
    record.speak(mine);
    await end.replace(mine);
    if (second) await second.replace(mine);
    return;
  }
  record = recorder({ call: id, mine, own: find("mine"), caption, onState: recording });
  end = peer({
    polite: false, ice: JSON.parse(root.dataset.ice), stream: mine,
    send: (said) => line.say({ k: "signal", said }), onState: moved, onStream: shown,
  });
  for (const said of early.splice(0)) end.signal(said);
  if ("copy" in root.dataset) {
    second = copy({ stream: mine, ice: JSON.parse(root.dataset.ice), send: (said) => line.say({ k: "copy", said }), onState: copied });
    if (readied) second.signal(readied);
    else second.hello();
  }
}
find("devices").onclick = begin;

// --- the wire: signals, and the beat that keeps the client here
function heard(said) {
  if (said.n) after = Math.max(after, said.n);
  if (said.k === "signal") end ? end.signal(said.said) : early.push(said.said);
  else if (said.k === "copy") second ? second.signal(said.said) : readied = said.said;
  else if (said.k === "client") { there = said.there; seen(state); }
  else if (said.k === "over") over(said.why);
  else if (said.k === "elsewhere") over("elsewhere");
}

async function over(why) {
  if (leaving) return;
  leaving = true;
  shut();
  put_("why-over", find("whys").dataset[why] || "");
  find("over").showModal();
  await save(() => {}).catch(() => {});
}

function shut() {
  clearInterval(beating);
  clearInterval(looking);
  line.close();
  if (end) end.close();
  if (second) second.close();
  stop(stream);
}

// --- the decision
const busy = (text) => { put_("doing", text); if (!find("busy").open) find("busy").showModal(); };

async function save(onLeft) {
  if (!record || desk.brief?.recording === "none") return null;
  const segments = await record.finish(onLeft);
  for (let turn = 0; Object.keys(segments).length; turn += 1) {
    try {
      return await ask("/desk/video/recorded", { call: id, segments });
    } catch (fault) {
      const again = ["offline", "video_recording_working", "video_recording_incomplete"].includes(fault.code);
      if (!again || turn > 20) throw fault;
      await new Promise((done) => setTimeout(done, 700));
    }
  }
  return null;
}

async function decide(path, said) {
  if (!desk.brief) return;
  tell("");
  leaving = true;
  try {
    busy(words.joining);
    await desk.kept();
    await save((left) => busy(fill(words.saving, { left: (left / 1e6).toFixed(1) }))).catch((fault) => {
      if (desk.brief.recording === "required") throw fault;
    });
    busy(words.joining);
    const told = await ask(`/desk/video/${path}`, { call: id, seen: desk.brief.revision, without: find("why").value, ...said });
    shut();
    location.replace(`/desk/video?said=${told.over}`);
  } catch (fault) {
    tell(fault.message);
    if (fault.code === "video_say_why_without") find("without").hidden = false;
    if (fault.code === "video_changed") await look();
    goesOn(fault.code !== "video_over");
    if (fault.code === "video_over") over("");
  }
}

// Nothing came of it: the call goes on, so it is recorded on.
function goesOn(going = true) {
  leaving = false;
  find("busy").close();
  if (going && record && state === "connected") record.start().catch(() => {});
}

find("pass").onclick = () => {
  const text = !connectedAt && !film ? words.unseen : desk.missing();
  if (text) return tell(text);
  find("ask").showModal();
};
find("no").onclick = () => find("ask").close();
find("yes").onclick = () => { find("ask").close(); decide("pass", {}); };
find("send").onclick = () => {
  decide("send-back", { reasons: desk.reasons(), remark: find("remark").value });
};
for (const button of root.querySelectorAll("[data-end]")) {
  button.onclick = async () => {
    leaving = true;
    busy(words.joining);
    await save((left) => busy(fill(words.saving, { left: (left / 1e6).toFixed(1) }))).catch(() => {});
    try {
      await ask("/desk/video/end", { call: id, how: button.dataset.end });
      shut();
      location.replace(`/desk/video?said=${button.dataset.end}`);
    } catch (fault) {
      tell(fault.message);
      goesOn();
    }
  };
}

// --- as time goes by
async function look() {
  try {
    await desk.look();
  } catch (fault) {
    if (fault.code === "video_over") over("");
    else if (!desk.brief) tell(fault.message);
  }
}

const beating = setInterval(() => line.say({ k: "beat" }), BEAT);
const looking = setInterval(look, LOOK);
setInterval(() => {
  if (!connectedAt) return;
  const seconds = Math.round((Date.now() - connectedAt) / 1000);
  put_("clock", `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`);
  const { minutes } = desk.brief ?? {};
  if (minutes && seconds === minutes * 60) tell(fill(words.long, { minutes }));
}, 1000);
addEventListener("beforeunload", (event) => { if (!leaving) event.preventDefault(); });

// A film has nobody at the other end: it is looked at, and held by asking.
function shownFilm() {
  find("theirs").src = film;
  const held = () => ask("/desk/video/beat", { call: id }).catch((fault) => { if (fault.code === "video_over") over(""); });
  return { say: (said) => { if (said.k === "beat") held(); }, close() {} };
}

function called() {
  const hello = () => {
    line.say({ k: "hello", call: id, after });
    if (second) second.hello();
  };
  begin();
  return wire({ onSaid: heard, onUp: hello, onGone: () => location.reload() }, "/desk/video/wire/call");
}

line = film ? shownFilm() : called();
look();
