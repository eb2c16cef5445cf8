// Evaluates the tree of a condition (expressions/checking.py draws it) with the results of the server.
// Whole numbers are BigInt: they divide, overflow and refuse to mix with decimals as those of CEL do.

export const fail = (code) => { throw { code }; };
const unlike = (...values) => fail(values.includes(null) ? "unanswered" : "type");
const own = (group, key) => Object.prototype.hasOwnProperty.call(group, key);
const isText = (value) => typeof value === "string";
const isBool = (value) => typeof value === "boolean";
const isWhole = (value) => typeof value === "bigint";
const isNumber = (value) => isWhole(value) || typeof value === "number";
const isList = Array.isArray;
const isGroup = (value) => typeof value === "object" && value !== null && !isList(value);
const truth = (value) => (isBool(value) ? value : unlike(value));

// Functions by name: `functions.js` adds ours on pages whose conditions call one.
export const FUNCTIONS = {};

// Gives {value, error}. With an error (a code) the value is null, and null is not true.
// `functions` are those of plugins, by name; their whole numbers come and go as BigInt.
export function evaluate(tree, values, functions = {}) {
  try {
    const value = run(tree, { values, functions, loop: {} });
    return value === null ? unlike(value) : { value: isWhole(value) ? Number(value) : value, error: null };
  } catch (trouble) {
    return { value: null, error: trouble.code || "type" };
  }
}

function run(tree, scope) {
  if (typeof tree === "number") return BigInt(tree);
  if (!isList(tree)) return tree;
  const [op, a, b, c] = tree;
  const at = (part) => run(part, scope);
  switch (op) {
    case "$": return read(own(scope.values, a) ? scope.values[a] : null, b, 8);
    case "@": return scope.loop[a];
    case "d": return a;
    case "i": return BigInt(a);
    case "[": return tree.slice(1).map(at);
    case "&&": case "||": return settle(() => at(a), () => at(b), op === "||");
    case "?": return at(truth(at(a)) ? b : c);
    case ".": return part(at(a), b);
    case "has": return own(grouped(at(a)), b);
  }
  if (own(LOOPS, op)) return LOOPS[op](items(at(b)), (item) => run(c, { ...scope, loop: { [a]: item } }));
  const values = tree.slice(1).map(at);
  if (own(OPERATORS, op)) return OPERATORS[op](...values);
  if (values.includes(null)) unlike(null);
  try {
    return (own(FUNCTIONS, op) ? FUNCTIONS : scope.functions)[op](...values);
  } catch (trouble) {
    return fail("function");
  }
}

// A value as what its name was declared to be; null for what it cannot be.
function read(value, shape, deep) {
  if (value === null || value === undefined) return null;
  const any = shape === "*";
  if (isList(value)) return isList(shape) || any && deep ? few(value).map((item) => read(item, any ? "*" : shape[0], deep - any)) : null;
  if (isGroup(value)) {
    if (isGroup(shape)) return group(Object.keys(shape), (key) => read(own(value, key) ? value[key] : null, shape[key], deep));
    return (any || shape === "g") && deep ? group(few(Object.keys(value)).filter(isSound), (key) => read(value[key], "*", deep - 1)) : null;
  }
  if (isText(value)) return (any || shape === "s") && isSound(value) ? value : null;
  if (isBool(value)) return any || shape === "b" ? value : null;
  if ((any || shape === "i") && Number.isSafeInteger(value)) return BigInt(value);
  return (any || shape === "d") && Number.isFinite(value) ? value : null;
}

const isSound = (text) => !/[\0\p{Cs}]/u.test(text);
const few = (list) => (list.length > 1000 ? fail("limit") : list);
function group(keys, of) {
  const made = Object.create(null);
  for (const key of keys) made[key] = of(key);
  return made;
}
const grouped = (value) => (isGroup(value) ? value : unlike(value));
const part = (value, key) => (own(grouped(value), key) && isText(key) ? value[key] : fail("missing"));
const items = (value) => (isList(value) ? value : Object.keys(grouped(value)));

// && is decided by false, || by true; what decides wins over an error on the other side.
function settle(left, right, decides) {
  const troubles = [], odd = [];
  for (const side of [left, right]) {
    try {
      const value = side();
      if (value === decides) return value;
      if (!isBool(value)) odd.push(value);
    } catch (trouble) {
      troubles.push(trouble);
    }
  }
  if (troubles[0]) throw troubles[0];
  return odd[0] === undefined ? !decides : unlike(...odd);
}

const fold = (decides) => (list, of) => list.reduce((before, item) => {
  try {
    const value = settle(before, () => of(item), decides);
    return () => value;
  } catch (trouble) {
    return () => { throw trouble; };
  }
}, () => !decides)();

const filter = (list, of) => list.filter((item) => truth(of(item)));

const LOOPS = {
  filter,
  all: fold(false),
  exists: fold(true),
  exists_one: (list, of) => filter(list, of).length === 1,
  map: (list, of) => list.map(of),
};

function equal(a, b) {
  if (isNumber(a) && isNumber(b)) return isWhole(a) === isWhole(b) ? a === b : Number(a) === Number(b);
  return isList(a) && isList(b) ? a.length === b.length && a.every((item, place) => equal(item, b[place])) : a === b;
}

// Texts go by code point, as on the server, not by UTF-16 unit: surrogates stand above all else.
const rank = (unit) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
const order = (is) => (a, b) => {
  if (isNumber(a) && isNumber(b)) return isWhole(a) === isWhole(b) ? is(a, b) : is(Number(a), Number(b));
  if (isBool(a) && isBool(b)) return is(a, b);
  if (!isText(a) || !isText(b)) return unlike(a, b);
  let place = 0;
  while (place < a.length && a[place] === b[place]) place += 1;
  return a === b ? is(0, 0) : is(...[a, b].map((text) => (place < text.length ? rank(text.charCodeAt(place)) : -1)));
};

const arithmetic = (of, decimals = true) => (a, b) => {
  if (isWhole(a) && isWhole(b)) {
    const value = of(a, b);
    return BigInt.asIntN(64, value) === value ? value : fail("arithmetic");
  }
  return decimals && isNumber(a) && isNumber(b) && !isWhole(a) && !isWhole(b) ? of(a, b) : unlike(a, b);
};
const divisor = (value) => (value === BigInt(0) ? fail("arithmetic") : value);
const divide = arithmetic((a, b) => a / divisor(b)), rest = arithmetic((a, b) => a % b, false);
const minus = arithmetic((a, b) => a - b), negative = arithmetic((a) => -a), plus = arithmetic((a, b) => a + b);
const onTexts = (method) => (a, b) => (isText(a) && isText(b) ? a[method](b) : unlike(a, b));

const OPERATORS = {
  "==": equal,
  "!=": (a, b) => !equal(a, b),
  "<": order((a, b) => a < b),
  "<=": order((a, b) => a <= b),
  ">": order((a, b) => a > b),
  ">=": order((a, b) => a >= b),
  "!": (a) => !truth(a),
  "-": (a, b) => (b === undefined ? negative(a, a) : minus(a, b)),
  "+": (a, b) => (isText(a) && isText(b) ? a + b : isList(a) && isList(b) ? a.concat(b) : plus(a, b)),
  "*": arithmetic((a, b) => a * b),
  "/": divide,
  "%": (a, b) => (divide(a, b), rest(a, b)),
  in: (a, b) => (isList(b) ? b.some((item) => equal(a, item)) : own(grouped(b), a) && isText(a)),
  "[]": (a, key) => {
    if (isGroup(a) && key !== null) return part(a, key);
    if (!isList(a) || !isWhole(key)) unlike(a, key);
    return key >= 0 && key < a.length ? a[Number(key)] : fail("missing");
  },
  size: (a) => BigInt(isText(a) ? [...a].length : items(a).length),
  double: (a) => (isNumber(a) ? Number(a) : unlike(a)),
  contains: onTexts("includes"),
  startsWith: onTexts("startsWith"),
  endsWith: onTexts("endsWith"),
};
