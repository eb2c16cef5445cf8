// The client's page of the step `video`: device check, queue, call. One wire; the server says where the client stands.

import { call as ask } from "./call.js";
import { wire } from "./wire.js";
import { peer } from "./video_peer.js";
import { copy } from "./video_copy.js";
import { frame } from "./video_frame.js";
import { checks, missing, open, stop, tone } from "./video_devices.js";
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

let line = null, up = false, wanted = false, stream = null, talk = null, awake = null, left = false;
const hello = () => ({
  k: "hello", start: wanted, after: talk ? talk.after : 0, call: talk ? talk.id : "",
  devices: { camera: tried(), microphone: tried() },
});
const tried = () => { try { return sessionStorage.getItem(key) === "tried"; } catch { return devices.done; } };
const devices = checks(part("devices"), (found) => {
  stream = found;
  try { sessionStorage.setItem(key, "tried"); } catch { /* asked again after a reload */ }
  say(word("devices_done"));
  notice("");
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
  stop(stream);
  stream = null;
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

const clock = (seconds) => [Math.floor(seconds / 60), seconds % 60].map((one) => String(one).padStart(2, "0")).join(":");

async function called(told) {
  if (talk && talk.id === told.call) { talk.refresh(told.ice); return; }
  end();
  notice("");
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
  talk = conversation(told);
}

function conversation(told) {
  // Name and number are read before there is a picture.
  const shown = new Promise((done) => setTimeout(done, 2000)), waiting = [], unsent = [];
  let end_ = null, second = null, early = null, began = 0, ticking = 0, live = true, muted = false, before = "";
  const own = {
    id: told.call,
    after: told.after,
    signal(number, what) {
      own.after = Math.max(own.after, number);
      if (end_) end_.signal(what);
      else waiting.push(what);
    },
    // What the site's own recorder says.
    copied(number, what) {
      own.after = Math.max(own.after, number);
      if (second) second.signal(what);
      else early = what;
    },
    refresh(ice) { if (end_) end_.refresh(ice); },
    flush() {
      for (const one of unsent.splice(0)) send(one);
      if (second) second.hello();
    },
    close() {
      live = false;
      clearInterval(ticking);
      if (end_) end_.close();
      if (second) second.close();
      part("theirs").srcObject = part("mine").srcObject = null;
      stop(stream);
      stream = null;
    },
    mute() {
      muted = !muted;
      for (const track of stream ? stream.getAudioTracks() : []) track.enabled = !muted;
      part("mute").textContent = word(muted ? "unmute" : "mute");
      part("mute").setAttribute("aria-pressed", String(muted));
      say(word(muted ? "muted" : "unmuted"));
    },
  };

  function send(one) { if (!up || !line.say({ k: "signal", said: one })) unsent.push(one); }

  function state(now) {
    if (!live) return;
    const text = { connected: began ? "restored" : "connected", disconnected: "unsteady", restarting: "unsteady", failed: "failing", connecting: began ? "unsteady" : "connecting" }[now];
    if (now === "connected" && !began) {
      began = Date.now();
      ticking = setInterval(() => { part("clock").textContent = clock(Math.floor((Date.now() - began) / 1000)); }, 1000);
    }
    if (text && text !== before) {
      part("line").textContent = word(text);
      part("line").classList.toggle("warning", text === "unsteady" || text === "failing");
      if (!(text === "restored" && before === "connected")) say(word(text));
      before = text;
    }
    if (up && ["connected", "disconnected", "failed"].includes(now)) line.say({ k: "state", state: now });
  }

  async function picture(found) {
    await shown;
    if (!live) return;
    part("faces").hidden = false;
    const video = part("theirs");
    if (video.srcObject !== found) video.srcObject = found;
    // Without a tap some phones play no sound: then it is asked for.
    try { await video.play(); part("sound").hidden = true; } catch { if (live) part("sound").hidden = false; }
  }

  (async () => {
    part("mute").hidden = Boolean(told.frame);
    if (told.frame) {
      // A vendor's room has camera and microphone itself.
      await shown;
      if (!live) return;
      part("faces").hidden = false;
      end_ = frame({ address: told.frame, place: part("faces"), title: word("room"), onState: state });
      return;
    }
    try { stream = usable(stream) ? stream : await open(); } catch { return troubled(); }
    if (!live) return stop(stream);
    for (const track of stream.getTracks()) track.onended = () => { if (live) troubled(); };
    part("mine").srcObject = stream;
    end_ = peer({ polite: true, ice: told.ice, stream, send, onState: state, onStream: picture });
    for (const one of waiting.splice(0)) end_.signal(one);
    if (told.copy) copied();
  })();

  function copied() {
    second = copy({ stream, ice: told.ice, send: (one) => line && line.say({ k: "copy", said: one }), onState() {} });
    if (early) second.signal(early);
    else second.hello();
  }

  async function troubled() {
    // Camera or microphone was taken away in mid-call: it is tried again, else the check says what to do.
    try {
      const found = await open();
      if (!live) return stop(found);
      stream = found;
      for (const track of found.getAudioTracks()) track.enabled = !muted;
      part("mine").srcObject = found;
      if (second) await second.replace(found);
      else if (told.copy) copied();
      if (end_) await end_.replace(found);
      else { end_ = peer({ polite: true, ice: told.ice, stream, send, onState: state, onStream: picture }); for (const one of waiting.splice(0)) end_.signal(one); }
    } catch {
      if (!live) return;
      forget();
      left = true;
      location.reload();
    }
  }
  return own;
}

const usable = (found) => found && found.getTracks().every((track) => track.readyState === "live");
const forget = () => { try { sessionStorage.removeItem(key); } catch { /* nothing is kept */ } };

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

part("start").addEventListener("click", () => {
  const why = missing();
  if (!tried() || why) {
    notice(why ? "" : word("devices_first"));
    part("devices").hidden = false;
    part("devices").scrollIntoView({ block: "center" });
    if (!stream && !why) devices.begin();
    return;
  }
  notice("");
  wanted = true;
  connect();
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
addEventListener("pagehide", () => stop(stream));

if (page.querySelector("[data-booking]")) bookings(page, ask, word, say);
if (page.dataset.state === "passed") { part("verdict").textContent = word("passed"); into("over"); }
else if (page.dataset.state === "queue") { into("queue"); connect(); }
else { begin(); if (page.dataset.state === "lost") notice(word("lost")); }
