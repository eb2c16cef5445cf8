// The twins of expressions/functions.py, for pages whose conditions call one.

import { FUNCTIONS, fail } from "./conditions.js";

const plain = (text) => text.replace(/[ \t\u00a0\u3000]/g, "")
  .replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));

// Year, month and day; throws for what is no day.
const date = (text) => /^[1-9]\d{3}-\d\d-\d\d$/.test(text) && new Date(text).toISOString().startsWith(text) ? text.split("-").map(Number) : fail();

function readId(text) {
  const id = plain(text).toUpperCase();
  if (!/^\d{17}[\dX]$/.test(id)) return [];
  const total = [...id].reduce((sum, digit, place) => (place < 17 ? sum + digit * (2 ** (17 - place) % 11) : sum), 0);
  const birth = id.replace(/^.{6}(....)(..)(..).*/, "$1-$2-$3");
  try {
    return date(birth) && "10X98765432"[total % 11] === id[17] ? [birth, id[16] % 2 ? "male" : "female"] : [];
  } catch (trouble) {
    return [];
  }
}

function age(birth, on) {
  const years = date(on)[0] - date(birth)[0];
  return BigInt(on.slice(5) < birth.slice(5) ? years - 1 : years);
}

Object.assign(FUNCTIONS, {
  phone_kind(text) {
    const number = plain(text);
    if (/^1[3-9]\d{9}$/.test(number.replace(/-/g, "").replace(/^\+86/, ""))) return "mobile";
    const line = number.replace(/\(/g, "").replace(/\)/g, "-");
    return /^((010|02\d)-?\d{8}|0[3-9]\d\d-?\d{7,8})([-#\u8f6c]\d{1,6})?$/.test(line) ? "landline" : "";
  },
  id_sex: (text) => readId(text)[1] || "",
  id_birth_date: (text) => readId(text)[0] || "",
  age_on: age,
  years_between: (first, last) => (first <= last ? age(first, last) : -age(last, first)),
  luhn(text) {
    const digits = plain(text).replace(/-/g, "");
    if (!/^\d{2,40}$/.test(digits)) return false;
    const doubled = [...digits].reverse().map((digit, place) => digit * (1 + (place % 2)));
    return doubled.reduce((sum, worth) => sum + (worth > 9 ? worth - 9 : worth), 0) % 10 === 0;
  },
  add_years(text, years) {
    const later = date(text)[0] + Number(years);
    const same = later + text.slice(4);
    if (later < 1000 || later > 9999) fail();
    return text.endsWith("02-29") && new Date(later, 1, 29).getDate() !== 29 ? `${later}-02-28` : same;
  },
});
