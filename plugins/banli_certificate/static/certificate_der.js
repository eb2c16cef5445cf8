// The little DER that a certificate request and a signature need (X.690; PKCS #10 is RFC 2986).

import { join } from "./certificate_curve.js";

const ECDSA_SHA256 = new Uint8Array([0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);

function tagged(tag, ...parts) {
  const content = join(...parts), size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return join(new Uint8Array([tag, ...length]), content);
}

function number(data) {
  let at = 0;
  while (at < data.length - 1 && data[at] === 0) at += 1;
  const rest = data.subarray(at);
  return rest[0] & 0x80 ? tagged(2, new Uint8Array(1), rest) : tagged(2, rest);
}

// WebCrypto signs as two numbers side by side; certificates want them as a sequence.
export const signature = (raw) => tagged(0x30, number(raw.subarray(0, 32)), number(raw.subarray(32)));

// A request for a certificate: the key, signed by itself. Whose it is the server knows; the subject stays empty.
export async function request(spki, sign) {
  const wanted = tagged(0x30, number(new Uint8Array(1)), tagged(0x30), spki, tagged(0xa0));
  return tagged(0x30, wanted, ECDSA_SHA256, tagged(3, new Uint8Array(1), await sign(wanted)));
}

const hex = (text) => Uint8Array.from(text.match(/../g), (two) => parseInt(two, 16));
const attribute = (name, value) => tagged(0x30, tagged(6, hex(name)), tagged(0x31, value));

// What is signed of a PDF: the attributes of a CMS signature (RFC 5652). Made here, so that nothing is signed that was not seen:
// the digest of the file that the statement names too, and the digest of one's own certificate.
export function attributes(digest, certificate) {
  const signer = tagged(0x30, tagged(0x30, tagged(0x30, tagged(4, certificate))));
  return tagged(
    0x31,
    attribute("2a864886f70d010903", tagged(6, hex("2a864886f70d010701"))),
    attribute("2a864886f70d010904", tagged(4, hex(digest))),
    attribute("2a864886f70d010910022f", signer),
  );
}
