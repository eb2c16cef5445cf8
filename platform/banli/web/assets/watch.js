// A page that waits for a decision looks now and then whether there is one (C-27).

const { watch, revision } = document.body.dataset;
if (watch) {
  setInterval(async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(watch, { redirect: "manual" });
      if (answer.ok && String((await answer.json()).revision) !== revision) location.reload();
    } catch { /* the network is away; it is asked again */ }
  }, 10000);
}
