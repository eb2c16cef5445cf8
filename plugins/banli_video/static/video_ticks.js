// Runs as a worker: says "draw" again and again, also while the page lies behind another one.
setInterval(() => postMessage("draw"), 80);
