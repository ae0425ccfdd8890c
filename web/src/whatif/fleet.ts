// The arithmetic of machines and of volumes: a port of Go's internal/cost (fleet.go,
// wins.go). docs/cost.md has the formulas.
import type { Api, Fleet, Range, Scenario } from './types.ts';

const hoursPerDay = 24;
const hoursPerMonth = 730;
const secondsPerMonth = 2_628_000;

// How far the search for ranges goes, and how many of them are listed.
const mostSteps = 20_000;
export const mostVolume = 1e12;
const mostRanges = 24;

export function ratio(a: number, b: number): number {
  return b <= 0 ? 0 : a / b;
}

export interface Month {
  usd: number;
  replicas: number;
  accelerators: number;
  utilization: number;
}

/** The rates that machines must carry in each hour of a day over the month's mean rate. */
function weights(peakToMean: number, profile: number[], batchShare: number): number[] {
  let busiest = 1;
  for (const share of profile) busiest = Math.max(busiest, hoursPerDay * share);
  const peak = Math.max(peakToMean, busiest);
  return Array.from({ length: hoursPerDay }, (_, hour) => {
    const at = profile.length === hoursPerDay ? (hoursPerDay * (profile[hour] ?? 0)) / busiest : 1;
    return (1 - batchShare) * peak * at + batchShare;
  });
}

/** rps is what a replica carries. */
export function rps(f: Fleet): number {
  return f.requests_per_second === 0 ? ratio(f.tokens_per_second, f.input_tokens + f.output_tokens) : f.requests_per_second;
}

export function scales(f: Fleet): boolean {
  return f.scaling === 'hourly' || f.scaling === 'to_zero';
}

/** Side is how one side is paid over a month: so much for each request, and machines. */
export class Side {
  private readonly perRequest: number;
  readonly fleet: Fleet | undefined;
  private readonly hours: number[];
  private readonly top: number;

  constructor(perRequest: number, fleet: Fleet | undefined, hours: number[]) {
    this.perRequest = perRequest;
    this.fleet = fleet;
    this.hours = hours;
    this.top = Math.max(0, ...hours);
  }

  private replicas(f: Fleet, requests: number, weight: number): number {
    // What rounding adds to a product must not rent a machine.
    const need = Math.ceil(((weight * requests) / (rps(f) * secondsPerMonth)) * (1 - 1e-12));
    let least = Math.max(1, f.min_replicas);
    if (f.scaling === 'to_zero') {
      if (need === 0) return 0;
      least = 1;
    }
    return Math.max(least, need + f.spare_replicas);
  }

  /** How many replicas run on what is sold together, and how many accelerators that are. */
  private perNode(f: Fleet): [replicas: number, accelerators: number] {
    const each = Math.max(1, f.accelerators);
    const node = Math.max(1, f.node);
    if (each > node) return [1, Math.trunc((each + node - 1) / node) * node];
    return [Math.trunc(node / each), node];
  }

  month(requests: number): Month {
    const m: Month = { usd: this.perRequest * requests, replicas: 0, accelerators: 0, utilization: 0 };
    const f = this.fleet;
    if (!f) return m;
    const [n, together] = this.perNode(f);
    const paidFor = (replicas: number) => Math.ceil(replicas / n) * together;
    const room = (paid: number) => (paid / together) * n;
    m.usd += f.fixed_month;
    if (!scales(f)) {
      m.replicas = this.replicas(f, requests, this.top);
      m.accelerators = paidFor(m.replicas);
      m.usd += m.accelerators * f.usd_per_hour * hoursPerMonth;
      m.utilization = ratio(requests, rps(f) * secondsPerMonth * room(m.accelerators));
      return m;
    }
    const hours = hoursPerMonth / hoursPerDay;
    let paid = 0;
    let before = paidFor(this.replicas(f, requests, this.hours[hoursPerDay - 1] ?? 0));
    let capacity = 0;
    for (const at of this.hours) {
      const replicas = this.replicas(f, requests, at);
      const now = paidFor(replicas);
      paid += now + Math.max(0, now - before) * f.start_hours;
      capacity += rps(f) * 3600 * hours * room(now);
      m.replicas = Math.max(m.replicas, replicas);
      m.accelerators = Math.max(m.accelerators, now);
      before = now;
    }
    m.usd += paid * hours * f.usd_per_hour;
    m.utilization = ratio(requests, capacity);
    return m;
  }

  /** What the cost of a month follows in the long run: within spread of fixed + slope × requests. */
  line(): { fixed: number; slope: number; spread: number } {
    const f = this.fleet;
    if (!f) return { fixed: 0, slope: this.perRequest, spread: 0 };
    const [n, together] = this.perNode(f);
    const each = (together / n) * f.usd_per_hour * hoursPerMonth;
    let spread = each * (2 + f.spare_replicas + f.min_replicas) + together * f.usd_per_hour * hoursPerMonth;
    let sum = 0;
    let starts = 0;
    let before = this.hours[hoursPerDay - 1] ?? 0;
    for (const at of this.hours) {
      sum += at;
      starts += Math.max(0, at - before);
      before = at;
    }
    let slope = this.perRequest;
    let weight = this.top;
    if (scales(f)) {
      weight = sum / hoursPerDay;
      spread *= 1 + f.start_hours;
      slope += ((starts / hoursPerDay) * f.start_hours * each) / (rps(f) * secondsPerMonth);
    }
    slope += (weight * each) / (rps(f) * secondsPerMonth);
    return { fixed: f.fixed_month, slope, spread };
  }

  /** How many requests lie between two steps of each hour; hours with the same are one. */
  strides(): number[] {
    const f = this.fleet;
    if (!f) return [];
    const all = this.hours.map((at) => (rps(f) * secondsPerMonth) / at);
    return [...new Set(all.filter((each) => each > 0 && each !== Infinity))];
  }
}

/** sides are both sides of a scenario. */
export function sides(s: Scenario): { own: Side; api: Side } {
  const requests = apiRequest(s.api, s.batch_share);
  // A utilization is of all requests, those that can wait included.
  const hours = s.utilization > 0 ? weights(1 / s.utilization, s.profile, 0) : weights(s.peak_to_mean, s.profile, s.batch_share);
  return { own: new Side(s.fallback_share * requests, s.own, hours), api: new Side(requests, undefined, hours) };
}

/** apiRequest is what the API charges for a request on average. */
export function apiRequest(p: Api, batchShare: number): number {
  const cached = p.cached ?? p.input;
  let usd = (p.input_tokens * ((1 - p.cached_share) * p.input + p.cached_share * cached) + p.output_tokens * p.output) / 1e6;
  if (p.surcharge > 0) usd *= p.surcharge;
  return usd * (p.batch_factor === 0 ? 1 : 1 - batchShare * (1 - p.batch_factor));
}

/**
 * cheaper returns the volumes, in whole requests a month, at which a costs less than b.
 * Machines are whole, so there can be many. Between two steps both costs are straight
 * lines, so it looks at both sides of each step and of each crossing between them.
 */
export function cheaper(a: Side, b: Side): { wins: Range[]; more: number } {
  const less = (n: number) => a.month(n).usd < b.month(n).usd;
  let { volume: horizon, settled } = horizonOf(a, b);
  const strides = [...a.strides(), ...b.strides()];
  const steps = strides.reduce((sum, each) => sum + horizon / each, 0);
  if (steps > mostSteps) {
    horizon = (horizon * mostSteps) / steps;
    settled = false;
  }
  const end = Math.ceil(horizon);
  const at = new Set([1]);
  for (const each of strides) {
    for (let k = 1; k * each <= horizon; k++) {
      for (const near of [-1, 0, 1, 2]) at.add(Math.floor(k * each) + near); // a step is exact to a request
    }
  }
  at.add(end);
  const edges = [...at].filter((n) => n >= 1 && n <= end).sort((x, y) => x - y);

  const wins: Range[] = [];
  let more = 0;
  let from = 0; // of the range that is open; 0: none
  const close = (to: number) => {
    if (wins.length < mostRanges) wins.push({ from, to: to === Infinity ? 'inf' : to });
    else more++;
    from = 0;
  };
  const turn = (n: number, now: boolean) => {
    if (now && from === 0) from = n;
    else if (!now && from > 0) close(n - 1);
  };
  let was = less(1);
  turn(1, was);
  for (let i = 1; i < edges.length; i++) {
    const n = edges[i] ?? 0;
    const now = less(n);
    if (now !== was) {
      let lo = edges[i - 1] ?? 0;
      let hi = n; // the first volume at which it is as at hi
      while (hi - lo > 1) {
        const mid = Math.floor((lo + hi) / 2);
        if (less(mid) === now) hi = mid;
        else lo = mid;
      }
      turn(hi, now);
    }
    was = now;
  }
  if (from > 0) close(settled ? Infinity : end);
  return { wins, more };
}

/** A volume beyond which the same side stays cheaper; not settled where there is none, or none worth looking for. */
function horizonOf(a: Side, b: Side): { volume: number; settled: boolean } {
  if (!a.fleet && !b.fleet) return { volume: 2, settled: true };
  const la = a.line();
  const lb = b.line();
  const apart = Math.abs(la.slope - lb.slope);
  const volume = ((Math.abs(la.fixed - lb.fixed) + la.spread + lb.spread) / apart) * (1 + 1e-6);
  if (!(volume <= mostVolume) || apart <= 1e-12 * Math.max(la.slope, lb.slope)) return { volume: mostVolume, settled: false };
  return { volume: Math.max(2, volume), settled: true };
}
