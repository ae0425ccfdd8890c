import { test } from 'node:test';
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Figure } from '../data.ts';
import { csvCell, csvOf, markdownCell, markdownOf, tableOf } from '../chart/table.ts';
import { within, scaled, moved } from '../chart/zoom.ts';
import { compareKeys, type Keyed } from '../ui/sortable.ts';
import { fileName } from '../ui/dom.ts';

const figures = JSON.parse(readFileSync('testdata/figures.json', 'utf8')) as Figure[];
const get = (id: string) => figures.find((f) => f.id === id)!;

test('the table behind a figure has its values and their bounds', () => {
  const t = tableOf(get('line'));
  equal(t.caption, 'Time to first token by load (simulated)');
  deepEqual(t.head, ['users at once', 'candidate p50: time to first token, ms', 'candidate p95: time to first token, ms', 'baseline p50: time to first token, ms']);
  deepEqual(t.rows.map((r) => r.map((c) => c.text))[3], ['32.0', '90.0 ms [80.0, 110] (hollow: nothing rests on it)', '–', '195 ms [180, 215]']);
  equal(t.rows[4]?.[1]?.text, 'at least 400 ms');
  const named = structuredClone(get('line'));
  named.series[0]!.points!.find((p) => p.at_least)!.label = '≥ 400';
  equal(tableOf(named).rows[4]?.[1]?.text, 'at least 400 ms', 'a bound is said once');
  equal(t.rows[4]?.[2]?.value, undefined, 'what is missing is no number');
});

test('every point of a figure is in its table and in its CSV', () => {
  for (const f of figures) {
    const n = f.series.filter((s) => s.kind !== 'band').reduce((sum, s) => sum + (s.points?.length ?? 0), 0);
    const t = tableOf(f);
    const cells = t.head[0] === 'series' ? t.rows.length : t.rows.reduce((sum, r) => sum + r.slice(1).filter((c) => c.value !== undefined).length, 0);
    equal(cells, n, f.id);
    const all = f.series.reduce((sum, s) => sum + (s.points?.length ?? 0), 0);
    equal(csvOf(f).trimEnd().split('\r\n').length - 1, all, f.id);
  }
});

test('a spreadsheet takes no text for a formula', () => {
  for (const bad of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1']) ok(/^"?'/.test(csvCell(bad)), bad);
  equal(csvCell(-1.5), '-1.5');
  equal(csvCell('a "b", c'), '"a ""b"", c"');
  equal(csvCell(undefined), '');
  const csv = csvOf(get('hostile'));
  for (const line of csv.trimEnd().split('\r\n')) ok(!/(^|,)"?[=@+]/.test(line), line);
});

test('Markdown gets no markup and no further cells from names', () => {
  equal(markdownCell('a|b\n<img src=x> [l](javascript:x) `c` \u202e'), 'a\\|b \\<img src=x\\> \\[l\\](javascript:x) \\`c\\`');
  const md = markdownOf(tableOf(get('hostile')));
  match(md, /^\*\*/);
  const widths = md.split('\n').filter((l) => l.startsWith('|')).map((l) => l.replaceAll('\\|', '').split('|').length);
  equal(new Set(widths).size, 1, md);
});

test('tables are sorted by value, and what is missing comes last both ways', () => {
  const keys: Keyed[] = [{ key: '9.0 ms', value: 9 }, { key: '–', value: null }, { key: '24 ms', value: 24 }, { key: '∞', value: Infinity }];
  const sorted = (descending: boolean) => [...keys].sort((a, b) => compareKeys(a, b, descending)).map((k) => k.key);
  deepEqual(sorted(false), ['9.0 ms', '24 ms', '∞', '–']);
  deepEqual(sorted(true), ['∞', '24 ms', '9.0 ms', '–']);
  const words: Keyed[] = ['tp10', 'tp2', 'Baseline'].map((key) => ({ key, value: null }));
  deepEqual([...words].sort((a, b) => compareKeys(a, b, false)).map((k) => k.key), ['Baseline', 'tp2', 'tp10']);
});

test('a zoom stays inside of the axis, and leaving it all the way is no zoom', () => {
  const whole = { lo: 0, hi: 100 };
  deepEqual(scaled({ lo: 40, hi: 60 }, 0.5, false, whole), { lo: 45, hi: 55 });
  equal(scaled({ lo: 0, hi: 100 }, 2, false, whole), null);
  deepEqual(moved({ lo: 80, hi: 95 }, 1, whole), { lo: 85, hi: 100 });
  deepEqual(within({ lo: -5, hi: 30 }, whole), { lo: 0, hi: 30 });
  const log = scaled({ lo: 1, hi: 10_000 }, 0.5, true, { lo: 1, hi: 10_000 })!;
  ok(Math.abs(log.lo - 10) < 1e-9 && Math.abs(log.hi - 1000) < 1e-6);
});

test('a file has a harmless name', () => {
  equal(fileName('../../etc/pass wd'), 'etc-pass-wd');
  equal(fileName('…'), 'figure');
});
