// One end of a call, for the client's page and the agent's: finds its way to the other, and finds it again when it is lost.
//
// peer({ polite, ice, stream, send(signal), onState(state), onStream(stream) }) gives { signal(said), restart(), refresh(ice),
// replace(stream), close(), stats() }. `ice` is what `new RTCPeerConnection` takes. States: "new", "connecting", "connected",
// "disconnected" (it may come back by itself), "restarting", "failed" (tried again and again all the same), "closed".
//
// The agent's end is not polite: it begins a connection (an epoch) whenever the client's says {ready: true}, which the server says
// for a page that is new. The polite end takes up what has a new epoch. So either page can be loaded anew at any time.

const LOST = 2500, AGAIN = 6000, SELDOM = 30000, MAKE_NEW = 20000, TOGETHER = 200;

export function peer({ polite, ice, stream, send, onState, onStream }) {
  let pc = null, epoch = 0, making = false, ignoring = false, settling = false, closed = false, early = [];
  let state = "", lostAt = 0, triedAt = 0, askedAt = 0, tries = 0, settings = ice, mine = stream;

  const tell = (next) => { if (next !== state) { state = next; onState(next); } };
  const out = (said) => send({ ...said, epoch });

  function open(number) {
    drop();
    epoch = number;
    [making, ignoring, settling, early] = [false, false, false, []];
    const own = pc = new RTCPeerConnection(settings), theirs = new MediaStream();
    for (const track of mine.getTracks()) own.addTrack(track, mine);
    own.onnegotiationneeded = () => { if (own === pc && (!polite || own.remoteDescription)) offer(own); };
    // Told together: what goes through the site is counted.
    let found = [], telling = 0;
    own.onicecandidate = ({ candidate }) => {
      if (own !== pc || !candidate) return;
      found.push(candidate.toJSON());
      if (!telling) telling = setTimeout(() => { telling = 0; if (own === pc) out({ candidates: found.splice(0, 40) }); found = []; }, TOGETHER);
    };
    own.ontrack = ({ track, streams }) => {
      if (own !== pc) return;
      if (!streams[0] && !theirs.getTracks().includes(track)) theirs.addTrack(track);
      onStream(streams[0] || theirs);
    };
    own.onconnectionstatechange = () => { if (own === pc) moved(); };
    own.oniceconnectionstatechange = own.onconnectionstatechange;
    tell("connecting");
    lostAt = Date.now();
  }

  async function offer(own) {
    try {
      making = true;
      await own.setLocalDescription();
      if (own === pc) out({ description: own.localDescription.toJSON() });
    } catch (fault) {
      if (own === pc && !closed) console.debug("offer", fault);
    } finally {
      if (own === pc) making = false;
    }
  }

  function moved() {
    // Old browsers know the way to the other end, not the state of all.
    const now = pc.connectionState || pc.iceConnectionState;
    if (now === "connected" || now === "completed") {
      [lostAt, triedAt, askedAt, tries] = [0, 0, 0, 0];
      tell("connected");
    } else if (now === "disconnected" || now === "failed") {
      lostAt = lostAt || Date.now();
      if (now === "failed") restart();
      else tell("disconnected");
    }
  }

  function restart() {
    if (closed || !pc) return;
    triedAt = Date.now();
    tries += 1;
    lostAt = lostAt || triedAt;
    tell("restarting");
    try {
      if (pc.restartIce) pc.restartIce();
      else if (!polite) pc.createOffer({ iceRestart: true }).then((made) => pc.setLocalDescription(made)).then(() => out({ description: pc.localDescription.toJSON() }));
      if (polite) out({ restart: true });
    } catch { /* it is being closed */ }
  }

  async function described(description, number) {
    if (number !== epoch) {
      if (!polite || description.type !== "offer") return;
      open(number);
    }
    const own = pc;
    const ready = !making && (own.signalingState === "stable" || settling);
    ignoring = !polite && description.type === "offer" && !ready;
    if (ignoring) return;
    settling = description.type === "answer";
    await own.setRemoteDescription(description);
    if (own !== pc) return;
    settling = false;
    for (const candidate of early.splice(0)) await candidate_(own, candidate);
    if (description.type === "offer") {
      await own.setLocalDescription();
      if (own === pc) out({ description: own.localDescription.toJSON() });
    }
  }

  async function candidate_(own, candidate) {
    try { await own.addIceCandidate(candidate); } catch (fault) { if (!ignoring) console.debug("candidate", fault); }
  }

  // What the other end has sent, one after the other.
  let chain = Promise.resolve();
  const signal = (said) => { chain = chain.then(() => heard(said)).catch((fault) => { if (!closed) console.debug("signal", fault); }); return chain; };

  async function heard(said) {
    if (closed) return;
    if (said.ready && !polite) open(1 + Math.floor(Math.random() * 2 ** 31));
    else if (said.restart && !polite && said.epoch === epoch && pc && pc.signalingState === "stable") restart();
    else if (said.description) await described(said.description, said.epoch);
    else if (said.candidates && said.epoch === epoch && pc) {
      for (const one of said.candidates) {
        if (pc && pc.remoteDescription) await candidate_(pc, one);
        else early.push(one);
      }
    }
  }

  // What browsers do not do by themselves: try again after a while, begin anew when nothing helps.
  const clock = setInterval(() => {
    if (closed || !lostAt || !pc) return;
    const now = Date.now(), lost = now - lostAt;
    if (lost > LOST && now - triedAt > Math.min(SELDOM, AGAIN * Math.max(1, tries)) && state !== "connecting") restart();
    if (lost > MAKE_NEW && now - askedAt > MAKE_NEW) {
      askedAt = now;
      tell("failed");
      if (polite) send({ ready: true });
    }
  }, 1000);
  const back = () => { tries = 0; if (lostAt) restart(); };
  addEventListener("online", back);

  function drop() {
    if (!pc) return;
    const old = pc;
    pc = null;
    old.onnegotiationneeded = old.onicecandidate = old.ontrack = old.onconnectionstatechange = old.oniceconnectionstatechange = null;
    old.close();
  }

  return {
    signal,
    restart,
    refresh(next) {
      settings = next;
      try { if (pc) pc.setConfiguration(next); } catch { /* from the next connection on */ }
    },
    // Another camera or microphone.
    async replace(next) {
      mine = next;
      for (const sender of pc ? pc.getSenders() : []) {
        const track = next.getTracks().find((one) => sender.track && one.kind === sender.track.kind);
        if (track) await sender.replaceTrack(track);
      }
    },
    stats: () => (pc ? pc.getStats() : Promise.resolve(new Map())),
    close() {
      closed = true;
      clearInterval(clock);
      removeEventListener("online", back);
      drop();
      tell("closed");
    },
  };
}
