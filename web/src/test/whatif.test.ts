import { test } from 'node:test';
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ask, commandLine, listed, winsText, yearText } from '../whatif/question.ts';
import { Refusal, type Answer, type Inputs, type Stated } from '../whatif/types.ts';

interface Vector {
  name: string;
  inputs: Inputs;
  stated: Stated;
  command: string;
  answer?: Answer & { inputs: unknown; scenario: unknown };
  year?: string;
  wins_text?: string;
  error?: string;
}

/** differences are where two values are not equal within 1e-9; what Go leaves out is 0 or empty. */
function differences(got: unknown, want: unknown, at = ''): string[] {
  const nothing = (v: unknown) => v === undefined || v === null || v === 0 || v === '' || (Array.isArray(v) && v.length === 0);
  if (nothing(got) && nothing(want)) return [];
  if (typeof got === 'number' && typeof want === 'number') {
    return Math.abs(got - want) <= 1e-9 * Math.abs(want) ? [] : [`${at}: ${got}, want ${want}`];
  }
  if (typeof got === 'object' && typeof want === 'object' && got && want) {
    const [g, w] = [got as Record<string, unknown>, want as Record<string, unknown>];
    return [...new Set([...Object.keys(g), ...Object.keys(w)])].flatMap((key) => differences(g[key], w[key], at + '.' + key));
  }
  return got === want ? [] : [`${at}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`];
}

test('the sliders say what the command says', () => {
  const vectors = JSON.parse(readFileSync('testdata/whatif.json', 'utf8')) as Vector[];
  ok(vectors.length >= 200);
  const wrong: string[] = [];
  for (const v of vectors) {
    if (commandLine(v.inputs.run, v.stated) !== v.command) wrong.push(`${v.name}: ${commandLine(v.inputs.run, v.stated)}, want ${v.command}`);
    try {
      const { question, answer } = ask(v.inputs, v.stated);
      if (!v.answer) {
        wrong.push(`${v.name}: an answer, want ${v.error}`);
        continue;
      }
      const { inputs, scenario, ...want } = v.answer;
      wrong.push(
        ...differences(answer, want, v.name),
        ...differences(question.scenario, scenario, v.name + ' scenario'),
        ...differences(listed(question), inputs, v.name + ' inputs'),
        ...differences(yearText(answer), v.year, v.name + ' year'),
        ...differences(winsText(answer), v.wins_text, v.name + ' wins'),
      );
    } catch (err) {
      if (!(err instanceof Refusal)) throw err;
      wrong.push(...differences(err.message, v.error, v.name + ' error'));
    }
  }
  deepEqual(wrong, []);
});
