// Sends what is long in parts: on a bad network each is tried again by itself, and what has arrived is not sent twice.

const PATIENCE = 60000, TRIES = 7, OFFLINE = 600000;

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (blob) => hex(await crypto.subtle.digest("SHA-256", await new Response(blob).arrayBuffer()));

// One request. `status` 0: no answer came.
function once(call, signal, moved) {
  return new Promise((done) => {
    const request = new XMLHttpRequest(), end = (status, told) => done({ status, told: told || {} });
    if (signal.aborted) { end(0); return; }
    request.open(call.method, call.address);
    for (const [name, value] of Object.entries(call.headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.timeout = call.patience || PATIENCE;
    request.upload.onprogress = (event) => moved(event.loaded);
    request.onload = () => end(request.status, request.response);
    request.onerror = request.ontimeout = request.onabort = () => end(0);
    signal.addEventListener("abort", () => request.abort());
    request.send(call.body || null);
  });
}

// Until the time is over, the network is back, or somebody has tapped.
function pause(seconds, signal) {
  return new Promise((done) => {
    const end = () => { clearTimeout(bell); removeEventListener("online", end); done(); };
    const bell = setTimeout(end, seconds);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
    signal.addEventListener("hurry", end);
  });
}

async function ask(call, how, moved = () => {}) {
  for (let tried = 0; ; tried += 1) {
    const answer = await once(call, how.signal, moved);
    const heard = answer.status && answer.status < 500 && answer.status !== 408;
    if (heard || how.signal.aborted || tried >= TRIES) { how.waits(false); return answer; }
    how.waits(true);
    if (navigator.onLine === false) { tried -= 1; await pause(OFFLINE, how.signal); } else await pause(Math.min(15000, 700 * 2 ** tried), how.signal);
  }
}

// Sends `blob` to `address` (begin), `address/<id>/<number>` (a part), `address/<id>` (finish). `how`: `csrf`, `signal`,
// `moved(share)`, `waits(yes)` while there is no network, `sent()` when all has arrived and is looked at.
// Gives the last answer: { status, told }; status 0 when it was given up.
export async function inParts(address, blob, how) {
  const same = { "X-CSRF-Token": how.csrf };
  const begin = { method: "POST", address, headers: { ...same, "Content-Type": "application/json" }, body: JSON.stringify({ size: blob.size, sha256: await digest(blob) }) };
  let answer = null;
  for (let round = 0; round < 3; round += 1) {
    answer = await ask(begin, how);
    if (answer.status !== 200 || !answer.told.id) return answer;
    const { id, part, have } = answer.told, there = new Set(have), count = Math.ceil(blob.size / part);
    let gone = false, wrong = 0, arrived = have.reduce((sum, n) => sum + Math.min(part, blob.size - n * part), 0);
    for (let n = 0; n < count && !gone; n += 1) {
      if (there.has(n)) continue;
      const piece = blob.slice(n * part, (n + 1) * part);
      const headers = { ...same, "Content-Type": "application/octet-stream", "X-Part-Sha256": await digest(piece) };
      const put = { method: "PUT", address: `${address}/${id}/${n}`, headers, body: piece };
      answer = await ask(put, how, (loaded) => how.moved((arrived + Math.min(loaded, piece.size)) / blob.size));
      if (answer.status === 422 && answer.told.code === "part_wrong" && (wrong += 1) < 3) { n -= 1; continue; }
      if (answer.status === 404) gone = true;
      else if (answer.status !== 200 || !answer.told.id || how.signal.aborted) return answer;
      arrived += piece.size;
      how.moved(arrived / blob.size);
    }
    if (gone) continue;
    how.sent();
    answer = await ask({ method: "POST", address: `${address}/${id}`, headers: same, patience: 2 * PATIENCE }, how);
    if (answer.status !== 404) return answer;
  }
  return answer;
}

// Where the browser cannot make digests: all at once.
export function atOnce(address, blob, how) {
  const body = new FormData();
  body.append("file", blob, "photo");
  return once({ method: "POST", address, headers: { "X-CSRF-Token": how.csrf }, body, patience: 2 * PATIENCE }, how.signal, (loaded) => how.moved(Math.min(1, loaded / blob.size)));
}
