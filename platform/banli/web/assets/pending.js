// What is on its way outlives a reload: kept in the browser until it has arrived, sealed with a key that ends with the tab.

const SHELF = "uploads", LASTS = 2 * 3600 * 1000;

function shelf(way, work) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("banli", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(SHELF);
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const doing = opening.result.transaction(SHELF, way), asked = work(doing.objectStore(SHELF));
      doing.oncomplete = () => { opening.result.close(); done(asked && asked.result); };
      doing.onabort = doing.onerror = () => { opening.result.close(); failed(doing.error); };
    };
  });
}

async function key(fresh) {
  let kept = sessionStorage.getItem("banli-key");
  if (!kept) {
    if (!fresh) return null;
    kept = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
    sessionStorage.setItem("banli-key", kept);
  }
  return crypto.subtle.importKey("raw", Uint8Array.from(atob(kept), (c) => c.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]);
}

// Without a place to keep it an upload still goes on as long as the page is open.
async function quietly(work) {
  try { return await work(); } catch { return null; }
}

export const keep = (name, blob) => quietly(async () => {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(true), await new Response(blob).arrayBuffer());
  await shelf("readwrite", (all) => all.put({ iv, sealed, type: blob.type, at: Date.now() }, name));
});

export const drop = (name) => quietly(() => shelf("readwrite", (all) => all.delete(name)));

export const kept = (name) => quietly(async () => {
  const found = await shelf("readonly", (all) => all.get(name)), opener = await key(false);
  if (!found) return null;
  if (!opener || Date.now() - found.at > LASTS) { await drop(name); return null; }
  return new Blob([await crypto.subtle.decrypt({ name: "AES-GCM", iv: found.iv }, opener, found.sealed)], { type: found.type });
});

// Those that no tab can open any more.
export const tidy = () => quietly(() => shelf("readwrite", (all) => {
  all.openCursor().onsuccess = (event) => {
    const one = event.target.result;
    if (!one) return;
    if (Date.now() - one.value.at > LASTS) one.delete();
    one.continue();
  };
}));
