"""The page of the simulated video room, for trials: both sides show their cameras to each other through this small server.

`python -m banli_video room` serves it, on this machine only. What a vendor's page has to say to ours is in `video_frame.js`.
"""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

SIDES = {"client": "agent", "agent": "client"}
MOST_PICTURE = 400_000
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulated room</title>
<style>body{margin:0;background:#123;overflow:hidden}img{width:100vw;height:100vh;object-fit:contain}
video{position:absolute;right:8px;bottom:8px;width:28%}</style>
<img id="theirs" alt=""><video id="mine" autoplay muted playsinline aria-label="Own picture"></video>
<script>
const way = location.search, mine = document.getElementById("mine"), theirs = document.getElementById("theirs");
const say = (said) => parent.postMessage(said, "*");
const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
let seen = "", last = null;
addEventListener("message", async ({ data }) => {
  if (data.video === "take" && last) say({ video: "picture", number: data.number, blob: last });
});
async function turn() {
  canvas.getContext("2d").drawImage(mine, 0, 0, 320, 240);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  try {
    const answer = await fetch("/picture" + way, { method: "POST", body: made });
    if (answer.status === 200) {
      last = await answer.blob();
      theirs.src = URL.createObjectURL(last);
      if (seen !== "connected") say({ video: seen = "connected" });
    }
  } catch { if (seen === "connected") say({ video: seen = "disconnected" }); }
  setTimeout(turn, 200);
}
navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 }, audio: true })
  .then((stream) => { mine.srcObject = stream; turn(); }, () => say({ video: "failed" }));
</script></html>"""


class _Handler(BaseHTTPRequestHandler):
    pictures: ClassVar[dict[tuple[str, str], bytes]] = {}
    guard: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        if self._who() is None:
            self._answer(403, b"", "text/plain")
        else:
            self._answer(200, PAGE.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """One's own picture comes, the other side's goes back."""
        who, size = self._who(), int(self.headers.get("Content-Length") or 0)
        if who is None or not 0 < size <= MOST_PICTURE:
            self._answer(403, b"", "text/plain")
            return
        content = self.rfile.read(size)
        with self.guard:
            self.pictures[who] = content
            other = self.pictures.get((who[0], SIDES[who[1]]))
        self._answer(200 if other else 204, other or b"", "image/jpeg")

    def _who(self) -> tuple[str, str] | None:
        """The room and the side, of who has the token for them."""
        asked = parse_qs(urlsplit(self.path).query)
        room, side, token = (asked.get(name, [""])[0] for name in ("room", "side", "pass"))
        right = hashlib.sha256(f"{room} {side}".encode()).hexdigest()
        return (room, side) if side in SIDES and token == right else None

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it is a trial."""


def serve(port: int = 0) -> ThreadingHTTPServer:
    """Begins at once, in a thread of its own; `server_port` tells where, `shutdown` ends it."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
