// The page of a run that goes on. The server sends an event a second (package serve);
// everything in it is text for textContent, never markup.
import { count, number, usd, missing } from '../format.ts';
import { Course } from './chart.ts';
import { type Cell, type Event, type Figures, type Point, duration, left, news, progressOf, titleOf, where } from './words.ts';

/** live follows the run that the page names. */
export function live(): void {
  const run = document.querySelector('main')?.dataset['run'];
  const going = document.getElementById('going');
  if (!run || !going || going.hidden) return;
  const page = new Page();
  const source = new EventSource(`/events/${encodeURIComponent(run)}`);
  let last: Event | undefined;
  source.onmessage = (message) => {
    last = JSON.parse(String(message.data)) as Event;
    page.show(last);
    if (last.last) source.close();
  };
  source.onerror = () => {
    // The browser tries again by itself, unless the server has said that there is no more.
    page.lost(last, source.readyState === EventSource.CLOSED);
    if (last?.leaves) source.close();
  };
}

/** text sets an element's text, only where it changes: a screen reader is told of changes. */
function text(id: string, value: string): void {
  const e = document.getElementById(id);
  if (e && e.textContent !== value) e.textContent = value;
}

class Page {
  private readonly points = new Map<string, Point>();
  private readonly cells = new Map<string, Lane>();
  private said = '';

  show(e: Event): void {
    text('title', e.name || e.id);
    document.title = `${e.name || e.id}: ${e.state}`;
    text('evidence', (e.targets ?? []).map((t) => `${t.name}: ${t.model || 'no model'}${t.evidence ? ` (${t.evidence})` : ''}`).join('; '));
    this.say(news(e));
    text('where', `${duration(e.at_s)} since the start.`);
    text('trouble', trouble(e));
    text('tile-ended', count(e.ended));
    text('tile-failed', count(e.failed));
    document.getElementById('tile-failed')?.classList.toggle('bad', e.failed > 0);
    text('sub-failed', e.ended > 0 ? `of ${count(e.ended)}` : '');
    const now = e.now;
    text('tile-spend', of(now?.spend_usd, usd));
    text('sub-spend', [now?.cap_usd ? `of ${usd(now.cap_usd)}` : '', now?.simulated ? 'by list prices, simulated' : ''].filter(Boolean).join(', '));
    this.lanes(e);
    this.errors(e);
    if (e.report) link('links', e.report, 'Open the report');
    else if (e.last || (e.leaves && (e.state === 'ended' || e.state === 'broken off'))) text('links', `The report is in ${e.folder}`);
  }

  /** lost says that nothing more is heard. */
  lost(e: Event | undefined, forGood: boolean): void {
    if (e?.last) return;
    if (e?.leaves) this.say(`The run's process has ended. Its report is in ${e.folder}, or will be in a moment; inferometer report ${e.folder} shows it again.`);
    else this.say(forGood ? 'This run is not going on any more. Load this page again for its report.' : 'The server does not answer; trying again.');
  }

  /** say tells what a screen reader should tell: changes of state, and no figures. */
  private say(what: string): void {
    if (what !== this.said) text('state', what);
    this.said = what;
  }

  /** lanes shows the cells under way, in a part of the page each. */
  private lanes(e: Event): void {
    const place = document.getElementById('cells');
    const template = document.getElementById('cell');
    if (!place || !(template instanceof HTMLTemplateElement)) return;
    for (const p of e.points ?? []) this.points.set(`${p.s} ${p.cell}`, p);
    for (const [key, p] of this.points) if (p.s < e.at_s - 5 * 60) this.points.delete(key);
    // The second under way is not over: its counts would look like a fall.
    const points = [...this.points.values()].filter((p) => p.s < Math.floor(e.at_s)).sort((a, b) => a.s - b.s);
    const under = new Set((e.cells ?? []).map((c) => c.cell));
    for (const [cell, lane] of this.cells) {
      if (under.has(cell)) continue;
      lane.root.remove();
      this.cells.delete(cell);
    }
    for (const c of e.cells ?? []) {
      let lane = this.cells.get(c.cell);
      if (!lane) {
        const root = template.content.firstElementChild?.cloneNode(true);
        if (!(root instanceof HTMLElement)) return;
        place.append(root);
        lane = new Lane(root);
        this.cells.set(c.cell, lane);
      }
      lane.show(c, points.filter((p) => p.cell === c.cell));
    }
  }

  private errors(e: Event): void {
    const section = document.getElementById('errors');
    const list = section?.querySelector('ul');
    if (!section || !list) return;
    const all = Object.entries(e.errors ?? {}).sort((a, b) => b[1] - a[1]);
    section.hidden = all.length === 0;
    list.replaceChildren(...all.map(([name, n]) => {
      const item = document.createElement('li');
      item.textContent = `${name}: ${count(n)}`;
      return item;
    }));
  }
}

/** Lane is the part of the page of a cell under way. */
class Lane {
  private readonly courses: { course: Course; of: ((p: Point) => number | undefined)[] }[] = [];

  readonly root: HTMLElement;

  constructor(root: HTMLElement) {
    this.root = root;
    const make = (name: string, of: ((p: Point) => number | undefined)[]) => {
      const figure = root.querySelector<HTMLElement>(`figure[data-chart="${name}"]`);
      if (figure) this.courses.push({ course: new Course(figure), of });
    };
    make('in-flight', [(p) => p.in_flight]);
    make('rate', [(p) => p.ok + (p.failed ?? 0)]);
    make('ttft', [(p) => p.ttft_p50_ms, (p) => p.ttft_p95_ms]);
    make('tokens', [(p) => p.tokens ?? 0]);
  }

  show(c: Cell, points: Point[]): void {
    const { now, window: w } = c;
    this.set('h2', now ? titleOf(now) : c.cell);
    this.is('where', where(now));
    const bar = this.root.querySelector('progress');
    const share = progressOf(now);
    if (bar) {
      bar.hidden = share === undefined;
      if (share !== undefined) bar.value = share;
    }
    this.is('in-flight', now ? count(now.in_flight) : missing);
    this.is('sub-in-flight', now?.queued !== undefined ? `${count(now.queued)} in the server's queue` : '');
    this.is('rate', of(w.rate, number));
    this.is('ttft', ms(w.ttft_ms?.p50));
    this.is('sub-ttft', w.ttft_ms ? `p95 ${ms(w.ttft_ms.p95)}, n = ${count(w.ttft_ms.n)}` : '');
    this.is('gap', ms(w.gap_ms?.p95));
    this.is('sub-gap', w.gap_ms ? `p50 ${ms(w.gap_ms.p50)}, n = ${count(w.gap_ms.n)}` : '');
    this.is('tokens', of(w.token_rate, number));
    this.is('left', left(now));
    this.is('window', w.seconds ? `Rates and latencies are of requests of this cell that succeeded and ended in the last ${duration(w.seconds)}, warm-up included.` : '');
    for (const { course, of } of this.courses) course.draw(points.map((p) => p.s), of.map((f) => points.map(f)));
    this.table(c.measured);
  }

  private is(name: string, value: string): void {
    this.set(`[data-is="${name}"]`, value);
  }

  private set(selector: string, value: string): void {
    const e = this.root.querySelector(selector);
    if (e && e.textContent !== value) e.textContent = value;
  }

  private table(f: Figures): void {
    const rows = [['Time to first token, ms', f.ttft_ms], ['Gap between tokens, ms', f.gap_ms], ['End to end, ms', f.e2e_ms]] as const;
    this.root.querySelector('tbody')?.replaceChildren(...rows.map(([name, tail]) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = name;
      row.append(head, ...[of(tail?.p50, number), of(tail?.p95, number), of(tail?.p99, number), tail ? count(tail.n) : '0'].map((t) => {
        const cell = document.createElement('td');
        cell.textContent = t;
        return cell;
      }));
      return row;
    }));
  }
}

function trouble(e: Event): string {
  const all = (e.cells ?? []).flatMap((c) => (c.now ? [c.now] : []));
  // What is wrong with the machine is the same for all, with other figures at other moments.
  const parts = [all.find((now) => now.trouble)?.trouble ?? ''];
  const failing = [...new Set(all.flatMap((now) => now.failing ?? []))];
  if (failing.length > 0) parts.push(`Checks that will not pass if it stays so: ${failing.join(', ')}`);
  return parts.filter(Boolean).join('. ');
}

function of(v: number | undefined, write: (v: number) => string): string {
  return v === undefined ? missing : write(v);
}

function ms(v: number | undefined): string {
  return v === undefined ? missing : `${number(v)} ms`;
}

/** link puts one link where it is not yet. */
function link(id: string, to: string, words: string): void {
  const e = document.getElementById(id);
  if (!e || !to.startsWith('/') || e.querySelector('a')?.getAttribute('href') === to) return;
  const a = document.createElement('a');
  a.href = to;
  a.textContent = words;
  e.replaceChildren(a);
}
