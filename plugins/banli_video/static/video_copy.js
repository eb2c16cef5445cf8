// Sends what this page sends to the other end to the site's recorder too: one way, at a modest rate, again when it is lost.
//
// copy({ stream, ice, send(signal), onState(on) }) gives { hello(), signal(said), replace(stream), close() }. The recorder says
// {ready: true, epoch} when it is there, also when it has begun anew; this end then makes an offer, and another one whenever the
// connection is lost. Nothing of it touches the call itself.

const GATHER = 1500, ANSWER = 20000, LOST = 4000, FIRST = 1000, MOST = 30000, TRIES = 12, TOGETHER = 300;
const VIDEO = [{ maxBitrate: 600_000, maxFramerate: 15, networkPriority: "very-low", priority: "very-low" }];
const AUDIO = [{ maxBitrate: 40_000 }];

export function copy({ stream, ice, send, onState }) {
  let pc = null, epoch = 0, session = 0, mine = stream, on = false, tries = 0, waiting = 0, watching = 0, closed = false;

  const tell = (now) => { if (now !== on) { on = now; onState(now); } };
  const later = (time) => { clearTimeout(waiting); waiting = closed ? 0 : setTimeout(begin, time); };

  function drop() {
    clearTimeout(watching);
    if (!pc) return;
    const old = pc;
    pc = null;
    old.onicecandidate = old.onconnectionstatechange = old.onicegatheringstatechange = null;
    old.close();
  }

  function again() {
    drop();
    tell(false);
    tries += 1;
    if (tries <= TRIES) later(Math.min(MOST, FIRST * 2 ** tries));
  }

  function add(own, track) {
    const how = { direction: "sendonly", streams: [mine] }, encodings = track.kind === "video" ? VIDEO : AUDIO;
    try { own.addTransceiver(track, { ...how, sendEncodings: encodings }); } catch { own.addTransceiver(track, how); }
  }

  async function begin() {
    drop();
    const own = pc = new RTCPeerConnection(ice), number = epoch = 1 + Math.floor(Math.random() * 2 ** 31);
    let found = [], telling = 0, offered = false;
    const more = () => { telling = 0; if (own === pc && found.length) send({ candidates: found.splice(0, 40), epoch: number }); };
    own.onicecandidate = ({ candidate }) => {
      if (own !== pc || !candidate || !offered) return;
      found.push(candidate.toJSON());
      telling = telling || setTimeout(more, TOGETHER);
    };
    own.onconnectionstatechange = () => {
      if (own !== pc) return;
      clearTimeout(watching);
      if (own.connectionState === "connected") { tries = 0; tell(true); }
      else if (own.connectionState === "failed") again();
      else if (own.connectionState === "disconnected") { tell(false); watching = setTimeout(again, LOST); }
    };
    try {
      for (const track of mine.getTracks()) if (track.readyState === "live") add(own, track);
      await own.setLocalDescription();
      await gathered(own);
      if (own !== pc) return;
      offered = true;
      send({ description: own.localDescription.toJSON(), epoch: number });
      watching = setTimeout(again, ANSWER);
    } catch (fault) {
      console.debug("copy", fault);
      if (own === pc) again();
    }
  }

  // The ways that are found at once go with the offer; what takes longer follows.
  const gathered = (own) => new Promise((done) => {
    if (own.iceGatheringState === "complete") return done();
    own.onicegatheringstatechange = () => { if (own.iceGatheringState === "complete") done(); };
    setTimeout(done, GATHER);
  });

  return {
    hello() { if (!session) send({ ready: true }); },
    async signal(said) {
      if (closed) return;
      if (said.ready) {
        if (said.epoch === session && pc) return;
        [session, tries] = [said.epoch, 0];
        clearTimeout(waiting);
        tell(false);
        await begin();
      } else if (said.description && said.epoch === epoch && pc && pc.signalingState === "have-local-offer") {
        await pc.setRemoteDescription(said.description).catch((fault) => { console.debug("copy", fault); again(); });
      }
    },
    async replace(next) {
      mine = next;
      for (const sender of pc ? pc.getSenders() : []) {
        const track = next.getTracks().find((one) => sender.track && one.kind === sender.track.kind);
        if (track) await sender.replaceTrack(track);
      }
    },
    close() {
      closed = true;
      clearTimeout(waiting);
      drop();
    },
  };
}
