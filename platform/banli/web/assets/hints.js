// What a camera sees, judged on a small grey picture several times a second: cheap enough for an old phone.

// Lightness from 0 to 255, shares of the frame: see `judged`.
const DARK = 100, PAPER = 240, BRIGHT = 250, GLARE = 0.012, MOVES = 9, EDGE = 12, SIDES = 3, INK = 0.3;

// How steep strokes of print are at least: the share of the paper's lightness for each millimetre, as the server measures it.
const SHARP = 0.75, PER_MM = 8, FLATTER = 0.99;

// The middle of a card in the frame at `PER_MM`, half as wide and high; a frame of fewer pixels than this is not looked at.
export const MIDDLE = { wide: 342, high: 216, least: 500 };

// Pixels of the small picture, and how much of its width lies around the frame on each side.
export const WIDE = 160;
export const MARGIN = 0.12;

export function grey(data) {
  const out = new Uint8Array(data.length / 4);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 1) out[to] = (data[from] * 77 + data[from + 1] * 150 + data[from + 2] * 29) >> 8;
  return out;
}

// The strongest straight line near one side of the frame, as the mean step across it. `at(along, across)` reads a pixel.
function line(at, along, across, reach) {
  let best = 0;
  for (let shift = -reach; shift <= reach; shift += 1) {
    let sum = 0, count = 0;
    for (let n = Math.round(along[0]); n < along[1]; n += 2) {
      const row = across + shift;
      // Somewhat askew is a line too.
      sum += Math.max(Math.abs(at(n, row + 1) - at(n, row - 1)), Math.abs(at(n, row + 2) - at(n, row)));
      count += 1;
    }
    best = Math.max(best, sum / count);
  }
  return best;
}

// `now` and `before`: grey pictures of WIDE by `high` pixels around the frame (`before` may be null).
export function measured(now, before, high) {
  const wide = WIDE, left = Math.round(wide * MARGIN), top = left, right = wide - left, bottom = high - top;
  let blown = 0, moved = 0, count = 0;
  const spread = new Uint32Array(256);
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const at = y * wide + x, here = now[at];
      spread[here] += 1;
      if (here >= 250) blown += 1;
      if (before) moved += Math.abs(here - before[at]);
      count += 1;
    }
  }
  // A tenth of what is seen is lighter than `light`, half of it darker than `paper`: of a card that fills the frame its paper.
  let paper = 255, light = 0;
  for (let seen = 0; paper > 0; paper -= 1) {
    seen += spread[paper];
    if (!light && seen > count / 10) light = paper;
    if (seen > count / 2) break;
  }
  let first = right, end = left;
  for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) if (now[y * wide + x] < 0.6 * paper) { first = Math.min(first, x); end = Math.max(end, x); }
  const clamp = (n, most) => Math.max(0, Math.min(most - 1, n)), reach = Math.round(left * 0.75);
  const flat = (x, y) => now[clamp(y, high) * wide + clamp(x, wide)], steep = (y, x) => flat(x, y);
  const inset = (a, b) => [a + (b - a) * 0.15, b - (b - a) * 0.15];
  const lines = [line(flat, inset(left, right), top, reach), line(flat, inset(left, right), bottom, reach), line(steep, inset(top, bottom), left, reach), line(steep, inset(top, bottom), right, reach)];
  return { light, paper, blown: blown / count, moved: before ? moved / count : 0, sides: lines.filter((strength) => strength > EDGE).length, ink: Math.max(0, end - first) / (right - left) };
}

// Whether no strokes are seen, so the lens is not yet sharp: a grey picture of `MIDDLE`, and how light paper is. Of the steepest
// hundredth of all steps the least steep, in that of four directions in which they are least so: a shaking hand spares one.
export function blurred(now, paper) {
  const { wide, high } = MIDDLE, ways = [0, 1, 2, 3].map(() => new Uint32Array(256));
  let count = 0;
  for (let y = 1; y < high - 1; y += 2) {
    for (let x = 1; x < wide - 1; x += 2) {
      const at = y * wide + x, up = at - wide, down = at + wide;
      const across = (now[up + 1] + 2 * now[at + 1] + now[down + 1] - now[up - 1] - 2 * now[at - 1] - now[down - 1]) / 8;
      const along = (now[down - 1] + 2 * now[down] + now[down + 1] - now[up - 1] - 2 * now[up] - now[up + 1]) / 8;
      [across, along, (across + along) * Math.SQRT1_2, (across - along) * Math.SQRT1_2].forEach((step, way) => { ways[way][Math.abs(step) | 0] += 1; });
      count += 1;
    }
  }
  const steepest = ways.map((spread) => {
    let step = 0;
    for (let seen = spread[0]; seen <= FLATTER * count; seen += spread[step]) step += 1;
    return step;
  });
  return Math.min(...steepest) * PER_MM < SHARP * Math.max(paper, 8);
}

// The one thing to do next: "dark", "bright", "glare", "still", "closer", or "good".
export function judged(seen, sheet) {
  if (seen.light < DARK) return "dark";
  if (!sheet && seen.paper >= BRIGHT) return "bright";
  if (!sheet && seen.paper < PAPER && seen.blown > GLARE) return "glare";
  if (seen.moved > MOVES) return "still";
  if (sheet ? seen.ink < INK : seen.sides < SIDES) return "closer";
  return "good";
}
