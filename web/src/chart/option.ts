import type { Figure, Point } from '../data.ts';
import type { Theme } from '../theme.ts';
import { has, logAllowed, lying, nameRoom, points, scaleX, scaleY, type Range, type Scale } from './axes.ts';
import { bars, bins, spans, stacks } from './bars.ts';
import type { Option, SeriesOption } from './echarts.ts';
import type { Frame } from './frame.ts';
import { areas, band, intervals, limits } from './marks.ts';
import { dotOffset, labels } from './labels.ts';
import { colorOf, dashedOf, lineOf, shapeOf } from './palette.ts';
import { cleaned, fontSize, textWidth } from './text.ts';

/** What a reader has chosen. */
export interface Choice {
  logX: boolean;
  logY: boolean;
  hidden: ReadonlySet<number>; // series, by place
  zoom: Range | null; // of the x axis
}

/** initial is how a figure is shown first: as its axes say, but with no bars on a log scale. */
export function initial(f: Figure): Choice {
  return {
    logX: Boolean(f.x.log) && logAllowed(f, 'x'),
    logY: Boolean(f.y.log) && logAllowed(f, 'y'),
    hidden: new Set(),
    zoom: null,
  };
}

/** zoomable says whether a part of the x axis can be looked at. */
export function zoomable(f: Figure): boolean {
  return !f.x.categories?.length && (!lying(f) || has(f, 'span'));
}

/** heightOf is how high a figure is drawn at a width. */
export function heightOf(f: Figure, width: number): number {
  const rows = f.y.categories?.length ?? 0;
  if (rows) return Math.min(620, Math.max(160, 60 + rows * (has(f, 'span') ? 16 : 40)));
  const tall = has(f, 'front') ? 60 : 0;
  return Math.round(Math.min(360, Math.max(240, width * 0.6))) + tall;
}

/** frame works out scales and ticks for a place of a size. */
export function frame(f: Figure, theme: Theme, choice: Choice, width: number, height: number): Frame {
  const shown = (i: number) => !choice.hidden.has(lineOf(f, i));
  const zoom = zoomable(f) ? choice.zoom : null;
  const x = scaleX(f, choice.logX && logAllowed(f, 'x'), width - 70, zoom, shown);
  const y = scaleY(f, choice.logY && logAllowed(f, 'y'), height - 40, zoom, shown);
  return { f, theme, width, height, x, y, shown };
}

/** option is the drawing of a frame as the library takes it. */
export function option(v: Frame): Option {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: v.theme.font, fontSize, color: v.theme.ink },
    // What labels take is taken from the grid; on top and right they may reach into the margin.
    grid: { left: 4, right: 14, top: 12, bottom: 4, outerBoundsMode: 'auto', outerBounds: { left: 4, right: 0, top: 0, bottom: 4 }, outerBoundsContain: 'all' },
    xAxis: axis(v, v.x, true) as NonNullable<Option['xAxis']>,
    yAxis: axis(v, v.y, false) as NonNullable<Option['yAxis']>,
    series: [...areas(v), ...v.f.series.flatMap((_, i) => (v.shown(i) ? seriesOf(v, i) : [])), ...limits(v), ...labels(v)],
  };
}

function axis(v: Frame, s: Scale, horizontal: boolean): Record<string, unknown> {
  const names = horizontal ? v.f.x.categories : v.f.y.categories;
  const category = Boolean(names?.length);
  const text = new Map(s.ticks.map((t) => [t.value, t.label]));
  const at = s.ticks.map((t) => t.value);
  // The grid is at the values; of lying bars those are at the x axis.
  const lines = !category && horizontal === lying(v.f);
  return {
    type: s.log ? 'log' : 'value',
    min: s.lo,
    max: s.hi,
    inverse: !horizontal && category,
    axisLine: { show: horizontal || category, onZero: false, lineStyle: { color: v.theme.grid } },
    axisTick: { show: !category, customValues: at, lineStyle: { color: v.theme.grid } },
    minorTick: { show: false },
    splitLine: { show: lines, lineStyle: { color: v.theme.grid, width: 1 } },
    axisLabel: {
      customValues: at,
      color: v.theme.ink,
      fontSize,
      fontFamily: v.theme.font,
      formatter: (value: number) => text.get(value) ?? nearest(s, value),
      ...(category && nameLayout(v, names ?? [], horizontal)),
    },
  };
}

/** nearest is the label of a tick that the library hands back with another last digit. */
function nearest(s: Scale, value: number): string {
  const off = (at: number) => Math.abs(at - value);
  const t = s.ticks.reduce<Scale['ticks'][number] | undefined>((best, t) => (!best || off(t.value) < off(best.value) ? t : best), undefined);
  return t && off(t.value) <= 1e-6 * Math.max(Math.abs(t.value), Math.abs(value)) ? t.label : '';
}

/** nameLayout breaks names of categories into lines, or turns them where a word does not fit. */
function nameLayout(v: Frame, names: string[], horizontal: boolean): Record<string, unknown> {
  const text = names.map((n) => cleaned(n, 48));
  const formatter = (value: number) => (Number.isInteger(value) ? (text[value] ?? '') : '');
  if (!horizontal) {
    const dense = names.length > 24;
    return { formatter: dense ? thinned(text) : formatter, width: nameRoom(v.f, v.width), overflow: dense ? 'truncate' : 'break', lineHeight: 14 };
  }
  const room = (v.width - 80) / names.length - 6;
  const word = Math.max(...text.flatMap((n) => n.split(/\s+/)).map((w) => textWidth(w, v.theme.font)));
  if (word <= room) return { formatter, width: room, overflow: 'break', lineHeight: 15, interval: 0 };
  return { formatter: names.length > 24 ? thinned(text) : formatter, rotate: 38, width: 130, overflow: 'truncate', interval: 0 };
}

/** thinned leaves names out where not all of them fit. */
function thinned(names: string[]): (value: number) => string {
  const every = Math.ceil(names.length / 24);
  return (value) => (Number.isInteger(value) && value % every === 0 ? (names[value] ?? '') : '');
}

/** mostMarked points of a line are marked each: more would hide it. */
export const mostMarked = 16;

function seriesOf(v: Frame, i: number): SeriesOption[] {
  const s = v.f.series[i]!;
  switch (s.kind) {
    case 'bar':
      return bars(v, i);
    case 'stack':
      return stacks(v, i);
    case 'bins':
      return bins(v, i);
    case 'span':
      return spans(v, i);
    case 'band':
      return [band(v, i)];
    case 'step':
      return [path(v, i, { step: 'end', showSymbol: false }), quantiles(v, i)];
    case 'rule':
      return [path(v, i, { showSymbol: false })];
    case 'front':
      return [path(v, i, { step: 'start', showSymbol: true })];
    case 'dot':
      return dots(v, i);
    case 'line': {
      const few = points(s).length <= mostMarked;
      const banded = v.f.series.some((o) => o.kind === 'band' && o.role === s.role);
      const bounded = points(s).some((p) => p.lo !== undefined && p.hi !== undefined);
      return [
        ...(!few && bounded && !banded ? [band(v, i, `s${i}-band`)] : []),
        path(v, i, { showSymbol: few }),
        ...(few ? intervals(v, i) : []),
      ];
    }
  }
}

/** path is a line through points, or the steps of a distribution. No line joins a lower bound. */
function path(v: Frame, i: number, how: { step?: 'start' | 'end'; showSymbol: boolean }): SeriesOption {
  const s = v.f.series[i]!;
  const color = colorOf(v.f, i, v.theme);
  return {
    id: `s${i}`,
    type: 'line',
    silent: true,
    z: 3,
    symbol: shapeOf(v.f, i),
    symbolSize: 8,
    showSymbol: how.showSymbol,
    showAllSymbol: true,
    ...(how.step && { step: how.step }),
    lineStyle: { color, width: 2, type: dashedOf(v.f, i, v.theme) ? [7, 5] : 'solid' },
    itemStyle: { color },
    emphasis: { disabled: true },
    data: points(s).map((p) => ({ value: p.at_least ? [p.x, '-'] : [p.x, p.y], ...mark(p, color, v.theme) })),
  };
}

/** mark makes a point hollow that nothing rests on. */
function mark(p: Point, color: string, theme: Theme): object {
  return p.hollow ? { symbol: 'circle', itemStyle: { color: theme.card, borderColor: color, borderWidth: 1.6 } } : {};
}

/** quantiles are the points of a distribution that have a name. */
function quantiles(v: Frame, i: number): SeriesOption {
  const color = colorOf(v.f, i, v.theme);
  const named = points(v.f.series[i]!).filter((p) => p.label);
  return {
    id: `s${i}-quantiles`,
    type: 'scatter',
    silent: true,
    z: 4,
    symbol: 'circle',
    symbolSize: 8,
    itemStyle: { color },
    emphasis: { disabled: true },
    data: named.map((p) => ({ value: [p.x, p.y], ...mark(p, color, v.theme) })),
  };
}

/** dots are points on their own, those of several series at one category next to each other. */
function dots(v: Frame, i: number): SeriesOption[] {
  const s = v.f.series[i]!;
  const color = colorOf(v.f, i, v.theme);
  const offset = dotOffset(v, i);
  return [
    ...intervals(v, i, offset),
    {
      id: `s${i}`,
      type: 'scatter',
      silent: true,
      z: 4,
      symbol: shapeOf(v.f, i),
      symbolSize: 9,
      symbolOffset: [offset, 0],
      itemStyle: { color, opacity: points(s).length > 300 ? 0.5 : 1 },
      emphasis: { disabled: true },
      data: points(s).filter((p) => !p.at_least).map((p) => ({ value: [p.x, p.y], ...mark(p, color, v.theme) })),
    },
  ];
}
