import type { Range } from './axes.ts';

// What is zoomed in one figure is zoomed in all that share its x axis.

interface Zoomed {
  zoomTo(r: Range | null): void;
}

const groups = new Map<string, Set<Zoomed>>();
const now = new Map<string, Range | null>();

/** join adds a view to the group of its figure and returns what the group is zoomed to. */
export function join(sync: string | undefined, view: Zoomed): Range | null {
  if (!sync) return null;
  let group = groups.get(sync);
  if (!group) groups.set(sync, (group = new Set()));
  group.add(view);
  return now.get(sync) ?? null;
}

/** zoomAll zooms a view and all that share its axis. */
export function zoomAll(sync: string | undefined, view: Zoomed, r: Range | null): void {
  if (!sync) {
    view.zoomTo(r);
    return;
  }
  now.set(sync, r);
  for (const v of groups.get(sync) ?? []) v.zoomTo(r);
}

/** scaled is a range of which a part around the middle is left, or that is wider again within whole. */
export function scaled(r: Range, by: number, log: boolean, whole: Range): Range | null {
  const [to, from] = log ? [Math.log, Math.exp] : [(v: number) => v, (v: number) => v];
  const middle = (to(r.lo) + to(r.hi)) / 2;
  const half = (by * (to(r.hi) - to(r.lo))) / 2;
  return within({ lo: from(middle - half), hi: from(middle + half) }, whole);
}

/** moved is a range moved by a part of itself. */
export function moved(r: Range, part: number, whole: Range): Range | null {
  const by = Math.max(whole.lo - r.lo, Math.min(whole.hi - r.hi, part * (r.hi - r.lo)));
  return within({ lo: r.lo + by, hi: r.hi + by }, whole);
}

/** within keeps a range inside the whole; null where it is the whole. */
export function within(r: Range, whole: Range): Range | null {
  const out = { lo: Math.max(r.lo, whole.lo), hi: Math.min(r.hi, whole.hi) };
  if (!(out.hi > out.lo)) return null;
  return out.lo <= whole.lo && out.hi >= whole.hi ? null : out;
}
