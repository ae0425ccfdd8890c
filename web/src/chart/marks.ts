import { toNumber, type Point } from '../data.ts';
import { has, points } from './axes.ts';
import type { ItemApi, RenderItem, SeriesOption } from './echarts.ts';
import { boxOf, place, type Box, type Frame } from './frame.ts';
import { colorOf, tint } from './palette.ts';
import { cleaned, fontSize, textWidth } from './text.ts';

// Marks that the library has no series for: whiskers, bounds, bands, limits, areas.

/** A shape of a drawing, as the library takes it. */
export interface Shape {
  type: 'rect' | 'line' | 'text' | 'polygon' | 'circle' | 'group';
  x?: number;
  y?: number;
  rotation?: number;
  shape?: Record<string, unknown>;
  style?: Record<string, unknown>;
  children?: Shape[];
}

/** custom is a series whose items are drawn by hand; what it returns is typed loosely by the library. */
export function custom(
  id: string,
  data: (number | string)[][],
  draw: (params: Parameters<RenderItem>[0], api: ItemApi) => Shape | null,
  z = 3,
  clip = true,
): SeriesOption {
  return { id, type: 'custom', data, clip, z, silent: true, animation: false, renderItem: draw as unknown as RenderItem };
}

/** single is a series of one item that is drawn by hand. */
export function single(id: string, v: Frame, draw: (box: Box, api: ItemApi) => Shape[], z: number, clip = true): SeriesOption {
  return custom(id, [[v.x.lo, v.y.lo]], (params, api) => ({ type: 'group', children: draw(boxOf(params), api) }), z, clip);
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, width = 1.2, dash?: number[]): Shape {
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: width, ...(dash && { lineDash: dash }) } };
}

interface Placed {
  align: 'left' | 'center' | 'right';
  verticalAlign: 'top' | 'middle' | 'bottom';
  color?: string;
  rotate?: boolean;
}

/** text is one line with a rim in the colour of the ground, so that it can be read across lines. */
export function text(words: string, x: number, y: number, v: Frame, how: Placed): Shape {
  return {
    type: 'text',
    x,
    y,
    ...(how.rotate && { rotation: Math.PI / 2 }),
    style: {
      text: words,
      fill: how.color ?? v.theme.ink,
      stroke: v.theme.card,
      lineWidth: 3,
      font: `${fontSize}px ${v.theme.font}`,
      align: how.align,
      verticalAlign: how.verticalAlign,
    },
  };
}

/** arrow points up from a lower bound: the value is there or above. */
export function arrow(x: number, y: number, color: string): Shape[] {
  return [line(x, y, x, y - 9, color, 1.4), line(x - 3.5, y - 5, x, y - 9, color, 1.4), line(x + 3.5, y - 5, x, y - 9, color, 1.4)];
}

/**
 * whisker draws the interval of a point at x and says where it ends on top. A bound at infinity
 * runs to the edge with an arrow; one that does not exist is not drawn.
 */
export function whisker(v: Frame, api: ItemApi, box: Box, p: Point, x: number, color: string): { shapes: Shape[]; top: number } {
  const [, at] = place(api, p.x, p.y);
  const shapes: Shape[] = [];
  let top = at;
  if (p.lo !== undefined) {
    const low = toNumber(p.lo);
    const y = low > v.y.lo ? place(api, p.x, low)[1] : box.y + box.height;
    shapes.push(line(x, at, x, y, color), line(x - 4, y, x + 4, y, color));
  }
  if (p.hi !== undefined) {
    const high = toNumber(p.hi);
    if (high === Infinity) {
      top = box.y + 10;
      shapes.push(line(x, at, x, top, color), ...arrow(x, top, color));
    } else {
      top = place(api, p.x, Math.min(high, v.y.hi))[1];
      shapes.push(line(x, at, x, top, color), line(x - 4, top, x + 4, top, color));
    }
  }
  return { shapes, top };
}

/** intervals are the whiskers, arrows and rings of a series of points. */
export function intervals(v: Frame, i: number, offset = 0): SeriesOption[] {
  const color = colorOf(v.f, i, v.theme);
  const data = points(v.f.series[i]!).filter((p) => p.at_least || p.lo !== undefined || p.hi !== undefined);
  if (!data.length) return [];
  return [
    custom(`s${i}-intervals`, data.map((p) => [p.x, p.y]), (params, api) => {
      const p = data[params.dataIndex]!;
      const [middle, y] = place(api, p.x, p.y);
      const x = middle + offset;
      if (!p.at_least) return { type: 'group', children: whisker(v, api, boxOf(params), p, x, color).shapes };
      const ring: Shape = { type: 'circle', shape: { cx: x, cy: y, r: 4 }, style: { fill: v.theme.card, stroke: color, lineWidth: 1.6 } };
      return { type: 'group', children: [...arrow(x, y - 4, color), ring] };
    }),
  ];
}

/** band is the area between the bounds of points. */
export function band(v: Frame, i: number, id = `s${i}`): SeriesOption {
  const inside = points(v.f.series[i]!).filter((p) => typeof p.lo === 'number' && typeof p.hi === 'number');
  const fill = colorOf(v.f, i, v.theme);
  return single(id, v, (_, api) => {
    const high = inside.map((p) => place(api, p.x, Number(p.hi)));
    const low = inside.map((p) => place(api, p.x, Math.max(Number(p.lo), v.y.log ? v.y.lo : -Infinity)));
    return inside.length > 1 ? [{ type: 'polygon', shape: { points: [...high, ...low.reverse()] }, style: { fill, opacity: tint } }] : [];
  }, 1);
}

/** areas are shaded parts of the x axis. */
export function areas(v: Frame): SeriesOption[] {
  const all = v.f.areas ?? [];
  if (!all.length) return [];
  return [
    single('areas', v, (box, api) =>
      all.flatMap((a): Shape[] => {
        const from = Math.max(a.from, v.x.lo);
        const to = Math.min(toNumber(a.to), v.x.hi);
        if (!(from < to)) return [];
        const [left] = place(api, from, v.y.lo);
        const [right] = place(api, to, v.y.lo);
        const fill = a.role === 'faint' ? v.theme.faint : (v.theme.parts[a.role === 'baseline' ? 1 : 0] ?? v.theme.accent);
        return [{ type: 'rect', shape: { x: left, y: box.y, width: right - left, height: box.height }, style: { fill, opacity: tint } }];
      }), 0),
  ];
}

/** limits are lines with their text: that of each upright one is a line lower than the one before. */
export function limits(v: Frame): SeriesOption[] {
  const all = v.f.limits ?? [];
  if (!all.length) return [];
  const color = v.theme.limit;
  const dash = [6, 4];
  return [
    single('limits', v, (box, api) => {
      let upright = 0;
      return all.flatMap((l): Shape[] => {
        const label = cleaned(l.label, 40);
        if (l.vertical) {
          const n = upright++;
          if (l.value < v.x.lo || l.value > v.x.hi) return [];
          const [x] = place(api, l.value, v.y.lo);
          // Distributions are high on the right, costs are low on the left: the text is where lines are not.
          const y = has(v.f, 'step') ? box.y + box.height - 16 - 15 * n : box.y + 4 + 15 * n;
          const fits = x + textWidth(label, v.theme.font) + 8 < box.x + box.width;
          return [
            line(x, box.y, x, box.y + box.height, color, 1.3, dash),
            text(label, fits ? x + 4 : x - 4, y, v, { align: fits ? 'left' : 'right', verticalAlign: 'top', color }),
          ];
        }
        if (l.value < v.y.lo || l.value > v.y.hi) return [];
        const [, y] = place(api, v.x.lo, l.value);
        const above = y - 20 > box.y;
        const words = (x: number, align: 'left' | 'right') => text(label, x, above ? y - 5 : y + 5, v, { align, verticalAlign: above ? 'bottom' : 'top', color });
        if (!l.only?.length) return [line(box.x, y, box.x + box.width, y, color, 1.3, dash), words(box.x + box.width - 3, 'right')];
        return l.only.flatMap((at, k) => {
          const [left] = place(api, at - 0.46, l.value);
          const [right] = place(api, at + 0.46, l.value);
          const wide = textWidth(label, v.theme.font);
          const start = Math.max(box.x, Math.min(left, box.x + box.width - wide - 3));
          return [line(left, y, right, y, color, 1.3, dash), ...(k === 0 ? [words(start, 'left')] : [])];
        });
      });
    }, 6, false),
  ];
}
