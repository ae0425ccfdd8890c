import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nice } from '../live/chart.ts';
import { type Cell, type Event, type Now, duration, left, news, progressOf, where } from '../live/words.ts';

const now: Now = { at: 1, cell: 'load-candidate', target: 'candidate', load: '4 users', phase: 'measured', in_flight: 4, due: 44, ended: 40, total: 100, step: 1, steps: 3 };
function underWay(now: Now): Cell {
  return { cell: now.cell ?? '', now, window: { ok: 0, failed: 0 }, measured: { ok: 0, failed: 0 } };
}
const event: Event = { id: 'r', state: 'running', at_s: 75, cells: [underWay(now)], ended: 0, failed: 0, folder: 'runs/r', now };

test('durations', () => {
  for (const [s, want] of [[0, '0 s'], [59.4, '59 s'], [60, '1 min'], [185, '3 min 5 s'], [7800, '2 h 10 min'], [7200, '2 h'], [-3, '0 s']] as const) {
    assert.equal(duration(s), want);
  }
});

test('what changes seldom has no figures that change', () => {
  const later: Event = { ...event, at_s: 76, cells: [underWay({ ...now, ended: 55, in_flight: 3 })] };
  assert.equal(news(later), news(event));
  assert.equal(news(event), 'Measuring candidate (4 users), step 1 of 3.');
  const both: Event = { ...event, cells: [underWay(now), underWay({ ...now, target: 'baseline', phase: 'warmup' })] };
  assert.equal(news(both), 'Measuring candidate (4 users); warming up baseline (4 users), step 1 of 3.');
});

test('every state has its words', () => {
  assert.equal(news({ ...event, state: 'starting' }), 'The run is starting.');
  assert.match(news({ ...event, state: 'ended', status: 'complete' }), /ended: complete\. Its report is being written/);
  assert.match(news({ ...event, state: 'broken off' }), /--resume runs\/r/);
  assert.equal(news({ ...event, cells: [], now: { at: 1, waiting: 'the report', in_flight: 0, due: 0, ended: 0 } }), 'The run waits: the report.');
});

test('what is not known is missing', () => {
  assert.equal(left(now), '–');
  assert.equal(left({ ...now, left_s: 61 }), '1 min 1 s');
  assert.equal(progressOf({ ...now, phase: 'warmup' }), undefined);
  const { total: _, ...endless } = now;
  assert.equal(progressOf(endless), undefined);
  assert.equal(progressOf(now), 0.4);
  assert.match(where(now), /^Cell load-candidate: 40 of 100 requests have ended, 44 have come due\./);
});

test('axes end at round numbers', () => {
  for (const [v, want] of [[0, 1], [1, 1], [1.2, 2], [4.9, 5], [5.1, 10], [0.03, 0.05], [99, 100]] as const) assert.ok(Math.abs(nice(v) - want) < 1e-9);
});
