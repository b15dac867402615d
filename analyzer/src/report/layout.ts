/** A box to place; its middle is what gets coordinates. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

export interface Spring {
  readonly a: number;
  readonly b: number;
  /** Relative pull, 0–1. */
  readonly pull: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const STEPS = 240;
const GAP = 18;
/** Towards the middle, so that what nothing ties to the rest does not drift away. */
const PULL_IN = 1.1;
/** Screens are wider than high: vertical distances count more, so that the map comes out wide. */
const FLATTEN = 1.7;

/**
 * A force-directed map (Fruchterman & Reingold 1991) computed when the report is written: a spiral to start from, springs, repulsion, then boxes pushed apart until none overlap.
 * No dice: the same input gives the same picture.
 */
export function layout(boxes: readonly Box[], springs: readonly Spring[]): Point[] {
  const n = boxes.length;
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  const ideal = 1.15 * Math.sqrt(boxes.reduce((area, { width, height }) => area + (width + GAP) * (height + GAP) * 2.2, 0) / Math.max(1, n));
  for (let i = 0; i < n; i += 1) {
    const angle = i * 2.399_963_229_728_653;
    x[i] = ideal * 0.6 * Math.sqrt(i + 0.5) * Math.cos(angle);
    y[i] = ideal * 0.6 * Math.sqrt(i + 0.5) * Math.sin(angle);
  }
  for (let step = 0; step < STEPS; step += 1) relax(x, y, springs, ideal, ideal * 0.9 * (1 - step / STEPS));
  for (let i = 0; i < n; i += 1) y[i] = at(y, i) / FLATTEN;
  pushApart(x, y, boxes);
  return boxes.map((_, i) => ({ x: Math.round(at(x, i) * 10) / 10, y: Math.round(at(y, i) * 10) / 10 }));
}

function relax(x: Float64Array, y: Float64Array, springs: readonly Spring[], ideal: number, heat: number): void {
  const dx = new Float64Array(x.length);
  const dy = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 1) {
    for (let j = i + 1; j < x.length; j += 1) {
      const [ex, ey] = [at(x, i) - at(x, j), at(y, i) - at(y, j)];
      const push = (ideal * ideal) / Math.max(ex * ex + ey * ey, 1);
      force(dx, dy, i, j, ex * push, ey * push);
    }
    dx[i] = at(dx, i) - at(x, i) * PULL_IN;
    dy[i] = at(dy, i) - at(y, i) * PULL_IN;
  }
  for (const { a, b, pull } of springs) {
    const [ex, ey] = [at(x, a) - at(x, b), at(y, a) - at(y, b)];
    const strength = (-pull * Math.sqrt(ex * ex + ey * ey)) / ideal;
    force(dx, dy, a, b, ex * strength, ey * strength);
  }
  for (let i = 0; i < x.length; i += 1) {
    const length = Math.max(Math.sqrt(at(dx, i) ** 2 + at(dy, i) ** 2), 1e-6);
    x[i] = at(x, i) + (at(dx, i) / length) * Math.min(length, heat);
    y[i] = at(y, i) + (at(dy, i) / length) * Math.min(length, heat);
  }
}

function force(dx: Float64Array, dy: Float64Array, i: number, j: number, fx: number, fy: number): void {
  dx[i] = at(dx, i) + fx;
  dy[i] = at(dy, i) + fy;
  dx[j] = at(dx, j) - fx;
  dy[j] = at(dy, j) - fy;
}

/** Moves overlapping boxes apart along the axis that needs less. */
function pushApart(x: Float64Array, y: Float64Array, boxes: readonly Box[]): void {
  for (let round = 0, moved = true; moved && round < 400; round += 1) {
    moved = false;
    for (let i = 0; i < boxes.length; i += 1) for (let j = i + 1; j < boxes.length; j += 1) if (separate(x, y, boxes, i, j)) moved = true;
  }
}

function separate(x: Float64Array, y: Float64Array, boxes: readonly Box[], i: number, j: number): boolean {
  const [a, b] = [boxes[i], boxes[j]];
  if (a === undefined || b === undefined) return false;
  const [ex, ey] = [at(x, i) - at(x, j), at(y, i) - at(y, j)];
  const overX = (a.width + b.width) / 2 + GAP - Math.abs(ex);
  const overY = (a.height + b.height) / 2 + GAP - Math.abs(ey);
  if (overX <= 0.01 || overY <= 0.01) return false;
  const [axis, over, sign] = overX < overY ? [x, overX, ex < 0 ? -1 : 1] : [y, overY, ey < 0 ? -1 : 1];
  axis[i] = at(axis, i) + (sign * over) / 2;
  axis[j] = at(axis, j) - (sign * over) / 2;
  return true;
}

const at = (values: Float64Array, i: number): number => values[i] ?? 0;
