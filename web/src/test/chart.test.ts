import { test } from 'node:test';
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Figure } from '../data.ts';
import type { Theme } from '../theme.ts';
import { logAllowed, logValues, roundValues } from '../chart/axes.ts';
import { frame, heightOf, initial, option, zoomable, type Choice } from '../chart/option.ts';
import { drawn, svgOf } from '../chart/picture.ts';
import { readAt, stops } from '../chart/reading.ts';

export const figures = JSON.parse(readFileSync('testdata/figures.json', 'utf8')) as Figure[];
const get = (id: string): Figure => {
  const f = figures.find((o) => o.id === id);
  if (!f) throw new Error(`testdata/figures.json has no ${id}`);
  return structuredClone(f);
};

const theme: Theme = {
  dark: false, background: '#ffffff', card: '#f8fafc', ink: '#111111', soft: '#555555', grid: '#dddddd', accent: '#0000ff', ok: '#00aa00', bad: '#aa0000',
  faint: '#999999', limit: '#dd0000', parts: ['#000001', '#000002', '#000003', '#000004', '#000005', '#000006'], font: 'sans-serif',
};
const draw = (f: Figure, choice: Partial<Choice> = {}, width = 640) => drawn(f, theme, { ...initial(f), ...choice }, width, heightOf(f, width));
const fills = (svg: string, color: string) => svg.split(`fill="${color}"`).length - 1;
const strokes = (svg: string, color: string) => svg.split(`stroke="${color}"`).length - 1;

test('every kind of figure is drawn at the width of a phone and of a screen', () => {
  const kinds = new Set(figures.flatMap((f) => f.series.map((s) => s.kind)));
  deepEqual([...kinds].sort(), ['band', 'bar', 'bins', 'dot', 'front', 'line', 'rule', 'span', 'stack', 'step']);
  for (const f of figures) {
    for (const width of [300, 640, 1600]) {
      const svg = draw(f, {}, width);
      match(svg, /^<svg /, f.id);
      doesNotMatch(svg, /NaN|Infinity|undefined/, `${f.id} at ${width}`);
    }
  }
});

test('no text of a chart is smaller than 12 pixels', () => {
  for (const f of figures) {
    for (const svg of [draw(f, {}, 300), svgOf(f, theme, initial(f))]) {
      for (const [, size] of svg.matchAll(/font-size[:=]"?(\d+(?:\.\d+)?)/g)) ok(Number(size) >= 12, `${f.id}: ${size}`);
    }
  }
});

test('bars are never on a logarithmic axis, whatever the figure asks for', () => {
  for (const id of ['bars', 'stack', 'bins']) {
    const f = get(id);
    f.y.log = true;
    equal(logAllowed(f, 'y'), false, id);
    const v = frame(f, theme, { ...initial(f), logY: true }, 640, 300);
    deepEqual([v.y.log, v.y.lo <= 0], [false, true], id);
  }
  equal(logAllowed(get('line'), 'y'), true);
  equal(logAllowed(get('step'), 'y'), false, 'a share');
  equal(logAllowed(get('band'), 'x'), false, 'zero has no place on it');
});

test('bars begin at their base and are as long as their value', () => {
  const f = get('bars');
  f.series = [{ name: 'a', role: 'candidate', kind: 'bar', points: [{ x: 0, y: 40 }, { x: 1, y: 80 }] }];
  f.limits = [];
  const heights = [...draw(f).matchAll(/<path d="M[\d.]+ ([\d.]+)l[\d.]+ 0l0 ([\d.]+)[^>]*fill="#000001"/g)].map((m) => Number(m[2]));
  equal(heights.length, 2);
  ok(Math.abs(heights[1]! / heights[0]! - 2) < 0.02, String(heights));
});

test('a lower bound is an arrow that no line joins, a spoilt value is hollow', () => {
  const f = get('line');
  f.series = [{ name: 'a', role: 'candidate', kind: 'line', points: [{ x: 1, y: 10 }, { x: 8, y: 20, hollow: true }, { x: 16, y: 30, at_least: true }] }];
  const series = option(frame(f, theme, initial(f), 640, 300)).series as { id: string; data: { value: unknown[]; itemStyle?: { color: string } }[] }[];
  const line = series.find((s) => s.id === 's0');
  deepEqual(line?.data.map((d) => d.value), [[1, 10], [8, 20], [16, '-']]);
  deepEqual(line?.data.map((d) => d.itemStyle?.color), [undefined, theme.card, undefined]);
  ok(series.some((s) => s.id === 's0-intervals'), 'the arrow');
  const bar = get('bars');
  bar.series = [{ name: 'a', role: 'candidate', kind: 'bar', points: [{ x: 0, y: 40, at_least: true }] }];
  const svg = draw(bar);
  equal(fills(svg, '#000001'), 0, 'a bound is no filled bar');
  match(svg, /≥ 40\.0/);
});

test('an interval without an upper bound runs to the edge, and one that does not exist is not drawn', () => {
  const count = (p: object) => {
    const f = get('line');
    f.limits = [];
    f.series = [{ name: 'a', role: 'candidate', kind: 'line', points: [{ x: 1, y: 10, ...p }, { x: 8, y: 12 }] }];
    return strokes(draw(f), '#000001');
  };
  const none = count({});
  equal(count({ lo: 9 }) - none, 2, 'line and cap');
  equal(count({ lo: 9, hi: 11 }) - none, 4);
  equal(count({ lo: 9, hi: 'inf' }) - none, 6, 'line, cap, line, arrow');
});

test('stacks add up, and the sum is on top', () => {
  const f = get('stack');
  const svg = draw(f);
  match(svg, /\$0\.523/);
  match(svg, /\$1\.80/);
  const part = draw(f, { hidden: new Set([3]) });
  match(part, /\$0\.60/);
  doesNotMatch(part, /\$1\.80/, 'what is hidden is not in the sum');
});

test('a series that is hidden is not drawn, and its band goes with it', () => {
  const f = get('band');
  const all = fills(draw(f), '#000001');
  const some = draw(f, { hidden: new Set([1]) });
  ok(fills(some, '#000001') < all);
  equal(strokes(some, '#000001'), 0);
});

test('limits have their names, and a zoom has only what is in it', () => {
  match(draw(get('step')), /ttft\.p95&lt;100ms/);
  doesNotMatch(draw(get('step'), { zoom: { lo: 5, hi: 50 } }), /ttft\.p95/);
  const v = frame(get('band'), theme, { ...initial(get('band')), zoom: { lo: 10, hi: 30 } }, 640, 300);
  deepEqual([v.x.lo, v.x.hi], [10, 30]);
  deepEqual(figures.filter(zoomable).map((f) => f.id), ['line', 'band', 'span', 'step', 'dot', 'front', 'bins', 'volume', 'empty']);
});

test('hostile text stays text in drawings', () => {
  const f = get('hostile');
  for (const svg of [draw(f), svgOf(f, theme, initial(f))]) {
    doesNotMatch(svg, /<img|<\/script|<a[ >]/i);
    doesNotMatch(svg, /\u202e/);
    match(svg, /&lt;img/);
  }
  const long = { ...f, title: '<b>'.repeat(400_000), series: [{ ...f.series[0]!, name: 'x'.repeat(1_000_000) }] };
  ok(svgOf(long, theme, initial(long)).length < 60_000);
});

test('a picture to take away bears title, evidence, legend and note', () => {
  const svg = svgOf(get('line'), theme, initial(get('line')));
  for (const words of ['Time to first token by load', 'simulated', 'candidate p95', 'time to first token, ms', 'users at once', 'hollow: a check spoils it']) ok(svg.includes(words), words);
});

test('ticks are round and inside of the axis', () => {
  deepEqual(roundValues({ lo: 0, hi: 47 }, 6), [0, 10, 20, 30, 40]);
  deepEqual(roundValues({ lo: -0.3, hi: 0.3 }, 6), [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  deepEqual(logValues({ lo: 15, hi: 800 }, 8), [20, 50, 100, 200, 500]);
  deepEqual(logValues({ lo: 0.5, hi: 2e6 }, 5), [1, 100, 10_000, 1_000_000]);
  deepEqual(logValues({ lo: 528, hi: 545 }, 6), [530, 535, 540, 545]);
});

test('what a chart says is read off the figure', () => {
  const everything = () => true;
  const at = (x: number, y = 0) => ({ x, y, near: (p: { x: number; y: number }) => Math.abs(p.x - x) + Math.abs(p.y - y) });
  deepEqual(readAt(get('line'), at(7), everything), {
    title: 'users at once: 8.00',
    x: 8,
    rows: [
      { series: 0, name: 'candidate p50', value: '31.0 ms [29.0, 34.0]' },
      { series: 1, name: 'candidate p95', value: '60.0 ms [50.0, ∞]' },
      { series: 2, name: 'baseline p50', value: '190 ms [181, 205]' },
    ],
  });
  deepEqual(readAt(get('line'), at(64), (i) => i === 0)?.rows.map((r) => r.value), ['at least 400 ms']);
  const bars = readAt(get('bars'), at(1.2), everything);
  deepEqual([bars?.title, bars?.rows.map((r) => r.value)], ['structure', ['75.5 points [72.5, 78.5]', 'at least 70.0 points']]);
  const step = readAt(get('step'), at(1), everything);
  deepEqual(step?.rows.map((r) => r.value), ['0 %', '0 %'], 'nothing took less');
  deepEqual(readAt(get('span'), at(6, 0), everything)?.rows, [{ series: 1, name: 'prefill', value: '4.00 s to 7.00 s' }]);
  equal(readAt(get('empty'), at(1), everything), null);
  deepEqual(stops(get('line'), everything).map((s) => s.x), [1, 8, 16, 32, 64]);
});

test('the percentiles of a distribution are marked, and hollow where they are no estimate', () => {
  const f = get('step');
  const bare = draw(f);
  const points = f.series[0]!.points!;
  points[10]!.label = 'p50 15 ms';
  points[90]!.label = '~p95 30 ms';
  points[90]!.hollow = true;
  const svg = draw(f);
  const color = theme.parts[0]!;
  equal(fills(svg, color) - fills(bare, color), 1, 'one mark is full');
  equal(fills(svg, theme.card) - fills(bare, theme.card) >= 1, true, 'one is hollow');
  match(svg, /p50 15 ms/);
});

test('a further target has the colour of its place in the run', () => {
  const f = get('line');
  for (const s of f.series) [s.role, s.place] = ['further', 2];
  const svg = draw(f);
  ok(strokes(svg, theme.parts[3]!) > 0);
  equal(strokes(svg, theme.parts[2]!), 0);
  equal(strokes(svg, theme.parts[4]!), 0);
});
