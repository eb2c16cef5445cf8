// A page that waits for a decision looks now and then whether there is one (C-27).

const { watch, revision } = document.body.dataset;
if (watch) {
  // Whoever has tapped on a way out is let go.
  let left = -Infinity;
  addEventListener("beforeunload", () => { left = performance.now(); });
  const renew = () => { if (performance.now() - left > 20000) location.reload(); };
  setInterval(async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(watch, { redirect: "manual" });
      // A redirect leads to the login: the session is over, and what stands here is for its client only.
      if (answer.type === "opaqueredirect" || (answer.ok && String((await answer.json()).revision) !== revision)) renew();
    } catch { /* the network is away; it is asked again */ }
  }, 10000);
}
