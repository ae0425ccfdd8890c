// From what a run found and what somebody states to an answer: a port of Go's
// cost.Question and cost.WhatIf. testdata/whatif.json, which a Go test makes from the
// command's own output, holds both equal.
import { count, usd } from '../format.ts';
import { toNumber } from '../data.ts';
import { fields, get, instead, put } from './fields.ts';
import { apiRequest, cheaper, mostVolume, ratio, rps, scales, sides } from './fleet.ts';
import { decimal, goValue, replicas, short, significant } from './text.ts';
import { questionOf, Refusal, type Answer, type Inputs, type Price, type Question, type Scenario, type Stated, type Tier } from './types.ts';

export interface Asked {
  question: Question;
  answer: Answer;
}

/** ask answers a question with what is stated in the place of the run's numbers. It throws a Refusal. */
export function ask(inputs: Inputs, stated: Stated): Asked {
  const q = questionOf(inputs);
  for (const [a, b] of [['utilization', 'peak-to-mean'], ['tokens-per-second', 'requests-per-second']] as const) {
    if (a in stated && b in stated) throw new Refusal(`--${a} and --${b} say the same thing in two ways: give one of them`);
  }
  const u = stated['utilization'];
  if (u !== undefined && !(u > 0 && u <= 1)) {
    throw new Refusal(`--utilization ${goValue(u)}: must be greater than 0 and at most 1, as in 0.4 for 40 %`);
  }
  lengths(q, stated);
  state(q, stated);
  return { question: q, answer: whatIf(q.scenario) };
}

/** commandLine is the command that gives the same answer. */
export function commandLine(run: string, stated: Stated): string {
  const flags = Object.entries(stated).map(([flag, v]) => ` --${flag} ${decimal(v)}`);
  return `inferometer cost whatif ${/^[\w.-]+$/.test(run) ? 'runs/' + run : 'RUN'}${flags.join('')}`;
}

function tierOf(tiers: Tier[], input: number): number {
  let at = 0;
  tiers.forEach((t, i) => {
    if (Math.trunc(input) > t.above) at = Math.max(at, i);
  });
  return at;
}

/** What one request of the mean length costs, in whole tokens. */
function request(tiers: Tier[], s: Scenario): number {
  const at = tiers[tierOf(tiers, s.api.input_tokens)];
  if (!at) return 0;
  const input = Math.trunc(s.api.input_tokens);
  const cached = Math.trunc(s.api.input_tokens * s.api.cached_share);
  return ((input - cached) * at.input) / 1e6 + (cached * (at.cached ?? at.input)) / 1e6 + (Math.trunc(s.api.output_tokens) * at.output) / 1e6;
}

function batch(q: Question, p: Price, from: string): void {
  const usual = request(p.tiers, q.scenario);
  if (p.batch?.length && usual > 0) {
    q.scenario.api.batch_factor = request(p.batch, q.scenario) / usual;
    q.from['api.batch_factor'] = from;
  }
}

/**
 * lengths takes the length of a request from what is stated. A replica carries fewer
 * requests that are longer, in proportion, and no more that are shorter.
 */
function lengths(q: Question, stated: Stated): void {
  const { own, api } = q.scenario;
  let longer = 1;
  const before = api.input_tokens;
  for (const [flag, key] of [['input-tokens', 'input_tokens'], ['output-tokens', 'output_tokens']] as const) {
    const n = stated[flag];
    if (n === undefined) continue;
    if (own[key] > 0) longer = Math.max(longer, n / own[key]);
    own[key] = n;
    api[key] = n;
  }
  if (own.requests_per_second > 0 && longer > 1) {
    own.requests_per_second /= longer;
    q.from['own.requests_per_second'] = `${q.from['own.requests_per_second'] ?? ''}, scaled down by ${significant(longer, 4)} for the length of the requests`;
  }
  const p = q.price;
  const changed = 'input-tokens' in stated || 'output-tokens' in stated;
  if (!changed || !p || !q.from['api.input']) return;
  const at = tierOf(p.tiers, api.input_tokens);
  if (at === 0 && tierOf(p.tiers, before) === 0) return;
  const t = p.tiers[at];
  if (!t) return;
  Object.assign(api, { input: t.input, cached: t.cached, output: t.output, surcharge: 0, batch_factor: 0 });
  for (const f of ['api.input', 'api.cached', 'api.output']) q.from[f] = p.long_context_from;
  batch(q, p, p.long_context_from);
}

/** state replaces what is stated, and fills what one side knows and the other lacks. */
function state(q: Question, stated: Stated): void {
  for (const f of fields) {
    const v = f.flag ? stated[f.flag] : undefined;
    if (v === undefined) continue;
    if (f.whole && !Number.isInteger(v)) throw new Refusal(`--${f.flag} ${goValue(v)}: must be a whole number`);
    put(q.scenario, f.name, v);
    q.from[f.name] = '--' + f.flag;
    const other = instead[f.name];
    if (other) {
      put(q.scenario, other, 0);
      delete q.from[other];
    }
  }
  const api = q.scenario.api;
  const input = 'input-price' in stated;
  const output = 'output-price' in stated;
  if (input && output) {
    // A price of one's own has no tiers.
    api.surcharge = 0;
    api.batch_factor = 0;
    if (!('cached-price' in stated)) api.cached = undefined;
  }
  if ((stated['batch-share'] ?? 0) !== 0 && api.batch_factor === 0) {
    if (q.price && !input && !output) batch(q, q.price, q.price.batch_from);
    if (api.batch_factor === 0) {
      throw new Refusal('--batch-share: what the API charges for a batch is unknown: name a model that has a price for it (--price, inferometer prices show), or set cost.batch_factor in the plan');
    }
  }
  complete(q);
}

function complete(q: Question): void {
  const { own, api } = q.scenario;
  for (const [to, from, side, of] of [[own, api, 'own', 'at the API'], [api, own, 'api', 'on own machines']] as const) {
    for (const key of ['input_tokens', 'output_tokens'] as const) {
      if (to[key] === 0 && from[key] > 0) {
        to[key] = from[key];
        q.from[`${side}.${key}`] = 'as ' + of;
      }
    }
  }
  q.from['api.cached_share'] ||= 'assumed';
  const missing: string[] = [];
  const example: string[] = [];
  const lacks = (yes: boolean, flags: string, such: string) => {
    if (!yes) return;
    missing.push(flags);
    example.push(such);
  };
  const s = q.scenario;
  const unknown = (field: string) => !q.from[field];
  lacks(s.monthly_requests === 0 && unknown('monthly_requests'), '--monthly-requests', '--monthly-requests 3M');
  lacks(s.utilization === 0 && s.peak_to_mean === 0 && unknown('utilization') && unknown('peak_to_mean'), '--utilization or --peak-to-mean', '--utilization 0.4');
  lacks(unknown('own.usd_per_hour'), '--accelerator or --usd-per-hour', '--accelerator h100');
  lacks(own.requests_per_second === 0 && own.tokens_per_second === 0, '--tokens-per-second or --requests-per-second', '--tokens-per-second 2500');
  lacks(unknown('api.input') || unknown('api.output'), '--price, or --input-price and --output-price', '--price gpt-5-mini');
  lacks(api.input_tokens + api.output_tokens === 0, '--input-tokens and --output-tokens', '--input-tokens 256 --output-tokens 64');
  if (missing.length > 0) {
    throw new Refusal(`the run does not say all that the answer needs; add ${missing.join(', ')}; for example: inferometer cost whatif RUN ${example.join(' ')}`);
  }
}

/** listed are the numbers of a question that are known. */
export function listed(q: Question): { name: string; value: string; from: string }[] {
  const out = [];
  for (const f of fields) {
    const v = get(q.scenario, f.name);
    if (v !== undefined && (v !== 0 || f.always || f.name === 'api.cached') && !(f.name === 'api.cached' && v === 0)) {
      out.push({ name: f.label, value: f.text(v), from: q.from[f.name] ?? '' });
    }
  }
  return out;
}

/** whatIf answers a question in numbers. */
export function whatIf(s: Scenario): Answer {
  check(s);
  const { own, api } = sides(s);
  const mine = own.month(s.monthly_requests);
  const theirs = api.month(s.monthly_requests);
  const most = 2147483647;
  const a: Answer = {
    replicas: Math.min(mine.replicas, most), accelerators: Math.min(mine.accelerators, most), utilization: mine.utilization,
    own_month: mine.usd, api_month: theirs.usd, own_per_request: mine.usd / s.monthly_requests, api_per_request: theirs.usd / s.monthly_requests,
    own_per_mtok: 0, api_per_mtok: 0, own_tokens_per_usd: 0, api_tokens_per_usd: 0,
    savings_month: theirs.usd - mine.usd, savings_percent: (100 * (theirs.usd - mine.usd)) / theirs.usd, savings_year: 0,
    ...cheaper(own, api), text: '',
  };
  const mineTokens = s.own.input_tokens + s.own.output_tokens;
  const theirTokens = s.api.input_tokens + s.api.output_tokens;
  a.own_per_mtok = ratio(a.own_per_request * 1e6, mineTokens);
  a.own_tokens_per_usd = ratio(mineTokens, a.own_per_request);
  a.api_per_mtok = ratio(a.api_per_request * 1e6, theirTokens);
  a.api_tokens_per_usd = ratio(theirTokens, a.api_per_request);
  for (let month = 0; month < 12; month++) {
    const v = s.monthly_requests * Math.pow(1 + s.growth, month);
    a.savings_year += api.month(v).usd - own.month(v).usd;
  }
  a.text = `${count(s.monthly_requests)} requests per month cost ${usd(mine.usd)} on own machines (${replicas(mine.replicas)}, busy ${short(100 * mine.utilization)} % of the time) and ${usd(theirs.usd)} at the API: `;
  if (a.savings_month > 0) a.text += `own machines save ${usd(a.savings_month)} per month (${short(a.savings_percent)} %).`;
  else if (a.savings_month < 0) a.text += `own machines cost ${usd(-a.savings_month)} more per month.`;
  else a.text += 'the same.';
  return a;
}

/** yearText says what the first year costs, with growth; '' where it costs the same. */
export function yearText(a: Answer): string {
  if (a.savings_year > 0) return `In the first year own machines save ${usd(a.savings_year)}.`;
  if (a.savings_year < 0) return `In the first year own machines cost ${usd(-a.savings_year)} more.`;
  return '';
}

/** winsText says at which volumes own machines are cheaper. */
export function winsText(a: Answer): string {
  if (a.wins.length === 0) return 'Own machines are cheaper at no volume with these numbers.';
  const most = 4;
  const parts: string[] = [];
  a.wins.forEach((r, i) => {
    if (i >= most && !(i === a.wins.length - 1 && a.more === 0)) return;
    const [from, to] = [toNumber(r.from), toNumber(r.to)];
    if (to === Infinity) parts.push('from ' + count(from));
    else parts.push(from === to ? 'at ' + count(from) : `${count(from)} to ${count(to)}`);
  });
  const left = a.wins.length + a.more - parts.length;
  return `Own machines are cheaper at these requests per month: ${parts.join('; ')}${left > 0 ? `; and ${count(left)} further ranges` : ''}.`;
}

/** The values that make sense, as Go's cost.check has them. */
const limits: [name: string, lo: number, most: number][] = [
  ['monthly_requests', 1, mostVolume],
  ['utilization', 0, 1], ['batch_share', 0, 1], ['fallback_share', 0, 1], ['growth', -1, 10],
  ['own.input_tokens', 0, 1e9], ['own.output_tokens', 0, 1e9],
  ['own.usd_per_hour', 0, 1e6], ['own.accelerators', 0, 1e6], ['own.node', 0, 1e6],
  ['own.requests_per_second', 0, 1e9], ['own.tokens_per_second', 0, 1e12],
  ['own.min_replicas', 0, 1e6], ['own.spare_replicas', 0, 1e6],
  ['own.start_hours', 0, 1], ['own.fixed_month', 0, 1e12],
  ['api.input_tokens', 0, 1e9], ['api.output_tokens', 0, 1e9], ['api.cached_share', 0, 1],
  ['api.input', 0, 1e6], ['api.output', 0, 1e6], ['api.batch_factor', 0, 10], ['api.surcharge', 0, 1e6],
];

function check(s: Scenario): void {
  const no = (name: string, text: string) => {
    const f = fields.find((x) => x.name === name && x.flag !== '');
    throw new Refusal((f ? '--' + f.flag : name) + ': ' + text);
  };
  for (const [name, lo, most] of limits) {
    const v = get(s, name) ?? 0;
    if (!(v >= lo && v <= most)) no(name, `invalid value ${goValue(v)}: must be between ${goValue(lo)} and ${goValue(most)}`);
  }
  const { own, api } = s;
  if (api.cached !== undefined && !(api.cached >= 0 && api.cached <= 1e6)) no('api.cached', `invalid price ${goValue(api.cached)}: must be at least 0`);
  if (s.utilization > 0 && s.peak_to_mean > 0) no('utilization', 'give it or peak_to_mean: machines that are sized for a peak work at its inverse on average');
  if (s.utilization === 0 && !(s.peak_to_mean >= 1 && s.peak_to_mean <= 1e6)) {
    no('peak_to_mean', `invalid value ${goValue(s.peak_to_mean)}: a peak is at least the mean, so it must be at least 1`);
  }
  if (own.requests_per_second > 0 && own.tokens_per_second > 0) no('own.tokens_per_second', 'give it or requests_per_second');
  if (own.usd_per_hour === 0) no('own.usd_per_hour', 'the price of an accelerator hour is missing');
  if (apiRequest(api, s.batch_share) <= 0) {
    no('api.input', 'the API costs nothing, so there is nothing to compare with: give input and output in USD per million tokens, and the tokens of a request');
  }
  if (rps(own) <= 0) no('own.requests_per_second', 'what a replica carries is unknown: give it, or tokens_per_second and the tokens of a request');
  if (own.scaling !== '' && own.scaling !== 'always_on' && !scales(own)) {
    no('own.scaling', `unknown value ${JSON.stringify(own.scaling)}: use always_on, hourly or to_zero`);
  }
  if (s.profile.length === 0) return;
  const sum = s.profile.reduce((a, b) => a + b, 0);
  const negative = s.profile.find((v) => !(v >= 0));
  if (negative !== undefined) no('profile', `invalid share ${goValue(negative)}: must be at least 0`);
  if (s.profile.length !== 24 || Math.abs(sum - 1) > 0.001) {
    no('profile', `${s.profile.length} shares that add up to ${significant(sum, 4)}: a day has 24 hours, and their shares add up to 1`);
  }
}
