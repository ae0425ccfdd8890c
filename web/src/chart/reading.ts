import { toNumber, type Axis, type Figure, type Point, type Series } from '../data.ts';
import { count, span, withUnit } from '../format.ts';
import { has, lying, points } from './axes.ts';
import { cleaned } from './text.ts';

// What a chart says at a place: read off the figure, never off pixels.

/** A line of a tooltip. */
export interface Row {
  series: number;
  name: string;
  value: string;
}

/** What a chart says at a place, and where that is on the x axis. */
export interface Reading {
  title: string;
  rows: Row[];
  x: number;
  y?: number;
}

/** onAxis writes a value of an axis. */
export function onAxis(v: number, a: Axis): string {
  const name = a.categories?.[v];
  if (name !== undefined) return cleaned(name);
  if (a.count) return count(v);
  return withUnit(v, a.share ? 'ratio' : a.unit);
}

/** valueOf writes the value of a point with its interval and what is to be known of it. */
export function valueOf(p: Point, f: Figure, s: Series): string {
  const flags = p.hollow ? (s.kind === 'step' ? ' (the sample\'s, and no estimate)' : ' (hollow: nothing rests on it)') : '';
  if (s.kind === 'span' || s.kind === 'bins') {
    const range = rangeOf(p, f.x);
    return (s.kind === 'span' ? range : onAxis(p.y, f.y)) + flags;
  }
  const [v, a] = lying(f) ? [p.x, f.x] : [p.y, f.y];
  if (p.at_least) return `at least ${onAxis(v, a)}${flags}`;
  const [lo, hi] = [p.lo, p.hi].map((b) => (b === undefined ? undefined : toNumber(b)));
  const text = a.count ? count(v) : span(v, lo, hi, a.share ? 'ratio' : a.unit);
  return text + flags;
}

/** rangeOf writes from where to where a bin or a span goes. */
export function rangeOf(p: Point, x: Axis): string {
  const to = p.hi === undefined ? 'its end' : toNumber(p.hi) === Infinity ? '∞' : onAxis(toNumber(p.hi), x);
  return `${p.lo === undefined ? '–' : onAxis(toNumber(p.lo), x)} to ${to}`;
}

/** A place in values of the axes; near says how far off a point of the figure is, in pixels. */
export interface Place {
  x: number;
  y: number;
  near: (p: Point) => number;
}

/** readAt is what a figure says at a place; null where it says nothing. */
export function readAt(f: Figure, at: Place, shown: (series: number) => boolean): Reading | null {
  const visible = f.series.map((s, i) => ({ s, i })).filter(({ s, i }) => shown(i) && s.kind !== 'band');
  const row = (s: Series, i: number, p: Point): Row => ({ series: i, name: cleaned(s.name), value: valueOf(p, f, s) });
  if (lying(f)) {
    const y = Math.round(at.y);
    const inRow = visible.flatMap(({ s, i }) => points(s).filter((p) => p.y === y).map((p) => ({ s, i, p })));
    const within = inRow.filter(({ p }) => p.lo !== undefined && toNumber(p.lo) <= at.x && at.x <= toNumber(p.hi ?? 'inf'));
    const some = has(f, 'span') && within.length ? within : inRow;
    return some.length ? { title: onAxis(y, f.y), x: at.x, y, rows: some.slice(0, 12).map(({ s, i, p }) => labelled(row(s, i, p), p)) } : null;
  }
  if (f.x.categories?.length) {
    const x = Math.round(at.x);
    const rows = visible.flatMap(({ s, i }) => points(s).filter((p) => p.x === x).map((p) => row(s, i, p)));
    return rows.length ? { title: onAxis(x, f.x), x, rows } : null;
  }
  if (has(f, 'dot', 'front') && !has(f, 'line', 'rule', 'step')) return nearestPoint(f, at, visible);
  if (has(f, 'bins')) {
    const rows = visible.flatMap(({ s, i }) =>
      points(s).filter((p) => p.lo !== undefined && toNumber(p.lo) <= at.x && at.x < toNumber(p.hi ?? 'inf')).map((p) => ({ ...row(s, i, p), p })));
    const first = rows[0];
    return first ? { title: rangeOf(first.p, f.x), x: at.x, rows } : null;
  }
  if (has(f, 'step')) return ofSteps(f, at, visible);
  const x = nearestX(visible.flatMap(({ s }) => points(s)), at);
  if (x === undefined) return null;
  const rows = visible.flatMap(({ s, i }) => points(s).filter((p) => p.x === x).map((p) => labelled(row(s, i, p), p)));
  return { title: named(f.x, x), x, rows };
}

type Visible = { s: Series; i: number }[];

/** labelled adds the name that a point bears, where its value does not say it. */
function labelled(r: Row, p: Point): Row {
  return { ...r, value: withName(r.value, p) };
}

/** withName is a value with the name of its point, where that says more: a bound is said by its value. */
export function withName(value: string, p: Point): string {
  const label = cleaned(p.label, 80);
  return label && !value.includes(label) && !(p.at_least && label.startsWith('≥')) ? `${value} · ${label}` : value;
}

function named(a: Axis, v: number): string {
  const label = cleaned(a.label);
  return label ? `${label}: ${onAxis(v, a)}` : onAxis(v, a);
}

function ofSteps(f: Figure, at: Place, visible: Visible): Reading {
  const rows = visible.flatMap(({ s, i }): Row[] => {
    const p = points(s).findLast((q) => q.x <= at.x);
    const value = p ? onAxis(p.y, f.y) : s.kind === 'step' ? onAxis(0, f.y) : '';
    return value ? [{ series: i, name: cleaned(s.name), value }] : [];
  });
  return { title: named(f.x, at.x), x: at.x, rows };
}

function nearestPoint(f: Figure, at: Place, visible: Visible): Reading | null {
  let best: { s: Series; i: number; p: Point; off: number } | undefined;
  for (const { s, i } of visible) {
    for (const p of points(s)) {
      const off = at.near(p);
      if (off < 48 && (!best || off < best.off)) best = { s, i, p, off };
    }
  }
  if (!best) return null;
  const { s, i, p } = best;
  const title = [cleaned(s.name), cleaned(p.label, 80)].filter(Boolean).join(' · ');
  return {
    title,
    x: p.x,
    y: p.y,
    rows: [
      { series: i, name: cleaned(f.x.label) || 'x', value: onAxis(p.x, f.x) },
      { series: i, name: cleaned(f.y.label) || 'y', value: valueOf(p, f, s) },
    ],
  };
}

function nearestX(all: Point[], at: Place): number | undefined {
  let best: number | undefined;
  let off = Infinity;
  for (const p of all) {
    const d = at.near({ x: p.x, y: at.y });
    if (d < off) [best, off] = [p.x, d];
  }
  return best;
}

/** stops are the places that arrow keys go through. */
export function stops(f: Figure, shown: (series: number) => boolean): { x: number; y: number }[] {
  const visible = f.series.filter((s, i) => shown(i) && s.kind !== 'band').flatMap(points);
  if (lying(f)) return distinct(visible.map((p) => p.y)).map((y) => ({ x: visible.find((p) => p.y === y)?.x ?? 0, y }));
  if (has(f, 'dot', 'front') && !f.x.categories?.length) return [...visible].sort((a, b) => a.x - b.x).map(({ x, y }) => ({ x, y }));
  const xs = distinct(visible.map((p) => p.x));
  const every = Math.max(1, Math.ceil(xs.length / 60));
  return xs.filter((_, i) => i % every === 0 || i === xs.length - 1).map((x) => ({ x, y: 0 }));
}

function distinct(all: number[]): number[] {
  return [...new Set(all)].sort((a, b) => a - b);
}
