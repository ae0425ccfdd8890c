import type { Figure } from '../data.ts';
import { readTheme, type Theme } from '../theme.ts';
import { make, say } from '../ui/dom.ts';
import { axisLabel, logAllowed, scaleX, type Range } from './axes.ts';
import { init, type Chart } from './echarts.ts';
import type { Frame } from './frame.ts';
import { frame, heightOf, initial, option, zoomable, type Choice } from './option.ts';
import { colorOf, dashedOf, named } from './palette.ts';
import { readAt, stops, type Reading } from './reading.ts';
import { cleaned } from './text.ts';
import { hideTip, showTip, spoken } from './tip.ts';
import { join, moved, scaled, within, zoomAll } from './zoom.ts';

/**
 * A View is a figure as an interactive chart: what a reader has chosen, drawn at the width of its
 * place. The parts around the drawing (title, legend, names of the axes) are HTML.
 */
export class View {
  readonly root: HTMLElement;
  choice: Choice;
  private readonly plot = make('div', { class: 'app-plot', tabindex: '0', role: 'img' });
  private readonly canvas = make('div', { class: 'app-canvas' });
  private readonly legend = make('div', { class: 'app-legend' });
  private readonly cross = make('div', { class: 'app-cross', hidden: '' });
  private readonly selection = make('div', { class: 'app-selection', hidden: '' });
  private chart: Chart | undefined;
  private drawnFrame: Frame | undefined;
  private stop = -1;
  private whole: Range = { lo: 0, hi: 1 };
  /** Told after each change of what is chosen. */
  onChoice: () => void = () => {};

  f: Figure;
  private theme: Theme;

  constructor(f: Figure) {
    this.f = f;
    this.theme = readTheme();
    this.choice = { ...initial(f), zoom: join(f.sync, this) };
    this.plot.append(this.canvas, this.cross, this.selection);
    this.root = make('div', { class: 'app-chart' });
    this.assemble();
    this.listen();
  }

  /** update draws another figure in the same place, such as the next state of a run. */
  update(f: Figure): void {
    this.f = f;
    this.assemble();
    this.draw();
  }

  /** retheme draws again in the page's present colours. */
  retheme(): void {
    this.theme = readTheme();
    this.drawLegend();
    this.draw();
  }

  /** choose changes what is shown. */
  choose(change: Partial<Choice>): void {
    this.choice = { ...this.choice, ...change };
    this.drawLegend();
    this.draw();
    this.onChoice();
  }

  zoomTo(r: Range | null): void {
    this.choose({ zoom: r });
  }

  /** draw draws at the width that there is; without one it waits for it. */
  draw(): void {
    const width = Math.floor(this.plot.clientWidth);
    if (width < 40) return;
    const height = heightOf(this.f, width);
    this.plot.style.height = `${height}px`;
    const v = frame(this.f, this.theme, this.choice, width, height);
    this.drawnFrame = v;
    this.whole = scaleX(this.f, v.x.log, width, null, v.shown);
    this.chart ??= init(this.canvas, null, { renderer: 'svg', width, height });
    this.chart.resize({ width, height, silent: true });
    this.chart.setOption(option(v), { notMerge: true });
    this.canvas.querySelector('svg')?.setAttribute('aria-hidden', 'true');
  }

  private assemble(): void {
    const f = this.f;
    this.plot.setAttribute('aria-label', `${cleaned(f.title, 160)}, ${cleaned(f.evidence, 40)}. Chart. Arrow keys read its values${zoomable(f) ? ', plus and minus zoom, 0 shows all' : ''}; the button Table shows them all.`);
    const evidence = make('span', { class: `app-evidence ${f.evidence === 'simulated' ? 'simulated' : ''}` }, cleaned(f.evidence, 40));
    const axis = (a: Figure['x'], kind: string) => {
      const words = axisLabel(a);
      if (!words) return null;
      const name = a.metric ? make('abbr', { 'data-metric': a.metric, tabindex: '0' }, words) : words;
      return make('div', { class: `app-axis ${kind}` }, name);
    };
    this.root.replaceChildren(
      make('div', { class: 'app-head' }, make('div', { class: 'app-title' }, cleaned(f.title, 160)), evidence),
      ...(f.subtitle ? [make('div', { class: 'app-subtitle' }, cleaned(f.subtitle, 400))] : []),
      this.legend,
      ...[axis(f.y, 'y'), this.plot, axis(f.x, 'x')].filter((e) => e !== null),
    );
    this.drawLegend();
  }

  private drawLegend(): void {
    const all = this.f.series.map((s, i) => ({ s, i })).filter(({ s }) => named(s));
    this.legend.hidden = all.length < 2;
    const focused = [...this.legend.children].indexOf(document.activeElement as Element);
    this.legend.replaceChildren(
      ...all.map(({ s, i }) => {
        const shown = !this.choice.hidden.has(i);
        const line = ['line', 'rule', 'step', 'front'].includes(s.kind);
        const key = make('span', { class: `app-key ${line ? 'line' : ''} ${dashedOf(this.f, i, this.theme) ? 'dashed' : ''}` });
        key.style.color = colorOf(this.f, i, this.theme);
        const b = make('button', { type: 'button', 'aria-pressed': String(shown), title: shown ? 'Hide this series' : 'Show this series' }, key, cleaned(s.name, 48));
        b.addEventListener('click', () => this.toggle(i));
        return b;
      }),
    );
    if (focused >= 0) (this.legend.children[focused] as HTMLElement | undefined)?.focus();
  }

  /** toggle hides or shows a series; the last one stays. */
  private toggle(i: number): void {
    const hidden = new Set(this.choice.hidden);
    if (!hidden.delete(i)) hidden.add(i);
    if (this.f.series.every((s, j) => !named(s) || hidden.has(j))) return;
    this.choose({ hidden });
  }

  private listen(): void {
    new ResizeObserver(() => this.drawn(() => this.draw())).observe(this.plot);
    let from: number | null = null;
    const inPlot = (e: PointerEvent) => {
      const r = this.plot.getBoundingClientRect();
      return { x: e.clientX - r.left, y: e.clientY - r.top };
    };
    this.plot.addEventListener('pointerdown', (e) => {
      if (e.button !== 0 || !zoomable(this.f)) return;
      from = inPlot(e).x;
    });
    this.plot.addEventListener('pointermove', (e) => {
      const { x, y } = inPlot(e);
      if (from !== null && Math.abs(x - from) > 6) {
        if (!this.plot.hasPointerCapture(e.pointerId)) this.plot.setPointerCapture(e.pointerId);
        this.selection.hidden = false;
        this.selection.style.left = `${Math.min(x, from)}px`;
        this.selection.style.width = `${Math.abs(x - from)}px`;
        this.leave();
        return;
      }
      this.hover(x, y, e.clientX, e.clientY);
    });
    const end = (e: PointerEvent, take: boolean) => {
      const begun = from;
      from = null;
      this.selection.hidden = true;
      if (!take || begun === null) return;
      const { x, y } = inPlot(e);
      if (Math.abs(x - begun) > 6) this.zoomBetween(begun, x);
      else this.hover(x, y, e.clientX, e.clientY);
    };
    this.plot.addEventListener('pointerup', (e) => end(e, true));
    this.plot.addEventListener('pointercancel', (e) => end(e, false));
    this.plot.addEventListener('pointerleave', () => this.leave());
    this.plot.addEventListener('blur', () => this.leave());
    this.plot.addEventListener('dblclick', () => this.choice.zoom && zoomAll(this.f.sync, this, null));
    this.plot.addEventListener('keydown', (e) => this.key(e));
  }

  private drawn(then: () => void): void {
    const width = Math.floor(this.plot.clientWidth);
    if (width !== this.drawnFrame?.width) then();
  }

  private leave(): void {
    this.cross.hidden = true;
    hideTip();
  }

  private zoomBetween(a: number, b: number): void {
    const [lo, hi] = [Math.min(a, b), Math.max(a, b)].map((px) => this.values(px, 0)?.[0]);
    if (lo === undefined || hi === undefined) return;
    zoomAll(this.f.sync, this, within({ lo, hi }, this.whole));
  }

  /** values are those of the axes at a place in the drawing. */
  private values(x: number, y: number): [number, number] | null {
    const at = this.chart?.convertFromPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [x, y]);
    return Array.isArray(at) && at.length === 2 ? [at[0]!, at[1]!] : null;
  }

  private pixels(x: number, y: number): [number, number] {
    const at = this.chart?.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [x, y]);
    return Array.isArray(at) && at.length === 2 ? [at[0]!, at[1]!] : [NaN, NaN];
  }

  private hover(x: number, y: number, clientX: number, clientY: number): void {
    const v = this.drawnFrame;
    const at = this.values(x, y);
    if (!v || !at) return;
    if (at[0] < v.x.lo || at[0] > v.x.hi) return this.leave();
    const flat = !this.f.series.some((s) => s.kind === 'dot' || s.kind === 'front');
    const near = (p: { x: number; y: number }) => {
      const [px, py] = this.pixels(p.x, p.y);
      return flat ? Math.abs(px - x) : Math.hypot(px - x, py - y);
    };
    const r = readAt(this.f, { x: at[0], y: at[1], near }, v.shown);
    if (!r) return this.leave();
    this.point(r, clientX, clientY);
  }

  private point(r: Reading, clientX: number, clientY: number): void {
    const [x] = this.pixels(r.x, r.y ?? this.drawnFrame?.y.lo ?? 0);
    this.cross.hidden = Boolean(this.f.y.categories?.length) || !Number.isFinite(x);
    this.cross.style.left = `${x}px`;
    showTip(r, (i) => colorOf(this.f, i, this.theme), clientX, clientY);
  }

  private key(e: KeyboardEvent): void {
    const zoom = this.choice.zoom ?? this.whole;
    const log = this.drawnFrame?.x.log ?? false;
    const can = zoomable(this.f);
    if (e.key === 'ArrowRight' || e.key === 'ArrowLeft') {
      const by = e.key === 'ArrowRight' ? 1 : -1;
      if (e.shiftKey && can) zoomAll(this.f.sync, this, moved(zoom, 0.25 * by, this.whole));
      else this.step(by);
    } else if (can && (e.key === '+' || e.key === '=')) zoomAll(this.f.sync, this, scaled(zoom, 0.5, log, this.whole));
    else if (can && e.key === '-') zoomAll(this.f.sync, this, scaled(zoom, 2, log, this.whole));
    else if (can && e.key === '0') zoomAll(this.f.sync, this, null);
    else if (e.key === 'Escape') this.leave();
    else return;
    e.preventDefault();
  }

  /** step reads the next place by key. */
  private step(by: number): void {
    const v = this.drawnFrame;
    if (!v) return;
    const all = stops(this.f, v.shown).filter((s) => s.x >= v.x.lo && s.x <= v.x.hi);
    if (!all.length) return;
    this.stop = Math.max(0, Math.min(all.length - 1, this.stop + by));
    const at = all[this.stop]!;
    const near = (p: { x: number; y: number }) => Math.abs(p.x - at.x) + Math.abs(p.y - at.y);
    const r = readAt(this.f, { ...at, near }, v.shown);
    if (!r) return;
    const rect = this.plot.getBoundingClientRect();
    const [x] = this.pixels(at.x, v.y.lo);
    this.point(r, rect.left + x, rect.top + rect.height / 2);
    say(spoken(r));
  }

  /** logs says of which axes the scale can be chosen. */
  logs(): ('x' | 'y')[] {
    return (['x', 'y'] as const).filter((a) => logAllowed(this.f, a));
  }
}
