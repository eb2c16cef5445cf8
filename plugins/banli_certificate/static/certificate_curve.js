// The curve P-256 for what WebCrypto does not offer: points added, multiplied and made from a text (RFC 9380).
// Integers are BigInt; a point is [x, y, z], projective, [0, 1, 0] the neutral one.

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const A = P - 3n, B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const Z = P - 10n;

const mod = (a, m = P) => { const r = a % m; return r < 0n ? r + m : r; };

export function power(base, exponent, m = P) {
  let result = 1n;
  for (let b = mod(base, m), e = exponent; e > 0n; e >>= 1n, b = (b * b) % m) if (e & 1n) result = (result * b) % m;
  return result;
}

export const inverse = (a, m = P) => power(a, m - 2n, m);
// P leaves 3 when divided by 4, so a root is a power; of a number without one it is the root of another number.
const root = (a) => power(a, (P + 1n) / 4n);

// Complete for every two points, the same one and the neutral one too (Renes, Costello and Batina 2016, algorithm 4).
export function add([x1, y1, z1], [x2, y2, z2]) {
  const xx = mod(x1 * x2), yy = mod(y1 * y2), zz = mod(z1 * z2);
  const xy = (x1 + y1) * (x2 + y2) - xx - yy, yz = (y1 + z1) * (y2 + z2) - yy - zz, xz = (x1 + z1) * (x2 + z2) - xx - zz;
  const u = mod(3n * (xz - B * zz)), v = mod(3n * (B * xz - 3n * zz - xx)), w = 3n * (xx - zz);
  const more = yy + u, less = yy - u;
  return [mod(xy * more - yz * v), mod(more * less + w * v), mod(yz * less + xy * w)];
}

// Adds at every bit, needed or not, so that the work does not tell the number.
export function multiply(point, scalar) {
  let result = [0n, 1n, 0n];
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    result = add(result, result);
    result = [result, add(result, point)][Number((scalar >> bit) & 1n)];
  }
  return result;
}

const affine = ([x, y, z]) => { const i = inverse(z); return [mod(x * i), mod(y * i)]; };
const onCurve = (x, y) => mod(y * y) === mod(x * x * x + A * x + B);

// 33 bytes as SEC 1 writes them.
export function pack(point) {
  const [x, y] = affine(point);
  return join(new Uint8Array([y & 1n ? 3 : 2]), bytes(x, 32));
}

// Throws where the bytes name no point of the curve.
export function unpack(packed) {
  const x = integer(packed.subarray(1)), y = root(mod(x * x * x + A * x + B));
  if (packed.length !== 33 || (packed[0] | 1) !== 3 || x >= P || !onCurve(x, y)) throw new Error("point");
  return [x, (y & 1n) === BigInt(packed[0] & 1) ? y : P - y, 1n];
}

// RFC 9380, P256_XMD:SHA-256_SSWU_RO_: a point that looks as if drawn by lot, whose logarithm nobody knows.
export async function hashToPoint(message, domain) {
  const drawn = await expand(message, domain, 96);
  return add(map(mod(integer(drawn.subarray(0, 48)))), map(mod(integer(drawn.subarray(48)))));
}

async function expand(message, domain, length) {
  const tail = join(domain, bytes(BigInt(domain.length), 1)), made = [];
  const first = await sha256(join(new Uint8Array(64), message, bytes(BigInt(length), 2), new Uint8Array(1), tail));
  let last = new Uint8Array(32);
  for (let at = 1; at <= Math.ceil(length / 32); at += 1) {
    last = await sha256(join(last.map((one, place) => one ^ first[place]), new Uint8Array([at]), tail));
    made.push(last);
  }
  return join(...made).subarray(0, length);
}

// The simplified map of Shallue, van de Woestijne and Ulas (RFC 9380, 6.6.2).
function map(u) {
  const zu = mod(Z * u * u), t = mod(zu * zu + zu);
  let x = t === 0n ? mod(B * inverse(mod(Z * A))) : mod(-B * inverse(A) * (1n + inverse(t)));
  let y = root(mod(x * x * x + A * x + B));
  if (!onCurve(x, y)) {
    x = mod(zu * x);
    y = root(mod(x * x * x + A * x + B));
  }
  return [x, (u & 1n) === (y & 1n) ? y : P - y, 1n];
}

export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function bytes(number, length) {
  const made = new Uint8Array(length);
  for (let at = length - 1, rest = number; at >= 0; at -= 1, rest >>= 8n) made[at] = Number(rest & 255n);
  return made;
}

export function integer(data) {
  let number = 0n;
  for (const one of data) number = (number << 8n) | BigInt(one);
  return number;
}
