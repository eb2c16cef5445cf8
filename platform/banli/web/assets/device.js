// Can this device do what the business needs? What the browser cannot do at all stops the client here;
// what merely was not found is said, for many browsers list devices only after they were allowed to.

const notice = document.getElementById("device"), needs = notice ? notice.dataset.needs.split(" ") : [];
const media = navigator.mediaDevices;
const can = {
  camera: () => media && media.getUserMedia,
  microphone: () => media && media.getUserMedia,
  speaker: () => typeof Audio === "function",
};
const missing = needs.some((need) => can[need] && !can[need]());
if (missing) {
  notice.hidden = false;
  document.getElementById("go").disabled = true;
} else if (media && media.enumerateDevices && (needs.includes("camera") || needs.includes("microphone"))) {
  media.enumerateDevices().then((found) => {
    const kinds = new Set(found.map((one) => one.kind));
    const absent = (needs.includes("camera") && !kinds.has("videoinput")) || (needs.includes("microphone") && !kinds.has("audioinput"));
    notice.hidden = !absent;
  }).catch(() => {});
}
