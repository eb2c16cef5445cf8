// The page's own camera: a frame of the card's shape, one hint at a time, a large shutter.

import { MARGIN, MIDDLE, WIDE, blurred, grey, judged, measured } from "./hints.js";

const RATIO = { card: 85.6 / 54, sheet: 2 }, PACE = 200, ROOM = 0.3;
const WHY = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing", OverconstrainedError: "missing" };

// Where a rectangle of the screen lies in the picture of the video, which fills its box and is cut at the sides.
function inVideo(video, box) {
  const stage = video.getBoundingClientRect(), by = Math.max(stage.width / video.videoWidth, stage.height / video.videoHeight);
  const x = (box.left - stage.left - (stage.width - video.videoWidth * by) / 2) / by;
  const y = (box.top - stage.top - (stage.height - video.videoHeight * by) / 2) / by;
  return { x, y, wide: box.width / by, high: box.height / by };
}

function around(part, more, video) {
  const x = Math.max(0, part.x - more), y = Math.max(0, part.y - more);
  return { x, y, wide: Math.min(video.videoWidth, part.x + part.wide + more) - x, high: Math.min(video.videoHeight, part.y + part.high + more) - y };
}

function picture(video, part, wide, high) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(wide);
  canvas.height = Math.round(high);
  canvas.getContext("2d").drawImage(video, part.x, part.y, part.wide, part.high, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// What can be done better is said once it has been so for two looks, so that the words do not flicker.
function watch(video, cut, hint, sheet) {
  const canvas = document.createElement("canvas"), ink = canvas.getContext("2d", { willReadFrequently: true });
  const middle = document.createElement("canvas"), near = middle.getContext("2d", { willReadFrequently: true });
  middle.width = MIDDLE.wide;
  middle.height = MIDDLE.high;
  let before = null, once = "";
  return setInterval(() => {
    if (!video.videoWidth || document.hidden) return;
    const frame = inVideo(video, cut.getBoundingClientRect()), edge = frame.wide * MARGIN / (1 - 2 * MARGIN);
    // The dialog is shut already, and says so in a moment.
    if (!frame.high) return;
    const wide = frame.wide + 2 * edge, high = frame.high + 2 * edge;
    canvas.width = WIDE;
    canvas.height = Math.round(WIDE * high / wide);
    ink.drawImage(video, frame.x - edge, frame.y - edge, wide, high, 0, 0, WIDE, canvas.height);
    const now = grey(ink.getImageData(0, 0, WIDE, canvas.height).data);
    const seen = measured(now, before && before.length === now.length ? before : null, canvas.height);
    let told = judged(seen, sheet);
    before = now;
    if (told === "good" && !sheet && frame.wide >= MIDDLE.least) {
      // Only now that all else is well: more pixels are read for it.
      near.drawImage(video, frame.x + frame.wide / 4, frame.y + frame.high / 4, frame.wide / 2, frame.high / 2, 0, 0, MIDDLE.wide, MIDDLE.high);
      if (blurred(grey(near.getImageData(0, 0, MIDDLE.wide, MIDDLE.high).data), seen.paper)) told = "blurred";
    }
    if (told === once && hint.dataset.now !== told) {
      hint.dataset.now = told;
      hint.textContent = hint.dataset[told];
      cut.classList.toggle("good", told === "good");
    }
    once = told;
  }, PACE);
}

function torch(stream, button) {
  const track = stream.getVideoTracks()[0], can = track.getCapabilities ? track.getCapabilities() : {};
  button.hidden = !can.torch;
  button.setAttribute("aria-pressed", "false");
  button.onclick = async () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    try { await track.applyConstraints({ advanced: [{ torch: on }] }); } catch { return; }
    button.setAttribute("aria-pressed", String(on));
  };
}

// Opens the dialog. Gives { blob }, { album: true }, {} when it was closed, or { why: "refused" | "missing" | "busy" }.
export async function shoot(dialog, shape) {
  const at = (name) => dialog.querySelector(`[data-${name}]`), video = at("video"), cut = at("cut"), hint = at("hint");
  const ratio = RATIO[shape] || RATIO.card, sheet = shape === "sheet";
  let stream = null, looking = 0, told = {};
  const fit = () => {
    const stage = at("stage").getBoundingClientRect(), wide = Math.min(stage.width * 0.92, stage.height * 0.8 * ratio);
    cut.style.width = `${wide}px`;
    cut.style.height = `${wide / ratio}px`;
  };
  return new Promise((done) => {
    const end = (result) => { told = result; if (dialog.open) dialog.close(); };
    const hidden = () => { if (document.hidden) end({}); };
    const closed = () => {
      clearInterval(looking);
      removeEventListener("resize", fit);
      document.removeEventListener("visibilitychange", hidden);
      if (stream) for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
      done(told);
    };
    dialog.addEventListener("close", closed, { once: true });
    document.addEventListener("visibilitychange", hidden);
    addEventListener("resize", fit);
    at("shutter").disabled = true;
    at("torch").hidden = true;
    hint.dataset.now = "";
    hint.textContent = hint.dataset.wait;
    at("close").onclick = () => end({});
    at("album").onclick = () => end({ album: true });
    at("shutter").onclick = () => {
      at("shutter").disabled = true;
      const frame = inVideo(video, cut.getBoundingClientRect()), part = around(frame, ROOM * frame.high, video);
      picture(video, part, part.wide, part.high).toBlob((blob) => end(blob ? { blob } : { why: "busy" }), "image/jpeg", 0.92);
    };
    dialog.showModal();
    fit();
    at("shutter").focus();
    navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1440 } } }).then(async (given) => {
      stream = given;
      if (!dialog.open) { for (const track of given.getTracks()) track.stop(); return; }
      video.srcObject = given;
      await video.play();
      torch(given, at("torch"));
      at("shutter").disabled = false;
      at("shutter").focus();
      looking = watch(video, cut, hint, sheet);
    }).catch((problem) => end({ why: WHY[problem.name] || "busy" }));
  });
}
