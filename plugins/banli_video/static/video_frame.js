// A vendor's room: its page in a frame, with the same handle as `peer` gives. The two say to each other, by postMessage:
//   frame to page: { video: "connected" | "disconnected" | "failed" }, and { video: "picture", number, blob } with a JPEG of the client
//   page to frame: { video: "take", number }
// At the end the frame goes, and its page with it.
// Only what comes out of this frame, from its own origin, is heard.

const PATIENCE = 15000;

export function frame({ address, place, title, onState }) {
  const made = document.createElement("iframe"), origin = new URL(address, location.href).origin, asked = new Map();
  Object.assign(made, { src: address, title, allow: "camera; microphone; autoplay", referrerPolicy: "origin" });
  const hidden = [...place.querySelectorAll("video")].filter((one) => !one.hidden);
  for (const one of hidden) one.hidden = true;
  let last = 0, there = false;

  function heard(event) {
    if (event.source !== made.contentWindow || event.origin !== origin || !event.data) return;
    there = true;
    const { video, number, blob } = event.data;
    if (["connected", "disconnected", "failed"].includes(video)) onState(video);
    else if (video === "picture" && asked.has(number) && blob instanceof Blob) asked.get(number)(blob);
  }
  const tell = (said) => there && made.contentWindow && made.contentWindow.postMessage(said, origin);
  addEventListener("message", heard);
  place.prepend(made);
  onState("connecting");

  return {
    signal() {},
    refresh() {},
    async replace() {},
    stats: async () => new Map(),
    // Begins anew.
    restart() { there = false; made.src = address; onState("connecting"); },
    // A picture of the client, or null when the room gives none.
    take() {
      const number = last += 1;
      return new Promise((done) => {
        const bell = setTimeout(() => { asked.delete(number); done(null); }, PATIENCE);
        asked.set(number, (blob) => { clearTimeout(bell); asked.delete(number); done(blob); });
        tell({ video: "take", number });
      });
    },
    close() {
      removeEventListener("message", heard);
      made.remove();
      for (const one of hidden) one.hidden = false;
    },
  };
}
