// What the phone does of RFC 9497 (OPRF, P256-SHA256): a password becomes a key, and nobody has both halves of the way.

import { ORDER, bytes, hashToPoint, integer, inverse, join, multiply, pack, sha256, unpack } from "./certificate_curve.js";

const written = (text) => new TextEncoder().encode(text);
const DOMAIN = join(written("HashToGroup-OPRFV1-"), new Uint8Array(1), written("-P256-SHA256"));

// Between 1 and the order, without a leaning to small numbers: 48 bytes are far more than it takes.
const draw = () => (integer(crypto.getRandomValues(new Uint8Array(48))) % (ORDER - 1n)) + 1n;

// What goes to the server (33 bytes), and the number that takes it back. `by` is for tests.
export async function blind(secret, by = draw()) {
  return { blinded: pack(multiply(await hashToPoint(secret, DOMAIN), by)), by };
}

// 32 bytes from the password and the server's answer. Throws when the answer is no point.
export async function finish(secret, by, evaluated) {
  const point = pack(multiply(unpack(evaluated), inverse(by, ORDER)));
  const measured = (data) => join(bytes(BigInt(data.length), 2), data);
  return sha256(join(measured(secret), measured(point), written("Finalize")));
}
