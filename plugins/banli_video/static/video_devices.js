// Camera, microphone and speaker, each tried for real: a picture that is not black, a level that moves, a tone that was heard.

export const CAMERA = { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } };
export const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const DARK = 14, HEARD = 0.02, PATIENCE = 7000;

// Who made this browser, as far as the way to its permissions goes.
export function family() {
  const agent = navigator.userAgent;
  if (/MicroMessenger/i.test(agent)) return "wechat";
  if (/; wv\)|\bAliApp|\bQQ\/|DingTalk|Weibo/i.test(agent)) return "webview";
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)) return "ios";
  return /Android/.test(agent) ? "android" : "desktop";
}

// Why this browser cannot do it at all, or "".
export function missing() {
  if (!window.isSecureContext) return "secure";
  return navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.RTCPeerConnection && window.WebSocket ? "" : "old";
}

// Picture and sound. Throws { why }: "refused", "camera", "microphone", "neither" (what is not there), "busy".
export async function open() {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: CAMERA, audio: MICROPHONE });
  } catch (fault) {
    throw Object.assign(new Error(fault.name), { why: await reason(fault) });
  }
}

async function reason(fault) {
  if (fault.name === "NotAllowedError" || fault.name === "SecurityError") return "refused";
  if (fault.name === "NotReadableError" || fault.name === "AbortError") return "busy";
  const found = new Set((await navigator.mediaDevices.enumerateDevices().catch(() => [])).map((one) => one.kind));
  return found.has("videoinput") ? "microphone" : found.has("audioinput") ? "camera" : "neither";
}

export const stop = (stream) => { if (stream) for (const track of stream.getTracks()) track.stop(); };

const sleep = (time) => new Promise((done) => setTimeout(done, time));

// How bright the picture is, from 0 to 255; -1 while there is none.
function brightness(video, canvas) {
  if (!video.videoWidth || video.readyState < 2) return -1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data[at] * 0.3 + data[at + 1] * 0.59 + data[at + 2] * 0.11;
  return sum / (data.length / 4);
}

// The loudness of the microphone, again and again, until `end()`.
function listening(stream, heard) {
  const context = new (window.AudioContext || window.webkitAudioContext)();
  if (context.state === "suspended") context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const clock = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    heard(Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length));
  }, 100);
  return () => { clearInterval(clock); if (context.state !== "closed") context.close(); };
}

// Two tones, so that silence between them tells a speaker from a hum. Also says that an agent is there.
export function tone() {
  try {
    const context = new (window.AudioContext || window.webkitAudioContext)(), now = context.currentTime;
    for (const [at, pitch] of [[0, 660], [0.45, 880]]) {
      const voice = context.createOscillator(), volume = context.createGain();
      voice.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, now + at);
      volume.gain.exponentialRampToValueAtTime(0.35, now + at + 0.05);
      volume.gain.exponentialRampToValueAtTime(0.0001, now + at + 0.4);
      voice.connect(volume).connect(context.destination);
      voice.start(now + at);
      voice.stop(now + at + 0.42);
    }
    setTimeout(() => context.close(), 1500);
  } catch { /* a tone is a comfort */ }
}

// The card with the three checks. `onDone(stream)` when all three work; the stream stays open for whoever takes it.
export function checks(card, onDone) {
  const part = (name) => card.querySelector(`[data-${name}]`), word = (name) => card.querySelector(`[data-device-words] [data-word=${name}]`).textContent;
  const passed = {}, canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 24 });
  const about = part("about").textContent;
  let stream = null, hush = () => {}, turn = 0;

  function mark(name, state) {
    const line = card.querySelector(`[data-check=${name}]`), sign = { works: "✓", fails: "✕", trying: "…" }[state] || "·";
    line.className = { works: "yes", fails: "no" }[state] || "";
    line.querySelector(".mark").textContent = sign;
    line.querySelector("[data-state]").textContent = word(state);
    passed[name] = state === "works";
    if (passed.camera && passed.microphone && passed.speaker) {
      part("about").textContent = word("devices_done");
      for (const name of ["begin", "speak", "hear"]) part(name).hidden = true;
      hush();
      onDone(stream);
    }
  }

  function trouble(why) {
    for (const one of card.querySelectorAll("[data-trouble] [data-why]")) one.hidden = one.dataset.why !== why;
    const cure = why === "refused" ? family() : why === "old" ? (family() === "wechat" ? "wechat" : "webview") : ["camera", "microphone", "neither"].includes(why) ? "device" : "";
    for (const one of card.querySelectorAll("[data-trouble] [data-cure]")) one.hidden = one.dataset.cure !== cure;
    part("trouble").hidden = false;
    // The one that is there could not be tried without the other.
    for (const name of ["camera", "microphone"]) mark(name, name !== why && ["camera", "microphone"].includes(why) ? "not_tried" : "fails");
    part("begin").hidden = why === "secure" || why === "old";
    part("begin").textContent = word("try_again");
  }

  async function look(now) {
    const video = part("preview"), began = Date.now();
    video.srcObject = stream;
    await video.play().catch(() => {});
    while (now === turn) {
      const light = brightness(video, canvas);
      part("dark").hidden = light < 0 || light >= DARK || Date.now() - began < 1500;
      if (light >= DARK) { mark("camera", "works"); return; }
      if (light < 0 && Date.now() - began > PATIENCE) { mark("camera", "fails"); part("begin").hidden = false; part("begin").textContent = word("try_again"); }
      await sleep(250);
    }
  }

  function listen(now) {
    const began = Date.now();
    let loud = 0;
    part("speak").hidden = false;
    hush = listening(stream, (level) => {
      if (now !== turn) return;
      part("level").value = Math.min(100, Math.round(level * 500));
      if (level > HEARD) loud += 1;
      part("silent").hidden = loud >= 3 || Date.now() - began < PATIENCE;
      if (loud !== 3 || passed.microphone) return;
      part("speak").hidden = true;
      mark("microphone", "works");
    });
  }

  async function begin() {
    const now = turn += 1;
    hush();
    stop(stream);
    part("trouble").hidden = true;
    part("about").textContent = about;
    const why = missing();
    if (why) return trouble(why);
    part("begin").hidden = true;
    for (const name of ["camera", "microphone"]) mark(name, "trying");
    try { stream = await open(); } catch (fault) { return trouble(fault.why); }
    if (now !== turn) return stop(stream);
    part("trial").hidden = part("hear").hidden = false;
    if (!passed.speaker) mark("speaker", "trying");
    look(now);
    listen(now);
  }

  part("begin").addEventListener("click", begin);
  part("tone").addEventListener("click", () => {
    tone();
    part("heard").hidden = false;
    part("no-tone").hidden = true;
    part("tone").textContent = word("tone_again");
  });
  part("yes").addEventListener("click", () => { part("no-tone").hidden = true; mark("speaker", "works"); });
  part("no").addEventListener("click", () => { part("no-tone").hidden = false; part("heard").hidden = true; mark("speaker", "fails"); part("tone").focus(); });
  const why = missing();
  if (why) trouble(why);

  return {
    begin,
    get done() { return Boolean(passed.camera && passed.microphone && passed.speaker); },
    // As passed before in this window: nothing is asked again.
    known() { card.hidden = true; },
    // They have passed before, and do not work any more. The speaker does.
    again() {
      card.hidden = false;
      for (const name of ["camera", "microphone"]) mark(name, "trying");
      mark("speaker", "works");
      begin();
    },
    release() { turn += 1; hush(); part("preview").srcObject = null; part("trial").hidden = true; },
  };
}
