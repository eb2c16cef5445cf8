// The agent's page of a call: picture and sound, the client's data, the script, pictures to take, the recording, the decision.

import { call as ask, put } from "./desk_call.js";
import { wire } from "./wire.js";
import { peer } from "./video_peer.js";
import { open, stop } from "./video_devices.js";
import { recorder } from "./video_record.js";
import { copy } from "./video_copy.js";
import { frame } from "./video_frame.js";

const root = document.getElementById("video-call"), id = root.dataset.call;
const film = root.dataset.film;
const find = (name) => root.querySelector(`[data-${name}]`);
const words = find("words").dataset, states = find("states").dataset;
const BEAT = 5000, LOOK = 8000;
let brief = null, stream = null, end = null, second = null, line = null, record = null, after = 0, early = [], readied = null, leaving = false;
let connectedAt = root.dataset.seconds ? Date.now() - root.dataset.seconds * 1000 : 0, there = true, state = "connecting";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const put_ = (name, text) => { find(name).textContent = text; };
const picture = (file) => `/desk/video/file/picture?${new URLSearchParams({ call: id, file })}`;

function tell(text) {
  find("problem").hidden = !text;
  find("problem").firstElementChild.textContent = text;
  if (text) find("problem").focus();
}

// --- what the client has entered, and what is to be asked
function element(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, more);
}

function lines(cell, texts) {
  (texts.length ? texts : [words.empty]).forEach((text, nth) => cell.append(...(nth ? [document.createElement("br"), text] : [text])));
  return cell;
}

function draw(told) {
  const fresh = brief && told.revision !== brief.revision;
  brief = told;
  put_("case", told.number);
  put_("business", told.business);
  put_("client", told.client);
  if (film) put_("digits", told.digits);
  find("changed").hidden = !fresh;
  const changed = told.lines.filter((one) => one.changed), same = told.lines.filter((one) => !one.changed);
  find("lines").replaceChildren(...changed.map((one) => {
    const row = document.createElement("tr");
    const head = element("th", one.title);
    head.scope = "row";
    row.append(head, lines(element("td", "", { className: "old" }), one.before), lines(element("td", "", { className: "new" }), one.after));
    return row;
  }));
  find("lines").closest("table").hidden = !changed.length;
  find("same").replaceChildren(...same.map((one) => {
    const pair = document.createElement("div");
    pair.append(element("dt", one.title), lines(element("dd", ""), one.after.length ? one.after : one.before));
    return pair;
  }));
  find("rest").hidden = !same.length;
  find("rest").open = !changed.length;
  find("photos-card").hidden = !told.photos.length;
  find("photos").replaceChildren(...told.photos.map((one) => {
    const figure = find("photo").content.cloneNode(true), link = figure.querySelector("a"), image = figure.querySelector("img");
    link.href = image.src = picture(one.file);
    link.dataset.zoom = image.alt = figure.querySelector("figcaption").textContent = one.title;
    return figure;
  }));
  if (!fresh) {
    questions(told);
    find("notes").value = told.notes;
  }
  slots(told);
  reasons(told);
}

function questions(told) {
  find("script").hidden = !told.questions.length;
  find("questions").replaceChildren(...told.questions.map((one, nth) => {
    const group = document.createElement("fieldset");
    group.className = "question";
    const text = element("legend", `${nth + 1}. ${one.text}`);
    group.append(text);
    // A question without answers is itself what is ticked.
    const answers = one.answers, alone = !answers.length;
    for (const [answer, said] of alone ? [["yes", words.said]] : answers) {
      const label = element("label", ""), tick = document.createElement("input");
      Object.assign(tick, { type: alone ? "checkbox" : "radio", name: `q-${one.id}`, value: answer, checked: told.answers[one.id] === answer });
      tick.onchange = () => answered(one.id, tick.checked ? answer : "");
      label.append(tick, ` ${said}`);
      if (one.must === answer) label.append(" ", element("span", words.needed, { className: "muted" }));
      group.append(label);
    }
    return group;
  }));
  count();
}

function count() {
  const done = brief.questions.filter((one) => brief.answers[one.id]).length;
  put_("answered", `${done} / ${brief.questions.length}`);
  find("answered").className = `tag ${done === brief.questions.length ? "good" : "warn"}`;
  brief.questions.forEach((one, nth) => {
    const wrong = one.must && brief.answers[one.id] && brief.answers[one.id] !== one.must;
    find("questions").children[nth].classList.toggle("wrong", Boolean(wrong));
  });
}

// Ticks and notes are kept as they are made; without a network they are kept with the next ones.
let pending = null, keeping = Promise.resolve();
function keep() {
  clearTimeout(pending);
  pending = setTimeout(() => {
    keeping = ask("/desk/video/keep", { call: id, answers: brief.answers, notes: find("notes").value }).catch(() => {
      pending = setTimeout(keep, 3000);
    });
  }, 300);
}

function answered(question, answer) {
  brief.answers[question] = answer;
  count();
  keep();
}
find("notes").oninput = () => brief && keep();

// --- pictures out of the client's video
function slots(told) {
  find("slots").closest("section").hidden = !told.slots.length;
  find("slots").replaceChildren(...told.slots.map((slot) => {
    const figure = find("slot").content.cloneNode(true).firstElementChild;
    const seek = (name) => figure.querySelector(`[data-${name}]`), file = told.snapshots[slot.id];
    seek("title").textContent = slot.title;
    seek("note").textContent = [slot.optional ? words.optional : "", slot.hint].filter(Boolean).join(" · ");
    seek("none").hidden = Boolean(file);
    seek("picture").hidden = !file;
    if (file) Object.assign(seek("picture"), { src: picture(file), alt: slot.title });
    seek("take").textContent = file ? words.retake : words.take;
    seek("take").setAttribute("aria-label", `${seek("take").textContent}: ${slot.title}`);
    seek("take").onclick = () => take(slot.id, seek("take"));
    return figure;
  }));
}

// Out of the picture, or out of the vendor's frame; null: there is none.
async function photographed() {
  if (root.dataset.frame) return end ? end.take() : null;
  const video = find("theirs");
  if (!video.videoWidth || video.readyState < 2) return null;
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

async function take(slot, button) {
  tell("");
  button.disabled = true;
  try {
    const made = await photographed();
    if (!made) {
      button.disabled = false;
      return tell(words.noPicture);
    }
    const told = await put("/desk/video/snapshot", { call: id, slot }, made);
    brief.snapshots[slot] = told.file;
    slots(brief);
  } catch (fault) {
    tell(fault.message);
    button.disabled = false;
  }
}

// --- reasons to send the client back
function reasons(told) {
  const ticked = new Set([...find("reasons").querySelectorAll("input:checked")].map((one) => one.value));
  find("reasons").replaceChildren(...told.reasons.map((one) => {
    const row = element("p", "", { className: "tick" });
    const tick = Object.assign(document.createElement("input"), { type: "checkbox", id: `r-${one.id}`, value: one.id, checked: ticked.has(one.id) });
    const label = element("label", one.text);
    label.htmlFor = tick.id;
    row.append(tick, label, element("span", one.pages.length ? `${words.opens} ${one.pages.join("; ")}` : "", { className: "muted" }));
    return row;
  }));
}

// --- the picture
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
const caption = () => [brief ? brief.number.slice(-12) : "", root.dataset.number, ...stamp.format(Date.now() + ahead).split(" ")];

function recording(now, left) {
  const tag = find("recording"), names = { on: "tag good", sending: "tag warn", paused: "tag bad", broken: "tag bad", off: "tag" };
  const text = fill(words[now], { left: (left / 1e6).toFixed(1) });
  if (tag.textContent !== text) tag.textContent = text;
  tag.className = names[now];
}

// Whether this side goes to the site's own recorder.
function copied(on) {
  put_("copied", on ? words.siteOn : words.siteOff);
  find("copied").className = on ? "tag good" : "tag warn";
}

async function begin() {
  if (root.dataset.frame) {
    end = frame({ address: root.dataset.frame, place: find("screen"), title: root.dataset.room, onState: moved });
    return;
  }
  try {
    stream = await open();
  } catch {
    find("devices").hidden = false;
    return seen(state);
  }
  find("devices").hidden = true;
  find("mine").srcObject = stream;
  record = recorder({ call: id, mine: stream, own: find("mine"), caption, onState: recording });
  end = peer({
    polite: false, ice: JSON.parse(root.dataset.ice), stream,
    send: (said) => line.say({ k: "signal", said }), onState: moved, onStream: shown,
  });
  for (const said of early.splice(0)) end.signal(said);
  if ("copy" in root.dataset) {
    second = copy({ stream, ice: JSON.parse(root.dataset.ice), send: (said) => line.say({ k: "copy", said }), onState: copied });
    if (readied) second.signal(readied);
    else second.hello();
  }
  seen(state);
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
  if (!record || brief?.recording === "none") return null;
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

function missing() {
  if (!connectedAt && !film) return words.unseen;
  if (brief.questions.some((one) => !brief.answers[one.id])) return words.incomplete;
  if (brief.questions.some((one) => one.must && brief.answers[one.id] !== one.must)) return words.wrong;
  return brief.slots.some((slot) => !slot.optional && !brief.snapshots[slot.id]) ? words.missing : "";
}

async function decide(path, said) {
  tell("");
  leaving = true;
  try {
    busy(words.joining);
    clearTimeout(pending);
    await keeping;
    await ask("/desk/video/keep", { call: id, answers: brief.answers, notes: find("notes").value });
    await save((left) => busy(fill(words.saving, { left: (left / 1e6).toFixed(1) }))).catch((fault) => {
      if (brief.recording === "required") throw fault;
    });
    busy(words.joining);
    const told = await ask(`/desk/video/${path}`, { call: id, seen: brief.revision, without: find("why").value, ...said });
    shut();
    location.replace(`/desk/video?said=${told.over}`);
  } catch (fault) {
    leaving = false;
    find("busy").close();
    tell(fault.message);
    if (fault.code === "video_say_why_without") find("without").hidden = false;
    if (fault.code === "video_changed") await look();
    if (fault.code === "video_over") return over("");
    // The call goes on, so it is recorded on.
    if (record && state === "connected") record.start().catch(() => {});
  }
}

find("pass").onclick = () => {
  const text = missing();
  if (text) return tell(text);
  find("ask").showModal();
};
find("no").onclick = () => find("ask").close();
find("yes").onclick = () => { find("ask").close(); decide("pass", {}); };
find("send").onclick = () => {
  const chosen = [...find("reasons").querySelectorAll("input:checked")].map((one) => one.value);
  decide("send-back", { reasons: chosen, remark: find("remark").value });
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
      leaving = false;
      find("busy").close();
      tell(fault.message);
    }
  };
}

// --- as time goes by
async function look() {
  try {
    const told = await ask("/desk/video/brief", { call: id, seen: brief ? brief.revision : -1 });
    if (!told.same) draw(told);
  } catch (fault) {
    if (fault.code === "video_over") over("");
    else if (!brief) tell(fault.message);
  }
}

const beating = setInterval(() => line.say({ k: "beat" }), BEAT);
const looking = setInterval(look, LOOK);
setInterval(() => {
  if (!connectedAt) return;
  const seconds = Math.round((Date.now() - connectedAt) / 1000);
  put_("clock", `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`);
  if (brief && brief.minutes && seconds === brief.minutes * 60) tell(fill(words.long, { minutes: brief.minutes }));
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
