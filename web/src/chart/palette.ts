import type { Figure, Role, Series } from '../data.ts';
import type { Theme } from '../theme.ts';

// A target has the same colour in every figure, in the drawings of Go and here.

/** colorOf is the colour of a series. */
export function colorOf(f: Figure, series: number, theme: Theme): string {
  const parts = theme.parts;
  const pick = (i: number) => parts[i % parts.length] ?? theme.ink;
  switch (f.series[series]?.role) {
    case 'candidate':
      return pick(0);
    case 'baseline':
      return pick(1);
    case 'faint':
      return theme.faint;
    case 'further':
      return pick(2 + (further(f, series) % (parts.length - 2)));
  }
  return pick(before(f, series, 'part') + 2);
}

/** before counts the series of a role before one. */
function before(f: Figure, series: number, role: Role): number {
  return f.series.slice(0, series).filter((s) => s.role === role).length;
}

/** further is the place of a further target among those of the run, from 0 on. */
function further(f: Figure, series: number): number {
  const place = f.series[series]?.place ?? 0;
  return place > 0 ? place - 1 : before(f, series, 'further');
}

/** dashedOf tells further targets apart whose colour is there already. */
export function dashedOf(f: Figure, series: number, theme: Theme): boolean {
  const s = f.series[series];
  return Boolean(s?.dashed) || (s?.role === 'further' && further(f, series) >= theme.parts.length - 2);
}

const shapes = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'roundRect'] as const;

/** shapeOf tells the parts of a figure apart where colours cannot. */
export function shapeOf(f: Figure, series: number): string {
  if (f.series[series]?.role !== 'part') return 'circle';
  return shapes[before(f, series, 'part') % shapes.length] ?? 'circle';
}

/** named says whether the legend has a series: a band has the name of the line in it. */
export function named(s: Series): boolean {
  return s.kind !== 'band';
}

/** lineOf is the series that the legend switches together with one: a band goes with its line. */
export function lineOf(f: Figure, series: number): number {
  const s = f.series[series];
  if (s?.kind !== 'band') return series;
  const byName = f.series.findIndex((o) => o.kind !== 'band' && s.name.startsWith(o.name));
  if (byName >= 0) return byName;
  const byRole = f.series.findIndex((o) => o.kind !== 'band' && o.role === s.role);
  return byRole >= 0 ? byRole : series;
}

/** tinted makes a colour of six digits see-through; others are left to opacity. */
export const tint = 0.19;
