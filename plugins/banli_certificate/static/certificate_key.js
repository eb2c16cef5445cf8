// The client's signing key: made here, wrapped by what password and server yield together, never leaving the phone.

import { blind, finish } from "./certificate_oprf.js";
import { join } from "./certificate_curve.js";
import { request, signature } from "./certificate_der.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" }, ECDSA = { name: "ECDSA", hash: "SHA-256" };
const OVER = ["certificate_refused", "certificate_unknown", "certificate_broken"];
const text = (one) => new TextEncoder().encode(one);

export const sent = (data) => btoa(String.fromCharCode(...data)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
export const got = (data) => Uint8Array.from(atob(data.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

// Why this browser cannot do it, or "".
export function missing() {
  if (!window.isSecureContext || !window.crypto || !crypto.subtle) return "secure";
  return window.indexedDB && typeof BigInt === "function" ? "" : "old";
}

const signer = (key) => async (data) => signature(new Uint8Array(await crypto.subtle.sign(ECDSA, key, data)));

// The key that wraps: it takes the password and the server's half, and the server counts who asks.
async function wrapping(ask, id, password) {
  const secret = text(password), { blinded, by } = await blind(secret);
  const told = await ask("evaluate", { key: id, blinded: sent(blinded) });
  const yielded = await finish(secret, by, got(told.evaluated));
  const base = await crypto.subtle.importKey("raw", yielded, "HKDF", false, ["deriveKey"]);
  const about = { name: "HKDF", hash: "SHA-256", salt: text(id), info: text("banli certificate key") };
  const key = await crypto.subtle.deriveKey(about, base, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
  return { key, nonce: got(told.nonce), left: told.left };
}

// A new key with its certificate, kept on this phone. `ask(name, said)` is a call to the server.
export async function install(ask, owner, password) {
  const begun = await ask("begin", {}), { key: wrapper } = await wrapping(ask, begun.key, password);
  const pair = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]), sign = signer(pair.privateKey);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const wrapped = await crypto.subtle.wrapKey("pkcs8", pair.privateKey, wrapper, { name: "AES-GCM", iv, additionalData: text(begun.key) });
  const csr = await request(new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)), sign);
  const proof = await sign(join(text("banli enrol "), got(begun.nonce), csr));
  const asked = { key: begun.key, csr: sent(csr), proof: sent(proof) };
  // Kept before the certificate is asked for: an answer that is lost on the way costs nothing, one that takes days neither.
  await keep({ owner, id: begun.key, iv, wrapped: new Uint8Array(wrapped), certificate: "", asked });
  return apply(ask, owner);
}

// Asks with what was applied for on this phone; {wait: seconds} while the authority decides, undefined when there is nothing.
export async function apply(ask, owner) {
  const mine = await kept(owner);
  if (!mine || !mine.asked) return undefined;
  try {
    const told = await ask("enrol", mine.asked);
    if (told && told.certificate) await keep({ ...mine, certificate: told.certificate, asked: null });
    return told;
  } catch (fault) {
    if (OVER.includes(fault.code)) await keep({ ...mine, asked: null });
    throw fault;
  }
}

// The key, opened by the password: `sign(bytes)` yields a DER signature. Throws {code: "password", left} when it does not open.
export async function open(ask, owner, password) {
  const mine = await kept(owner);
  if (!mine) throw Object.assign(new Error("none"), { code: "none" });
  const { key: wrapper, nonce, left } = await wrapping(ask, mine.id, password);
  let key;
  try {
    const about = { name: "AES-GCM", iv: mine.iv, additionalData: text(mine.id) };
    key = await crypto.subtle.unwrapKey("pkcs8", mine.wrapped, wrapper, about, CURVE, false, ["sign"]);
  } catch {
    throw Object.assign(new Error("password"), { code: "password", left });
  }
  const sign = signer(key);
  await ask("prove", { key: mine.id, signature: sent(await sign(join(text("banli prove "), nonce))) });
  return { id: mine.id, certificate: mine.certificate, sign };
}

// What lies on this phone, by whose it is (the company and a keyed hash).
export const kept = (owner) => inside("readonly", (keys) => keys.get(owner));
export const forget = (owner) => inside("readwrite", (keys) => keys.delete(owner));
const keep = (record) => inside("readwrite", (keys) => keys.put(record));

function inside(mode, use) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("banli_certificate", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("keys", { keyPath: "owner" });
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const way = opening.result.transaction("keys", mode), asked = use(way.objectStore("keys"));
      way.oncomplete = () => { opening.result.close(); done(asked.result); };
      way.onerror = way.onabort = () => { opening.result.close(); failed(way.error); };
    };
  });
}
