// The client's page of the step `video`: device check, queue, call. One wire; the server says where the client stands.

import { call as ask } from "./call.js";
import { wire } from "./wire.js";
import { conversation } from "./video_talk.js";
import { checks, missing, stop, tone } from "./video_devices.js";
import { bookings, moment } from "./video_booking.js";

const page = document.getElementById("video"), part = (name) => page.querySelector(`[data-${name}]`);
const PARTS = ["start", "queue", "call", "over", "elsewhere"];
const said = part("said"), key = `video ${page.dataset.case}`;

function word(name, values = {}) {
  let text = page.querySelector(`[data-words] [data-word=${name}]`).textContent;
  for (const [one, value] of Object.entries(values)) text = text.replace(`{${one}}`, value);
  return text;
}
const say = (text) => { if (said.textContent !== text) said.textContent = text; };
const here = { at: "", show(name) { this.at = name; for (const one of page.querySelectorAll("[data-part]")) one.hidden = one.dataset.part !== name; } };
const section = (name) => page.querySelector(`[data-part=${name}]`);

function notice(text) {
  part("notice").hidden = !text;
  part("notice").querySelector("p").textContent = text || "";
}

function into(name, focus) {
  const before = here.at;
  if (before === name) return;
  here.show(name);
  if (!before) return;
  const target = focus ? part(focus) : section(name).querySelector("h2, .lead, dl, button");
  if (target) { target.tabIndex = target.tabIndex < 0 ? -1 : target.tabIndex; target.focus({ preventScroll: true }); }
  scrollTo({ top: 0 });
}

// ---------------------------------------------------------------- the place in the queue

let line = null, up = false, wanted = false, talk = null, awake = null, left = false, broken = false;
const own = { stream: null };
const hello = () => ({
  k: "hello", start: wanted, after: talk ? talk.after : 0, call: talk ? talk.id : "",
  devices: { camera: tried(), microphone: tried() },
});
const tried = () => { try { return sessionStorage.getItem(key) === "tried"; } catch { return devices.done; } };
const devices = checks(part("devices"), (found) => {
  own.stream = found;
  try { sessionStorage.setItem(key, "tried"); } catch { /* asked again after a reload */ }
  say(word("devices_done"));
  notice("");
  if (broken) start();
});

function connect() {
  if (line) return;
  line = wire({
    onSaid: heard,
    onUp() { up = true; line.say(hello()); if (talk) talk.flush(); part("away").hidden = true; },
    onDown() { up = false; if (here.at === "queue") part("away").hidden = false; setTimeout(looked, 6000); },
    onGone() { location.reload(); },
  });
  wake();
}

function hang() {
  if (line) line.close();
  [line, up, wanted] = [null, false, false];
  part("away").hidden = true;
  if (awake) awake.release().catch(() => {});
  awake = null;
}

// The wire does not come back: perhaps the step is decided, and this page an old one.
async function looked() {
  if (up || !line || navigator.onLine === false) return;
  try { if ((await ask("here", {}, 1)).state === "passed") over("passed"); } catch { /* asked again when the wire fails again */ }
}

async function wake() {
  try { if (navigator.wakeLock && document.visibilityState === "visible") awake = await navigator.wakeLock.request("screen"); } catch { awake = null; }
}
document.addEventListener("visibilitychange", () => { if (line && document.visibilityState === "visible") wake(); });

function heard(told) {
  if (told.k === "ping") line.say({ k: "pong" });
  else if (told.k === "queue") queue(told);
  else if (told.k === "called") called(told);
  else if (told.k === "signal") { if (talk) talk.signal(told.n, told.said); }
  else if (told.k === "copy") { if (talk) talk.copied(told.n, told.said); }
  else if (told.k === "again") again();
  else if (told.k === "over") over(told.why);
  else if (told.k === "elsewhere") { end(); hang(); into("elsewhere"); }
  else if (["lost", "often", "devices"].includes(told.k)) {
    end();
    hang();
    begin();
    notice(word(told.k === "devices" ? "devices_first" : told.k));
  }
}

function queue(told) {
  if (told.closed) {
    end();
    hang();
    begin();
    notice(told.until ? `${word("shut")} ${word("shut_until", { time: moment(told.until) })}` : word("shut"));
    return;
  }
  wanted = false;
  end();
  // The camera is not on while nobody looks; when the call comes it is opened again.
  stop(own.stream);
  own.stream = null;
  devices.release();
  into("queue");
  const count = word("person", { count: told.people });
  part("people").textContent = count;
  part("wait").textContent = told.minutes ? word("wait", { minutes: told.minutes }) : word("wait_unknown");
  say(`${section("queue").querySelector("h2").textContent} ${count}`);
}

function again() {
  end();
  notice(word("again"));
  say(word("again"));
}

// ---------------------------------------------------------------- the call

async function called(told) {
  if (talk && talk.id === told.call) { talk.refresh(told.ice); return; }
  end();
  notice("");
  devices.release();
  into("call", "number");
  part("agent").textContent = told.agent.name;
  part("number").textContent = told.agent.number || "—";
  part("line").textContent = word("connecting");
  part("faces").hidden = true;
  say(`${word("called")} ${told.agent.name} ${told.agent.number}`);
  tone();
  // Without a tap on this page before, browsers neither vibrate nor are silent about it.
  if (navigator.vibrate && (!navigator.userActivation || navigator.userActivation.hasBeenActive)) navigator.vibrate([200, 100, 200]);
  left = false;
  talk = conversation(told, { part, word, say, own, tell: (one) => up && line.say(one), onTrouble: troubled });
}

// Camera or microphone cannot be had any more: the check says what to do, and leads back into the call.
function troubled() {
  end();
  hang();
  try { sessionStorage.removeItem(key); } catch { /* nothing is kept */ }
  begin();
  notice(word("devices_first"));
  broken = true;
  devices.again();
}

function end() {
  if (talk) talk.close();
  talk = null;
  const open_ = document.getElementById("video-end");
  if (open_ && open_.open) open_.close();
}

function over(why) {
  end();
  hang();
  if (why === "passed" || why === "sent_back") {
    part("verdict").textContent = word(why);
    part("more").textContent = word("going_on");
    into("over");
    say(word(why));
    setTimeout(onward, 4000);
    return;
  }
  begin();
  notice(word(["left", "stopped"].includes(why) ? why : why === "client_left" ? "left" : "gone"));
}

// The case's own address leads to where it stands now.
let going = false;
function onward() {
  if (going) return;
  going = true;
  location.assign(document.getElementById("f").action.replace(/\/[^/]*$/, ""));
  setTimeout(() => { going = false; }, 5000);
}

// ---------------------------------------------------------------- the beginning

function begin() {
  into("start");
  devices.release();
  if (tried()) devices.known();
}

function start() {
  broken = false;
  notice("");
  wanted = true;
  connect();
}

part("start").addEventListener("click", () => {
  const why = missing();
  if (!tried() || why) {
    notice(why ? "" : word("devices_first"));
    part("devices").hidden = false;
    part("devices").scrollIntoView({ block: "center" });
    if (!own.stream && !why) devices.begin();
    return;
  }
  start();
});
part("here").addEventListener("click", () => { wanted = false; connect(); into("queue"); });
part("next").addEventListener("click", onward);
part("mute").addEventListener("click", () => { if (talk) talk.mute(); });
part("sound").addEventListener("click", () => { part("theirs").play(); part("sound").hidden = true; });
for (const one of page.querySelectorAll("dialog [data-leave]")) {
  one.addEventListener("click", () => {
    one.closest("dialog").close();
    left = true;
    if (!line || !line.say({ k: "leave" })) { hang(); over("left"); }
  });
}
// Leaving by accident in mid-call is asked about; a reload is no leaving.
addEventListener("beforeunload", (event) => { if (talk && !left && !going) event.preventDefault(); });
addEventListener("pagehide", () => stop(own.stream));

if (page.querySelector("[data-booking]")) bookings(page, ask, word, say);
if (page.dataset.state === "passed") { part("verdict").textContent = word("passed"); into("over"); }
else if (page.dataset.state === "queue") { into("queue"); connect(); }
else { begin(); if (page.dataset.state === "lost") notice(word("lost")); }
