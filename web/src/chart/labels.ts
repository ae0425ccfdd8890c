import type { Point } from '../data.ts';
import { lying, points } from './axes.ts';
import type { ItemApi, SeriesOption } from './echarts.ts';
import { place, type Box, type Frame } from './frame.ts';
import { single, text, type Shape } from './marks.ts';
import { cleaned, textWidth } from './text.ts';

// Names next to points, where there is room for them.

/** dotOffset sets the dots of several series at one category next to each other. */
export function dotOffset(v: Frame, i: number): number {
  if (!v.f.x.categories?.length || v.f.series[i]?.kind !== 'dot') return 0;
  const all = v.f.series.flatMap((o, j) => (o.kind === 'dot' && v.shown(j) ? [j] : []));
  return 12 * (all.indexOf(i) - (all.length - 1) / 2);
}

interface Taken {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** labels name points, those of the last series first, where they fit. */
export function labels(v: Frame): SeriesOption[] {
  const kinds = ['bar', 'span', 'bins', 'stack'];
  const named = v.f.series.flatMap((s, i) => (kinds.includes(s.kind) || !v.shown(i) ? [] : points(s).filter((p) => p.label).map((p) => ({ p, s, i }))));
  if (!named.length || lying(v.f)) return [];
  return [
    single('labels', v, (box, api) => {
      const r = 5;
      const taken: Taken[] = [];
      v.f.series.forEach((s, i) => {
        if (!v.shown(i) || points(s).length > 200) return;
        if (s.kind === 'step') taken.push(...steps(api, points(s)));
        for (const p of s.kind === 'step' ? points(s).filter((p) => p.label) : points(s)) {
          const [x, y] = place(api, p.x, p.y);
          const at = x + dotOffset(v, i);
          taken.push({ left: at - r, top: y - r - (p.at_least ? 10 : 0), right: at + r, bottom: y + r });
        }
        if (s.kind === 'line' && points(s).length <= 16) taken.push(...along(api, points(s)));
        if (s.kind === 'front') taken.push(...stairs(api, points(s)));
      });
      return named.reverse().flatMap(({ p, s, i }): Shape[] => {
        if (p.x < v.x.lo || p.x > v.x.hi) return [];
        const words = cleaned(p.label, 28);
        const [x, y] = place(api, p.x, p.y);
        const at = free(box, taken, x + dotOffset(v, i), y, textWidth(words, v.theme.font));
        if (!at) return [];
        taken.push(at);
        return [text(words, at.left, at.top, v, { align: 'left', verticalAlign: 'top', ...(s.role === 'faint' && { color: v.theme.soft }) })];
      });
    }, 5, false),
  ];
}

/** along are places that a line runs through. */
function along(api: ItemApi, line: Point[]): Taken[] {
  return line.slice(1).flatMap((p, i): Taken[] => {
    const [x0, y0] = place(api, line[i]!.x, line[i]!.y);
    const [x1, y1] = place(api, p.x, p.y);
    const n = Math.min(60, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 8));
    return Array.from({ length: n }, (_, k) => {
      const [x, y] = [x0 + ((x1 - x0) * k) / n, y0 + ((y1 - y0) * k) / n];
      return { left: x - 2, right: x + 2, top: y - 2, bottom: y + 2 };
    });
  });
}

/** steps are where those of a distribution run: first on, then up. */
function steps(api: ItemApi, curve: Point[]): Taken[] {
  return curve.slice(1).flatMap((p, i): Taken[] => {
    const [x0, y0] = place(api, curve[i]!.x, curve[i]!.y);
    const [x1, y1] = place(api, p.x, p.y);
    return [
      { left: x0, right: x1, top: y0 - 2, bottom: y0 + 2 },
      { left: x1 - 2, right: x1 + 2, top: Math.min(y0, y1), bottom: Math.max(y0, y1) },
    ];
  });
}

/** stairs are where the steps of a front run: first up or down, then on. */
function stairs(api: ItemApi, front: Point[]): Taken[] {
  return front.slice(1).flatMap((p, i): Taken[] => {
    const [x0, y0] = place(api, front[i]!.x, front[i]!.y);
    const [x1, y1] = place(api, p.x, p.y);
    return [
      { left: x0 - 2, right: x0 + 2, top: Math.min(y0, y1), bottom: Math.max(y0, y1) },
      { left: Math.min(x0, x1), right: Math.max(x0, x1), top: y1 - 2, bottom: y1 + 2 },
    ];
  });
}

/** free finds a place next to a point for a label of some width. */
function free(box: Box, taken: Taken[], x: number, y: number, width: number): Taken | null {
  const gap = 7;
  const high = 14;
  for (const [left, top] of [
    [x + gap, y - high / 2], [x + gap, y - high - 4], [x - gap - width, y + 4], [x - width / 2, y - gap - high],
    [x - width / 2, y + gap], [x - gap - width, y - high / 2], [x + gap, y + 4], [x - gap - width, y - high - 4],
  ] as const) {
    const b = { left, top, right: left + width, bottom: top + high };
    const inside = b.left >= box.x && b.right <= box.x + box.width && b.top >= box.y - 4 && b.bottom <= box.y + box.height;
    if (inside && !taken.some((o) => b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom)) return b;
  }
  return null;
}
