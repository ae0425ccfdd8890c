import type { Figure, Point } from '../data.ts';
import type { Theme } from '../theme.ts';
import type { Scale } from './axes.ts';
import type { ItemApi, ItemParams } from './echarts.ts';

/** A frame is all that a drawing depends on. */
export interface Frame {
  f: Figure;
  theme: Theme;
  width: number; // of the whole drawing, in pixels
  height: number;
  x: Scale;
  y: Scale;
  shown: (series: number) => boolean;
}

/** The rectangle of the axes, in pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** boxOf is the rectangle of the axes that an item is drawn in. */
export function boxOf(params: ItemParams): Box {
  return params.coordSys as unknown as Box;
}

/** place turns values into pixels. */
export function place(api: ItemApi, x: number, y: number): [number, number] {
  const [px = NaN, py = NaN] = api.coord([x, y]);
  return [px, py];
}

/** At a point, a mark may be moved to the side where several series share a category. */
export interface Marked {
  p: Point;
  offset: number;
}
