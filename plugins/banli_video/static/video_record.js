// Records both sides of a call: one picture of two, one sound of two, in chunks that are sent while the call lasts.
//
// recorder({ call, mine, caption(), onState(state, left) }) gives { hear(stream, video), speak(stream), start(), finish(), close(), kind }.
// States: "on", "sending" (chunks wait for the network; `left` bytes), "paused" (too many of them wait), "off", "broken".

import { call as ask, put } from "./desk_call.js";

const WIDE = 800, HIGH = 480, ROOM = 640, RATE = 12;
const CHUNK = 1500, MOST_HELD = 48e6, AGAIN_BELOW = 8e6;
const KINDS = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
const sleep = (time) => new Promise((done) => setTimeout(done, time));

export function recorder({ call, mine, own, caption, onState }) {
  const kind = window.MediaRecorder && KINDS.find((one) => MediaRecorder.isTypeSupported(one));
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
  const pen = canvas.getContext("2d", { alpha: false });
  const sound = new AudioContext(), mixed = sound.createMediaStreamDestination();
  let remote = null, theirs = null, run = null, ticks = null, closed = false;
  const counts = {};

  let voice = null;
  const speak = (next) => {
    if (voice) voice.disconnect();
    voice = sound.createMediaStreamSource(next);
    voice.connect(mixed);
  };
  speak(mine);

  function fit(video, x, y, wide, high) {
    if (!video || video.readyState < 2 || !video.videoWidth) return;
    const scale = Math.min(wide / video.videoWidth, high / video.videoHeight);
    const w = video.videoWidth * scale, h = video.videoHeight * scale;
    pen.drawImage(video, x + (wide - w) / 2, y + (high - h) / 2, w, h);
  }

  function draw() {
    pen.fillStyle = "#101418";
    pen.fillRect(0, 0, WIDE, HIGH);
    fit(theirs, 0, 0, ROOM, HIGH);
    fit(own, ROOM, 0, WIDE - ROOM, 120);
    pen.fillStyle = "#fff";
    pen.font = "13px sans-serif";
    caption().forEach((line, nth) => pen.fillText(line, ROOM + 8, 150 + nth * 20, WIDE - ROOM - 12));
  }

  // --- what the recorder gives is sent in its order, each chunk until it has arrived
  async function send(made) {
    if (made.sending) return;
    made.sending = true;
    while (made.queue.length && !made.broken) {
      const one = made.queue[0];
      if (!one.bytes) {
        one.bytes = await one.blob.arrayBuffer();
        one.digest = hex(await crypto.subtle.digest("SHA-256", one.bytes));
        [one.index, one.offset] = [made.index, made.offset];
        made.index += 1;
        made.offset += one.bytes.byteLength;
      }
      const about = { call, segment: made.segment, index: one.index, offset: one.offset, digest: one.digest };
      try {
        const told = await put("/desk/video/chunk", about, one.bytes);
        made.tries = 0;
        if (told.next > one.index) {
          made.queue.shift();
          made.held -= one.bytes.byteLength;
        } else {
          made.broken = true;
        }
      } catch (fault) {
        made.tries += 1;
        if (fault.code === "video_recording_over" || fault.code === "video_chunk_other" || made.tries > 200) made.broken = true;
        else await sleep(Math.min(5000, 300 * 2 ** Math.min(made.tries, 5)));
      }
      breathe(made);
    }
    made.sending = false;
    breathe(made);
    // A run whose chunks do not arrive any more is left; what follows goes into a new one.
    if (made.broken && run === made && !closed) restart(made);
  }

  function breathe(made) {
    if (made !== run) return;
    const on = made.recorder.state;
    if (on === "recording" && made.held > MOST_HELD) made.recorder.pause();
    else if (on === "paused" && made.held < AGAIN_BELOW) made.recorder.resume();
    if (made.recorder.state === "paused") onState("paused", made.held);
    else if (made.queue.length > 4) onState("sending", made.held);
    else onState(made.recorder.state === "recording" ? "on" : "off", made.held);
  }

  async function restart(made) {
    run = null;
    try { made.recorder.stop(); } catch { /* it had stopped */ }
    onState("broken", 0);
    await sleep(1000);
    if (!closed) await start();
  }

  async function start() {
    if (run || closed || !kind) return;
    const made = run = { queue: [], held: 0, index: 0, offset: 0, tries: 0, sending: false, broken: false, segment: -1 };
    try {
      if (sound.state === "suspended") sound.resume();
      if (!ticks) {
        ticks = new Worker("/static/js/video_ticks.js");
        ticks.onmessage = draw;
      }
      made.segment = (await ask("/desk/video/record", { call, type: kind })).segment;
      draw();
      const stream = new MediaStream([...canvas.captureStream(RATE).getVideoTracks(), ...mixed.stream.getAudioTracks()]);
      made.recorder = new MediaRecorder(stream, {
        mimeType: kind, videoBitsPerSecond: 700_000, audioBitsPerSecond: 48_000, videoKeyFrameIntervalDuration: 4000,
      });
      made.recorder.ondataavailable = ({ data }) => {
        if (!data.size) return;
        made.queue.push({ blob: data });
        made.held += data.size;
        send(made);
      };
      made.ended = new Promise((done) => { made.recorder.onstop = done; });
      made.recorder.start(CHUNK);
      onState("on", 0);
    } catch (fault) {
      if (run === made) run = null;
      onState("broken", 0);
      throw fault;
    }
  }

  // Stops, and waits until everything has arrived: by run the number of its chunks.
  async function finish(onLeft = () => {}) {
    const made = run;
    if (!made || !made.recorder) return counts;
    run = null;
    if (made.recorder.state !== "inactive") made.recorder.stop();
    await made.ended;
    await ask("/desk/video/stop", { call, segment: made.segment }).catch(() => {});
    while (made.queue.length && !made.broken) {
      onLeft(made.held);
      send(made);
      await sleep(100);
    }
    counts[made.segment] = made.broken ? 0 : made.index;
    onState("off", 0);
    return counts;
  }

  return {
    kind,
    start,
    finish,
    get on() { return Boolean(run); },
    // Another microphone.
    speak,
    // The other side: its sound into the mix, its picture from the element that shows it.
    hear(stream, video) {
      theirs = video;
      if (remote) remote.disconnect();
      remote = stream.getAudioTracks().length ? sound.createMediaStreamSource(stream) : null;
      if (remote) remote.connect(mixed);
    },
    close() {
      closed = true;
      if (ticks) ticks.terminate();
      sound.close();
    },
  };
}
