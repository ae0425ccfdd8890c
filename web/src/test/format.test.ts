import { test } from 'node:test';
import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { count, number, tick, withUnit } from '../format.ts';
import { toNumber, type Axis, type Bound } from '../data.ts';

interface Vector {
  value: Bound;
  unit?: string;
  axis?: Axis;
  text: string;
}

test('numbers are written as Go writes them', () => {
  const vectors = JSON.parse(readFileSync('testdata/format.json', 'utf8')) as Vector[];
  const wrong: unknown[] = [];
  for (const { value, unit, axis, text } of vectors) {
    const v = toNumber(value);
    const got = axis ? tick(v, axis) : unit === 'number' ? number(v) : unit === 'count' ? count(v) : withUnit(v, unit?.slice('unit:'.length));
    if (got !== text) wrong.push({ value, unit, axis, text, got });
  }
  deepEqual(wrong, []);
});
