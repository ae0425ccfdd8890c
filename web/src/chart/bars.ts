import type { Point } from '../data.ts';
import { number, usd, withUnit } from '../format.ts';
import { lying, points } from './axes.ts';
import type { ItemApi, ItemParams, SeriesOption } from './echarts.ts';
import { boxOf, place, type Frame } from './frame.ts';
import { arrow, custom, line, text, whisker, type Shape } from './marks.ts';
import { colorOf } from './palette.ts';
import { cleaned, textWidth } from './text.ts';

/** barWidth is how wide one of n bars is that share a category. */
function barWidth(api: ItemApi, n: number): number {
  const [band = 40] = api.size?.([1, 0]) as number[];
  return Math.min(46, (0.76 * band) / Math.max(1, n));
}

function valueOf(p: Point, unit: string | undefined): string {
  const value = p.label ? cleaned(p.label, 28) : unit === 'USD' ? usd(p.y) : number(p.y);
  return p.at_least ? '≥ ' + value : value;
}

/** bars stand side by side with their intervals and values. */
export function bars(v: Frame, i: number): SeriesOption[] {
  if (lying(v.f)) return lyingBars(v, i);
  const all = v.f.series.flatMap((s, j) => (s.kind === 'bar' && v.shown(j) ? [j] : []));
  const at = all.indexOf(i);
  const color = colorOf(v.f, i, v.theme);
  const data = points(v.f.series[i]!);
  return [
    custom(`s${i}`, data.map((p) => [p.x, p.y]), (params, api) => {
      const p = data[params.dataIndex]!;
      const width = barWidth(api, all.length);
      const [middle] = place(api, p.x, p.y);
      const x = middle + (at - (all.length - 1) / 2) * width;
      return { type: 'group', children: bar(v, api, params, p, x, width, color) };
    }),
  ];
}

function bar(v: Frame, api: ItemApi, params: ItemParams, p: Point, x: number, width: number, color: string): Shape[] {
  const box = boxOf(params);
  const [, from] = place(api, p.x, Math.min(Math.max(v.f.y.base ?? 0, v.y.lo), v.y.hi));
  const [, to] = place(api, p.x, p.y);
  const rect = { x: x - (0.92 * width) / 2, y: Math.min(from, to), width: 0.92 * width, height: Math.max(1, Math.abs(to - from)) };
  const hollow = p.at_least || p.hollow;
  const out: Shape[] = [
    { type: 'rect', shape: rect, style: hollow ? { fill: 'none', stroke: color, lineWidth: 1.3, lineDash: [4, 3] } : { fill: color } },
  ];
  let top = Math.min(from, to);
  if (p.at_least) {
    out.push(...arrow(x, to, color));
    top -= 10;
  } else {
    const drawn = whisker(v, api, box, p, x, v.theme.ink);
    out.push(...drawn.shapes);
    top = Math.min(top, drawn.top);
  }
  const value = valueOf(p, v.f.y.unit);
  const wide = textWidth(value, v.theme.font);
  const [band = 40] = api.size?.([1, 0]) as number[];
  const alone = v.f.series.filter((s, j) => s.kind === 'bar' && v.shown(j)).length === 1;
  top = Math.max(top, box.y + 15);
  // Where a value has no room the tooltip and the table have it.
  if (wide + 2 <= (alone ? band : width + 2)) out.push(text(value, x, top - 3, v, { align: 'center', verticalAlign: 'bottom' }));
  else if (width >= 13 && wide < top - box.y) out.push(text(value, x, top - 4, v, { align: 'left', verticalAlign: 'middle', rotate: true }));
  return out;
}

/** stacks are on top of the stack series before; the last that is shown writes the sums. */
export function stacks(v: Frame, i: number): SeriesOption[] {
  const all = v.f.series.flatMap((s, j) => (s.kind === 'stack' && v.shown(j) ? [j] : []));
  const below = new Map<number, number>();
  for (const j of all) {
    if (j === i) break;
    for (const p of points(v.f.series[j]!)) below.set(p.x, (below.get(p.x) ?? 0) + p.y);
  }
  const color = colorOf(v.f, i, v.theme);
  const data = points(v.f.series[i]!);
  return [
    custom(`s${i}`, data.map((p) => [p.x, p.y]), (params, api) => {
      const p = data[params.dataIndex]!;
      const low = below.get(p.x) ?? 0;
      const [x, to] = place(api, p.x, low + p.y);
      const [, from] = place(api, p.x, low);
      const width = barWidth(api, 1);
      const out: Shape[] = [{ type: 'rect', shape: { x: x - width / 2, y: to, width, height: from - to }, style: { fill: color, stroke: v.theme.card, lineWidth: 0.5 } }];
      if (i === all.at(-1)) out.push(text(withUnit(low + p.y, v.f.y.unit), x, to - 3, v, { align: 'center', verticalAlign: 'bottom' }));
      return { type: 'group', children: out };
    }),
  ];
}

/** bins are a histogram: each from lo to hi of the x axis, y high. */
export function bins(v: Frame, i: number): SeriesOption[] {
  const color = colorOf(v.f, i, v.theme);
  const data = points(v.f.series[i]!);
  const several = v.f.series.filter((s, j) => s.kind === 'bins' && v.shown(j)).length > 1;
  return [
    custom(`s${i}`, data.map((p) => [p.x, p.y]), (params, api) => {
      const p = data[params.dataIndex]!;
      if (typeof p.lo !== 'number') return null;
      const [left, to] = place(api, Math.max(p.lo, v.x.lo), p.y);
      const [right, from] = place(api, typeof p.hi === 'number' ? Math.min(p.hi, v.x.hi) : v.x.hi, 0);
      if (!(right > left)) return null;
      return {
        type: 'rect',
        shape: { x: left, y: to, width: Math.max(1, right - left - 0.5), height: Math.max(0, from - to) },
        style: { fill: p.hollow ? 'none' : color, opacity: several ? 0.55 : 0.85, stroke: color, lineWidth: p.hollow ? 1.2 : 0 },
      };
    }),
  ];
}

/** spans last from lo to hi of the x axis, in the row y. */
export function spans(v: Frame, i: number): SeriesOption[] {
  const color = colorOf(v.f, i, v.theme);
  const data = points(v.f.series[i]!);
  return [
    custom(`s${i}`, data.map((p) => [p.x, p.y]), (params, api) => {
      const p = data[params.dataIndex]!;
      if (typeof p.lo !== 'number') return null;
      const [left, y] = place(api, Math.max(p.lo, v.x.lo), p.y);
      const [right] = place(api, typeof p.hi === 'number' ? Math.min(p.hi, v.x.hi) : v.x.hi, p.y);
      if (!(right >= left)) return null;
      const [, band = 10] = api.size?.([0, 1]) as number[];
      const high = Math.min(18, Math.max(2, 0.72 * Math.abs(band)));
      return {
        type: 'rect',
        shape: { x: left, y: y - high / 2, width: Math.max(1, right - left), height: high },
        style: p.hollow ? { fill: 'none', stroke: color, lineWidth: 1.2 } : { fill: color },
      };
    }),
  ];
}

/** lyingBars go from the base of the x axis to x, in the row y. */
function lyingBars(v: Frame, i: number): SeriesOption[] {
  const color = colorOf(v.f, i, v.theme);
  const data = points(v.f.series[i]!);
  const base = v.f.x.base ?? 0;
  return [
    custom(`s${i}`, data.map((p) => [p.x, p.y]), (params, api) => {
      const p = data[params.dataIndex]!;
      const { from, left } = lies(v, i, p);
      const [start, y] = place(api, from, p.y);
      const [to] = place(api, p.x, p.y);
      const [zero] = place(api, base, p.y);
      const [, band = 20] = api.size?.([0, 1]) as number[];
      const high = Math.min(22, 0.62 * Math.abs(band));
      const out: Shape[] = [
        {
          type: 'rect',
          shape: { x: Math.min(start, to), y: y - high / 2, width: Math.max(1, Math.abs(to - start)), height: high },
          style: p.hollow || p.at_least ? { fill: 'none', stroke: color, lineWidth: 1.3, lineDash: [4, 3] } : { fill: color },
        },
      ];
      if (typeof p.lo === 'number' && typeof p.hi === 'number') {
        const [a] = place(api, Math.max(p.lo, v.x.lo), p.y);
        const [b] = place(api, Math.min(p.hi, v.x.hi), p.y);
        out.push(line(a, y, b, y, v.theme.ink), line(a, y - 4, a, y + 4, v.theme.ink), line(b, y - 4, b, y + 4, v.theme.ink));
      }
      const label = cleaned(p.label, 28);
      const at = left ? Math.min(to, zero) - 4 : Math.max(to, zero) + 4;
      // A label that has no room is in the tooltip and the table.
      const edge = left ? at - textWidth(label, v.theme.font) : at + textWidth(label, v.theme.font);
      const box = boxOf(params);
      if (label && edge >= box.x - 1 && edge <= box.x + box.width + 10) out.push(text(label, at, y, v, { align: left ? 'right' : 'left', verticalAlign: 'middle' }));
      return { type: 'group', children: out };
    }),
  ];
}

/**
 * lies says where a lying bar begins and whether its label is left of it. Of two bars of a row on
 * the same side of the base, the longer begins where the shorter ends, and the label of the shorter
 * stands beyond the base, where no bar is.
 */
function lies(v: Frame, i: number, p: Point): { from: number; left: boolean } {
  const base = v.f.x.base ?? 0;
  let from = base;
  let left = p.x < base;
  v.f.series.forEach((s, j) => {
    if (j === i || s.kind !== 'bar' || !v.shown(j)) return;
    for (const q of points(s)) {
      if (q.y !== p.y || (q.x - base) * (p.x - base) < 0) continue;
      const mine = Math.abs(p.x - base);
      const other = Math.abs(q.x - base);
      if (mine > other) from = q.x;
      else if (mine < other || j < i) left = q.x > base;
    }
  });
  return { from, left };
}

