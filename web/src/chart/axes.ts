import { toNumber, type Axis, type Figure, type Kind, type Series } from '../data.ts';
import { tick } from '../format.ts';
import { cleaned, textWidth } from './text.ts';

/** A range of values. */
export interface Range {
  lo: number;
  hi: number;
}

/** What an axis shows: its range, its scale and its ticks. */
export interface Scale extends Range {
  log: boolean;
  ticks: Tick[];
}

export interface Tick {
  value: number;
  label: string;
}

export const has = (f: Figure, ...kinds: Kind[]) => f.series.some((s) => kinds.includes(s.kind));
export const points = (s: Series) => s.points ?? [];
/** lying says whether bars lie: the y axis has categories. */
export const lying = (f: Figure) => (f.y.categories?.length ?? 0) > 0;

/**
 * logAllowed says whether an axis of values may be logarithmic. The length of a
 * bar means nothing on such an axis, and what is not above zero has no place.
 */
export function logAllowed(f: Figure, axis: 'x' | 'y'): boolean {
  const a = f[axis];
  if (a.categories?.length || a.share) return false;
  if (axis === 'y' && has(f, 'bar', 'stack', 'bins') && !lying(f)) return false;
  if (axis === 'x' && (lying(f) || has(f, 'span') || f.sync)) return false; // time is no ratio
  const { lo, hi } = extent(f, axis, () => true);
  return lo > 0 && hi > lo;
}

/**
 * extent is what an axis must show of points, intervals, ticks and limits, those within a zoomed
 * range of x; lo is above hi where there is nothing.
 */
export function extent(f: Figure, axis: 'x' | 'y', shown: (series: number) => boolean, zoom: Range | null = null): Range {
  const r: Range = { lo: Infinity, hi: -Infinity };
  const add = (v: number | undefined) => {
    if (v === undefined || !Number.isFinite(v)) return;
    r.lo = Math.min(r.lo, v);
    r.hi = Math.max(r.hi, v);
  };
  const sums = new Map<number, number>();
  f.series.forEach((s, i) => {
    if (!shown(i)) return;
    for (const p of points(s)) {
      if (zoom && (p.x < zoom.lo || p.x > zoom.hi)) continue;
      const bounds = s.kind === 'bins' || s.kind === 'span' ? 'x' : 'y';
      if (s.kind === 'stack' && axis === 'y') {
        const sum = (sums.get(p.x) ?? 0) + p.y;
        sums.set(p.x, sum);
        add(sum);
        continue;
      }
      if (bounds === 'y' || axis === 'y') add(p[axis]);
      if (bounds !== axis) continue;
      for (const b of [p.lo, p.hi]) {
        const v = b === undefined ? NaN : toNumber(b);
        if (!f[axis].log || v > 0) add(v);
      }
    }
  });
  if (axis === 'x') f.x.ticks?.forEach(add);
  for (const l of f.limits ?? []) if (Boolean(l.vertical) === (axis === 'x')) add(l.value);
  return r;
}

/** scaleX is the scale of the x axis, or of a part of it that was zoomed into. */
export function scaleX(f: Figure, log: boolean, width: number, zoom: Range | null, shown: (series: number) => boolean): Scale {
  const names = f.x.categories;
  if (names?.length) {
    return { lo: -0.5, hi: names.length - 0.5, log: false, ticks: names.map((label, value) => ({ value, label })) };
  }
  const x = extent(f, 'x', shown);
  if (x.lo > x.hi) Object.assign(x, { lo: 0, hi: 1 });
  if (lying(f) && !has(f, 'span')) add(x, f.x.base ?? 0);
  if (has(f, 'front') && !log) add(x, 0); // in both axes, so that small differences look small
  if (has(f, 'span') && !log) x.lo = Math.min(x.lo, 0);
  let range: Range;
  if (log) {
    const pad = Math.pow(x.hi / x.lo, 0.04) * 1.01;
    range = { lo: x.lo / pad, hi: x.hi * pad };
  } else {
    const pad = Math.max(0.04 * (x.hi - x.lo), x.hi === x.lo ? 0.5 * Math.abs(x.hi) : 0, 1e-9);
    const tight = has(f, 'bins', 'span');
    range = { lo: tight ? x.lo : x.lo - pad, hi: x.hi + (tight ? pad / 2 : pad) };
    if (lying(f) && !has(f, 'span')) range = aside(f, x, width);
    else if (x.lo >= 0 && range.lo < 0 && x.lo !== 0) range.lo = 0;
  }
  if (zoom) range = zoom;
  return { ...range, log, ticks: ticksOf(range, log, f.x, width, false, zoom || !swept(f) ? [] : placesX(f)) };
}

/** nameRoom is how wide the names of rows may be in a drawing of a width. */
export function nameRoom(f: Figure, width: number): number {
  const most = Math.max(0, ...(f.y.categories ?? []).map((n) => textWidth(cleaned(n, 48)))) + 10;
  return Math.min(most, Math.max(70, (width < 420 ? 0.32 : 0.38) * width));
}

/** aside leaves room at both ends of lying bars for what they bear. */
function aside(f: Figure, x: Range, width: number): Range {
  const label = Math.max(0, ...f.series.flatMap((s) => points(s).map((p) => textWidth(cleaned(p.label, 28)))));
  const share = Math.min(0.44, (label + 16) / Math.max(120, width + 56 - nameRoom(f, width + 70)));
  const span = Math.max(x.hi - x.lo, 1e-9) / (1 - 2 * share);
  const left = f.x.base === undefined && x.lo >= 0 ? 0 : share;
  return { lo: x.lo - left * span, hi: x.hi + share * span };
}

/** scaleY is the scale of the y axis; height is of the drawing, in pixels. */
export function scaleY(f: Figure, log: boolean, height: number, zoom: Range | null, shown: (series: number) => boolean): Scale {
  const names = f.y.categories;
  if (names?.length) {
    return { lo: -0.6, hi: names.length - 0.4, log: false, ticks: names.map((label, value) => ({ value, label })) };
  }
  let y = extent(f, 'y', shown, zoom);
  if (log && !(y.lo > 0 && y.hi >= y.lo)) y = extent(f, 'y', shown);
  const range = log ? { lo: y.lo / 1.25, hi: y.hi * 1.3 } : linearRange(f, y);
  return { ...range, log, ticks: ticksOf(range, log, f.y, height, true, []) };
}

/** linearRange begins at zero, but for shares that all lie near one. */
function linearRange(f: Figure, y: Range): Range {
  if (y.lo > y.hi) return { lo: 0, hi: 1 };
  const top = has(f, 'bar', 'stack') ? 0.14 : 0.08; // for the values on bars
  if (f.y.share) {
    const lo = y.lo > 0.5 && !has(f, 'bar', 'stack') ? Math.max(0, Math.floor(20 * y.lo - 0.2) / 20) : 0;
    return { lo, hi: has(f, 'bar', 'stack') ? Math.min(1.1, y.hi + top) : 1.004 };
  }
  const lo = Math.min(0, y.lo);
  const hi = Math.max(0, y.hi);
  if (lo === hi) return { lo, hi: lo + 1 };
  return { lo: lo < 0 ? lo - top * (hi - lo) : 0, hi: hi > 0 ? hi + top * (hi - lo) : 0 };
}

function add(r: Range, v: number): void {
  r.lo = Math.min(r.lo, v);
  r.hi = Math.max(r.hi, v);
}

/** swept says whether the places on the x axis were chosen, so that ticks belong there. */
function swept(f: Figure): boolean {
  return !lying(f) && !has(f, 'front', 'step', 'bins', 'span') && !f.x.measured;
}

/** placesX are the values that were planned and those of the points, if they are few. */
function placesX(f: Figure): number[] {
  const at = new Set(f.x.ticks ?? []);
  for (const s of f.series) for (const p of points(s)) at.add(p.x);
  return at.size <= 12 ? [...at].sort((a, b) => a - b) : [];
}

/** ticksOf are round values, or the places given, as many as have room along an axis of so many pixels. */
function ticksOf(r: Range, log: boolean, axis: Axis, size: number, vertical: boolean, places: number[]): Tick[] {
  const label = (value: number) => ({ value, label: tick(value, axis) });
  const share = log ? (v: number) => Math.log(v / r.lo) / Math.log(r.hi / r.lo) : (v: number) => (v - r.lo) / (r.hi - r.lo);
  const room = (t: Tick) => (vertical ? 24 : 7 * t.label.length + 14);
  if (places.length) return apart(places.map(label), (t) => share(t.value) * size, room);
  const most = Math.max(2, Math.floor(size / (vertical ? 44 : 72)));
  const values = log ? logValues(r, most) : roundValues(r, most);
  const ticks = values.map(label);
  // Labels that round to the same text differ in a later digit.
  if (new Set(ticks.map((t) => t.label)).size < ticks.length) {
    for (const t of ticks) t.label = tick(0, axis).replace('0', String(Number(t.value.toPrecision(8))));
  }
  return apart(ticks, (t) => share(t.value) * size, room);
}

/** apart leaves out ticks whose labels would touch, the last not among them. */
function apart(ticks: Tick[], at: (t: Tick) => number, room: (t: Tick) => number): Tick[] {
  const touch = (a: Tick, b: Tick) => Math.abs(at(b) - at(a)) < (room(a) + room(b)) / 2;
  const out: Tick[] = [];
  ticks.forEach((t, i) => {
    let last = out.at(-1);
    while (i === ticks.length - 1 && last && touch(last, t)) {
      out.pop();
      last = out.at(-1);
    }
    if (!last || !touch(last, t)) out.push(t);
  });
  return out;
}

/** roundValues are at most so many steps of 1, 2, 2.5 or 5. */
export function roundValues(r: Range, most: number): number[] {
  if (!(r.hi > r.lo)) return [];
  const raw = (r.hi - r.lo) / Math.min(most, 6);
  const unit = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = ([1, 2, 2.5, 5].find((m) => m * unit >= raw * 0.999) ?? 10) * unit;
  const out: number[] = [];
  for (let i = Math.ceil(r.lo / step - 1e-9); i * step <= r.hi + 1e-9 * step; i++) {
    out.push(i === 0 ? 0 : Number((i * step).toPrecision(12)));
  }
  return out;
}

/** logValues are 1, 2 and 5 of each power of ten, only 1 over many powers, and round steps over less than one. */
export function logValues(r: Range, most: number): number[] {
  const powers = Math.log10(r.hi / r.lo);
  const steps = powers > 3.7 || 3 * powers > most * 1.6 ? [1] : [1, 2, 5];
  const every = Math.max(1, Math.ceil(powers / Math.max(1, most)));
  const out: number[] = [];
  for (let e = Math.floor(Math.log10(r.lo)); e <= Math.ceil(Math.log10(r.hi)); e++) {
    if (e % every !== 0) continue;
    for (const m of steps) {
      const v = Number(`${m}e${e}`);
      if (v >= r.lo && v <= r.hi) out.push(v);
    }
  }
  return out.length < 3 ? roundValues(r, most) : out;
}

const units: Record<string, string> = { '1/s': 'per second', 'token/s': 'tokens per second', times: '', percent: '', 'ms/token': 'ms' };

/** axisLabel names an axis with its unit, as the drawings of Go do. */
export function axisLabel(a: Axis): string {
  const label = a.label ?? '';
  if (a.unit?.endsWith('/s') && label.includes('per second')) return label;
  const unit = units[a.unit ?? ''] ?? a.unit ?? '';
  if (!label || !unit || label.split(/[^\p{L}]+/u).includes(unit)) return label || unit;
  return unit === 'per second' ? `${label} ${unit}` : `${label}, ${unit}`;
}
