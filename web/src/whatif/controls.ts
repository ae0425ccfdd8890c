// What can be moved: which numbers have a slider, in which groups, and where its ends are.

/** A control states one flag of the command. */
export interface Control {
  flag: string;
  fields: string[]; // the numbers that it sets; the first that is known is where it stands
  label: string;
  unit: string;
  scale: 'log' | 'linear' | 'whole' | 'share';
  lo: number; // the slider's ends where nothing was measured
  hi: number;
  more?: true; // folded away: few ask for it
}

export interface Group {
  title: string;
  controls: Control[];
}

export const groups: Group[] = [
  {
    title: 'Volume',
    controls: [
      { flag: 'monthly-requests', fields: ['monthly_requests'], label: 'Requests per month', unit: '', scale: 'log', lo: 1e4, hi: 1e9 },
      { flag: 'peak-to-mean', fields: ['peak_to_mean'], label: 'Peak rate over mean rate', unit: '', scale: 'log', lo: 1, hi: 20 },
      { flag: 'utilization', fields: ['utilization'], label: 'Highest mean utilization, in place of the peak', unit: '%', scale: 'share', lo: 0.01, hi: 1, more: true },
      { flag: 'growth', fields: ['growth'], label: 'Growth per month', unit: '%', scale: 'share', lo: 0, hi: 0.5, more: true },
      { flag: 'batch-share', fields: ['batch_share'], label: 'Requests that can wait for hours', unit: '%', scale: 'share', lo: 0, hi: 1, more: true },
      { flag: 'fallback-share', fields: ['fallback_share'], label: 'Requests that the API answers again', unit: '%', scale: 'share', lo: 0, hi: 1, more: true },
      { flag: 'input-tokens', fields: ['api.input_tokens', 'own.input_tokens'], label: 'Input tokens of a request', unit: '', scale: 'log', lo: 10, hi: 1e5 },
      { flag: 'output-tokens', fields: ['api.output_tokens', 'own.output_tokens'], label: 'Output tokens of a request', unit: '', scale: 'log', lo: 1, hi: 1e4 },
    ],
  },
  {
    title: 'Own machines',
    controls: [
      { flag: 'usd-per-hour', fields: ['own.usd_per_hour'], label: 'Price of an accelerator hour', unit: '$', scale: 'log', lo: 0.2, hi: 20 },
      { flag: 'requests-per-second', fields: ['own.requests_per_second'], label: 'Requests/s that a replica carries', unit: '', scale: 'log', lo: 0.1, hi: 1000 },
      { flag: 'tokens-per-second', fields: ['own.tokens_per_second'], label: 'Token/s that a replica carries, in place of requests/s', unit: '', scale: 'log', lo: 100, hi: 1e5, more: true },
      { flag: 'accelerators', fields: ['own.accelerators'], label: 'Accelerators of a replica', unit: '', scale: 'whole', lo: 1, hi: 16 },
      { flag: 'node', fields: ['own.node'], label: 'Accelerators that are rented together', unit: '', scale: 'whole', lo: 1, hi: 16, more: true },
      { flag: 'min-replicas', fields: ['own.min_replicas'], label: 'Least number of replicas', unit: '', scale: 'whole', lo: 1, hi: 16, more: true },
      { flag: 'spare-replicas', fields: ['own.spare_replicas'], label: 'Spare replicas', unit: '', scale: 'whole', lo: 0, hi: 8, more: true },
      { flag: 'fixed-month', fields: ['own.fixed_month'], label: 'Fixed cost per month: staff, space', unit: '$', scale: 'linear', lo: 0, hi: 50_000, more: true },
    ],
  },
  {
    title: 'API',
    controls: [
      { flag: 'input-price', fields: ['api.input'], label: 'Price per million input tokens', unit: '$', scale: 'log', lo: 0.01, hi: 30 },
      { flag: 'output-price', fields: ['api.output'], label: 'Price per million output tokens', unit: '$', scale: 'log', lo: 0.05, hi: 150 },
      { flag: 'cached-price', fields: ['api.cached'], label: 'Price per million input tokens from the cache', unit: '$', scale: 'log', lo: 0.001, hi: 30, more: true },
      { flag: 'cached-share', fields: ['api.cached_share'], label: 'Input tokens that the cache holds', unit: '%', scale: 'share', lo: 0, hi: 1 },
    ],
  },
];

/** Flags of which one replaces the other. */
export const other: Record<string, string> = {
  utilization: 'peak-to-mean', 'peak-to-mean': 'utilization',
  'tokens-per-second': 'requests-per-second', 'requests-per-second': 'tokens-per-second',
};

/** ends are a slider's ends: around what the run has, a hundredth to a hundred times of it. */
export function ends(c: Control, known: number | undefined): [lo: number, hi: number] {
  if (known === undefined || known <= 0) return [c.lo, c.hi];
  switch (c.scale) {
    case 'log':
      return c.flag === 'peak-to-mean' ? [c.lo, Math.max(c.hi, known)] : [known / 100, known * 100];
    case 'linear':
      return [c.lo, Math.max(c.hi, 4 * known)];
    default:
      return [Math.min(c.lo, known), Math.max(c.hi, known)];
  }
}

export const steps = 400; // of a slider

/** position is where a value stands on a slider. */
export function position(c: Control, [lo, hi]: [number, number], v: number): number {
  const at = c.scale === 'log' ? Math.log(Math.max(v, lo) / lo) / Math.log(hi / lo) : (v - lo) / (hi - lo);
  return Math.round(steps * Math.min(1, Math.max(0, at)));
}

/** valueAt is the value of a position, in three digits. */
export function valueAt(c: Control, [lo, hi]: [number, number], at: number): number {
  const share = at / steps;
  const v = c.scale === 'log' ? lo * Math.pow(hi / lo, share) : lo + (hi - lo) * share;
  if (c.scale === 'whole') return Math.round(v);
  const rounded = Number(v.toPrecision(3));
  return c.flag === 'monthly-requests' ? Math.max(1, Math.round(rounded)) : rounded;
}
