// The JSON forms of Go's cost.Question, result.CostScenario and result.CostAnswer.
import type { Bound } from '../data.ts';

export interface Fleet {
  input_tokens: number;
  output_tokens: number;
  usd_per_hour: number;
  accelerators: number;
  node: number;
  requests_per_second: number;
  tokens_per_second: number;
  min_replicas: number;
  spare_replicas: number;
  scaling: string;
  start_hours: number;
  fixed_month: number;
}

export interface Api {
  input_tokens: number;
  output_tokens: number;
  cached_share: number;
  input: number;
  cached?: number | undefined; // absent: as input
  output: number;
  batch_factor: number;
  surcharge: number;
}

export interface Scenario {
  monthly_requests: number;
  peak_to_mean: number;
  utilization: number;
  profile: number[];
  batch_share: number;
  growth: number;
  months: number;
  fallback_share: number;
  own: Fleet;
  api: Api;
}

export interface Range {
  from: Bound;
  to: Bound;
}

export interface Answer {
  replicas: number;
  accelerators: number;
  utilization: number;
  own_month: number;
  api_month: number;
  own_per_request: number;
  api_per_request: number;
  own_per_mtok: number;
  api_per_mtok: number;
  own_tokens_per_usd: number;
  api_tokens_per_usd: number;
  savings_percent: number;
  savings_month: number;
  savings_year: number;
  wins: Range[];
  more: number;
  text: string;
}

export interface Tier {
  above: number;
  input: number;
  cached?: number;
  output: number;
}

export interface Price {
  tiers: Tier[];
  batch?: Tier[];
  long_context_from: string;
  batch_from: string;
}

/** What the page has: Go leaves out what is 0. */
export interface Inputs {
  run: string;
  scenario: Partial<Omit<Scenario, 'own' | 'api'>> & { own: Partial<Fleet>; api: Partial<Api> };
  from: Record<string, string>;
  why?: Record<string, string>;
  price?: Price;
}

export interface Question {
  run: string;
  scenario: Scenario;
  from: Record<string, string>;
  why: Record<string, string>;
  price: Price | undefined;
}

/** The numbers that somebody states, by the flags of the command without dashes. */
export type Stated = Record<string, number>;

/** Refusal is why a question has no answer, in the words of the command. */
export class Refusal extends Error {}

/** questionOf is a question of its own for each use: nothing here changes the page's data. */
export function questionOf(from: Inputs): Question {
  const { own, api, ...rest } = from.scenario;
  return {
    run: from.run,
    from: { ...from.from },
    why: { ...from.why },
    price: from.price,
    scenario: {
      monthly_requests: 0, peak_to_mean: 0, utilization: 0, batch_share: 0, growth: 0, months: 0, fallback_share: 0,
      ...rest,
      profile: rest.profile ?? [],
      own: {
        input_tokens: 0, output_tokens: 0, usd_per_hour: 0, accelerators: 0, node: 0, requests_per_second: 0, tokens_per_second: 0,
        min_replicas: 0, spare_replicas: 0, scaling: '', start_hours: 0, fixed_month: 0, ...own,
      },
      api: { input_tokens: 0, output_tokens: 0, cached_share: 0, input: 0, output: 0, batch_factor: 0, surcharge: 0, ...api },
    },
  };
}
