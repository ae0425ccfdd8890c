// What an event of a live run says, in words. Pure, so that tests need no browser.
import { count } from '../format.ts';

/** Event is what package serve sends; missing figures are absent. */
export interface Event {
  id: string;
  name?: string;
  state: 'starting' | 'running' | 'ended' | 'broken off';
  status?: string;
  reason?: string;
  error?: string;
  targets?: { name: string; model?: string; evidence?: string }[];
  at_s: number;
  now?: Now;
  cells?: Cell[];
  ended: number;
  failed: number;
  errors?: Record<string, number>;
  points?: Point[];
  report?: string;
  folder: string;
  last?: boolean;
  leaves?: boolean;
}

/** Cell is one that is measured now; those of several targets may be at the same time. */
export interface Cell {
  cell: string;
  now?: Now;
  window: Figures;
  measured: Figures;
}

/** Now is where the run is: Go's runlog.ProgressRecord. */
export interface Now {
  at: number;
  waiting?: string;
  cell?: string;
  target?: string;
  load?: string;
  phase?: string;
  step?: number;
  steps?: number;
  in_flight: number;
  due: number;
  warmed?: number;
  ended: number;
  total?: number;
  failed?: number;
  left_s?: number;
  queued?: number;
  spend_usd?: number;
  cap_usd?: number;
  simulated?: boolean;
  trouble?: string;
  failing?: string[];
}

export interface Figures {
  seconds?: number;
  ok: number;
  failed: number;
  cut?: number;
  errors?: Record<string, number>;
  rate?: number;
  token_rate?: number;
  ttft_ms?: Tail;
  gap_ms?: Tail;
  e2e_ms?: Tail;
}

export interface Tail {
  n: number;
  p50: number;
  p95?: number;
  p99?: number;
}

export interface Point {
  s: number;
  cell: string;
  ok: number;
  failed?: number;
  tokens?: number;
  in_flight?: number;
  ttft_p50_ms?: number;
  ttft_p95_ms?: number;
  gap_p95_ms?: number;
}

/** duration writes seconds as 45 s, 3 min 5 s or 2 h 10 min. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 === 0 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  const minutes = Math.floor(s / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** news is what changes seldom: the state of the run and the cell under way. */
export function news(e: Event): string {
  switch (e.state) {
    case 'starting':
      return 'The run is starting.';
    case 'ended':
      return `The run has ended: ${e.status ?? 'no status'}${e.reason ? ` (${e.reason})` : ''}.${e.report || e.last ? '' : ' Its report is being written.'}`;
    case 'broken off':
      return `The run broke off: nobody writes its log any more${e.error ? ` (${e.error})` : ''}. inferometer run --resume ${e.folder} continues it.`;
  }
  const now = e.now;
  const cells = (e.cells ?? []).flatMap((c) => (c.now ? [c.now] : []));
  if (cells.length === 0) return now?.waiting ? `The run waits: ${now.waiting}.` : 'The run is going on.';
  const step = now?.steps ? `, step ${now.step} of ${now.steps}` : '';
  const text = cells.map((c) => `${phase(c.phase)} ${titleOf(c)}`).join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${step}.`;
}

/** titleOf names a cell for a person. */
export function titleOf(now: Now): string {
  return `${now.target} (${now.load})`;
}

function phase(p: string | undefined): string {
  switch (p) {
    case 'warmup':
      return 'warming up';
    case 'cooldown':
      return 'waiting for the last answers of';
  }
  return 'measuring';
}

/** where counts the requests of a cell. */
export function where(now: Now | undefined): string {
  if (!now) return '';
  const done = now.phase === 'warmup'
    ? `${count(now.warmed ?? 0)} warm-up requests have ended`
    : `${count(now.ended)}${now.total ? ` of ${count(now.total)}` : ''} requests have ended`;
  return `Cell ${now.cell}: ${done}, ${count(now.due)} have come due.`;
}

/** progressOf is the share of the cell that is done; undefined where nobody knows. */
export function progressOf(now: Now | undefined): number | undefined {
  if (!now?.cell || now.phase === 'warmup' || !now.total) return undefined;
  return Math.min(1, now.ended / now.total);
}

/** left is how long the phase still takes. */
export function left(now: Now | undefined): string {
  return now?.left_s === undefined ? '–' : duration(now.left_s);
}
