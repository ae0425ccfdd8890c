// The numbers that can be stated, in the order of Go's cost.questionFields.
import { count, usd } from '../format.ts';
import { price, significant } from './text.ts';
import type { Scenario } from './types.ts';

export interface Field {
  name: string; // in the scenario
  label: string;
  flag: string; // '': it cannot be stated
  text: (v: number) => string;
  whole?: boolean;
  always?: boolean; // shown also where it is 0
}

const percent = (v: number) => significant(100 * v, 3) + ' %';
const plain = (v: number) => significant(v, 4);
const tokens = (v: number) => significant(v, 6);
const perMTok = (v: number) => price(v) + ' per 1M tokens';
// What was worked out from a purchase is rounded: no list has so many decimals.
const perHour = (v: number) => (price(v).length > '$1,000.123456'.length ? usd(v) : price(v)) + ' per accelerator hour';

export const fields: Field[] = [
  { name: 'monthly_requests', label: 'requests per month', flag: 'monthly-requests', text: count, always: true },
  { name: 'utilization', label: 'highest mean utilization', flag: 'utilization', text: percent },
  { name: 'peak_to_mean', label: 'peak rate over mean rate', flag: 'peak-to-mean', text: plain },
  { name: 'growth', label: 'growth per month', flag: 'growth', text: percent },
  { name: 'batch_share', label: 'requests that can wait', flag: 'batch-share', text: percent },
  { name: 'fallback_share', label: 'requests that the API answers again', flag: 'fallback-share', text: percent },
  { name: 'own.input_tokens', label: 'own machines: input tokens of a request', flag: 'input-tokens', text: tokens, always: true },
  { name: 'own.output_tokens', label: 'own machines: output tokens of a request', flag: 'output-tokens', text: tokens, always: true },
  { name: 'own.usd_per_hour', label: 'own machines: price', flag: 'usd-per-hour', text: perHour, always: true },
  { name: 'own.accelerators', label: 'own machines: accelerators of a replica', flag: 'accelerators', text: plain, whole: true, always: true },
  { name: 'own.node', label: 'own machines: accelerators of a node', flag: 'node', text: plain, whole: true },
  { name: 'own.tokens_per_second', label: 'own machines: a replica carries', flag: 'tokens-per-second', text: (v) => plain(v) + ' token/s' },
  { name: 'own.requests_per_second', label: 'own machines: a replica carries', flag: 'requests-per-second', text: (v) => plain(v) + ' requests/s' },
  { name: 'own.min_replicas', label: 'own machines: least number of replicas', flag: 'min-replicas', text: plain, whole: true },
  { name: 'own.spare_replicas', label: 'own machines: spare replicas', flag: 'spare-replicas', text: plain, whole: true },
  { name: 'own.fixed_month', label: 'own machines: fixed cost of a month', flag: 'fixed-month', text: usd },
  { name: 'api.input_tokens', label: 'API: input tokens of a request', flag: 'input-tokens', text: tokens, always: true },
  { name: 'api.output_tokens', label: 'API: output tokens of a request', flag: 'output-tokens', text: tokens, always: true },
  { name: 'api.cached_share', label: 'API: input tokens from its cache', flag: 'cached-share', text: percent, always: true },
  { name: 'api.input', label: 'API: price of input', flag: 'input-price', text: perMTok, always: true },
  { name: 'api.cached', label: 'API: price of cached input', flag: 'cached-price', text: perMTok },
  { name: 'api.output', label: 'API: price of output', flag: 'output-price', text: perMTok, always: true },
  { name: 'api.batch_factor', label: 'API: price of a batched request over another', flag: '', text: plain },
  { name: 'api.surcharge', label: 'API: surcharge of price tiers', flag: '', text: plain },
];

/** Fields of which one replaces the other. */
export const instead: Record<string, string> = {
  utilization: 'peak_to_mean', peak_to_mean: 'utilization',
  'own.tokens_per_second': 'own.requests_per_second', 'own.requests_per_second': 'own.tokens_per_second',
};

/** get reads a field of a scenario; undefined: it has none. */
export function get(s: Scenario, name: string): number | undefined {
  const [side, key] = name.split('.');
  const of = (key ? s[side as 'own' | 'api'] : s) as unknown as Record<string, number | undefined>;
  return of[key ?? name];
}

export function put(s: Scenario, name: string, v: number): void {
  const [side, key] = name.split('.');
  const of = (key ? s[side as 'own' | 'api'] : s) as unknown as Record<string, number | undefined>;
  of[key ?? name] = v;
}
