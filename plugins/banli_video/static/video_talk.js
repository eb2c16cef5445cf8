// A call on the client's page: who calls, both pictures, the time, what becomes of the connection.
//
// conversation(told, { part, word, say, own, tell, onTrouble }) gives { id, after, signal(number, said), copied(number, said),
// refresh(ice), flush(), close(), mute() }. `own.stream` is what camera and microphone give, opened here when it is not there;
// `tell(said)` says something over the wire, false when it is away; `onTrouble()`: there is no camera or microphone any more.

import { peer } from "./video_peer.js";
import { copy } from "./video_copy.js";
import { frame } from "./video_frame.js";
import { open, stop } from "./video_devices.js";

const READ = 2000;
const clock = (seconds) => [Math.floor(seconds / 60), seconds % 60].map((one) => String(one).padStart(2, "0")).join(":");
const usable = (found) => found && found.getTracks().every((track) => track.readyState === "live");

export function conversation(told, { part, word, say, own, tell, onTrouble }) {
  // Name and number are read before there is a picture.
  const shown = new Promise((done) => setTimeout(done, READ)), waiting = [], unsent = [];
  let other = null, second = null, early = null, began = 0, ticking = 0, live = true, muted = false, before = "", last = "";

  const send = (one) => { if (!tell({ k: "signal", said: one })) unsent.push(one); };
  const report = () => { if (["connected", "disconnected", "failed"].includes(last)) tell({ k: "state", state: last }); };

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
    last = now;
    report();
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

  async function begin() {
    part("mute").hidden = Boolean(told.frame);
    if (told.frame) {
      // A vendor's room has camera and microphone itself.
      await shown;
      if (!live) return;
      part("faces").hidden = false;
      other = frame({ address: told.frame, place: part("faces"), title: word("room"), onState: state });
      return;
    }
    await take(usable(own.stream) ? own.stream : null);
  }

  // Also when one of them was taken away in mid-call: it is tried again.
  async function take(given = null) {
    let found = given;
    try { found = found || await open(); } catch { if (live) onTrouble(); return; }
    if (!live) return stop(found);
    own.stream = found;
    for (const track of found.getTracks()) track.onended = () => { if (live && own.stream === found) take(); };
    for (const track of found.getAudioTracks()) track.enabled = !muted;
    part("mine").srcObject = found;
    if (other) {
      await other.replace(found);
      if (second) await second.replace(found);
      return;
    }
    other = peer({ polite: true, ice: told.ice, stream: found, send, onState: state, onStream: picture });
    for (const one of waiting.splice(0)) other.signal(one);
    if (!told.copy) return;
    second = copy({ stream: found, ice: told.ice, send: (one) => tell({ k: "copy", said: one }), onState() {} });
    if (early) second.signal(early);
    else second.hello();
  }

  begin();
  return {
    id: told.call,
    after: told.after,
    signal(number, what) {
      this.after = Math.max(this.after, number);
      if (other) other.signal(what);
      else waiting.push(what);
    },
    // What the site's own recorder says.
    copied(number, what) {
      this.after = Math.max(this.after, number);
      if (second) second.signal(what);
      else early = what;
    },
    refresh(ice) { if (other) other.refresh(ice); },
    // The wire is there again.
    flush() {
      for (const one of unsent.splice(0)) send(one);
      report();
      if (second) second.hello();
    },
    close() {
      live = false;
      clearInterval(ticking);
      if (other) other.close();
      if (second) second.close();
      part("theirs").srcObject = part("mine").srcObject = null;
      stop(own.stream);
      own.stream = null;
    },
    mute() {
      muted = !muted;
      for (const track of own.stream ? own.stream.getAudioTracks() : []) track.enabled = !muted;
      part("mute").textContent = word(muted ? "unmute" : "mute");
      part("mute").setAttribute("aria-pressed", String(muted));
      say(word(muted ? "muted" : "unmuted"));
    },
  };
}
