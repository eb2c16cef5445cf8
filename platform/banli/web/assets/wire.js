// A wire to the site: opened again by itself for as long as the page is there.

const form = document.getElementById("f");

// On a client's page the wire of its step, at the desk the one at `path` of the counter. `onUp` is called each time that it is
// open, also after a break: then the page says anew who it is. `onGone`: it will not be opened again (logged out).
export function wire({ onSaid, onUp = () => {}, onDown = () => {}, onGone = () => {} }, path = "") {
  const address = new URL(form ? `${form.action}/wire` : path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  let socket = null;
  let tries = 0;
  let later = 0;
  let closed = false;

  function open() {
    clearTimeout(later);
    socket = new WebSocket(address);
    socket.onopen = () => {
      tries = 0;
      onUp();
    };
    socket.onmessage = (event) => onSaid(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (closed) return;
      onDown();
      if (event.code === 4001) return onGone();
      tries += 1;
      later = setTimeout(open, Math.min(10000, 300 * 2 ** tries) * (0.75 + Math.random() / 2));
    };
  }

  // A phone that wakes up or has a network again does not wait for its turn.
  function now() {
    if (!closed && socket.readyState === WebSocket.CLOSED) open();
  }
  addEventListener("online", now);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
  open();
  return {
    // False when there is no wire just now.
    say(said) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(said));
      return true;
    },
    close() {
      closed = true;
      clearTimeout(later);
      socket.close();
    },
  };
}
