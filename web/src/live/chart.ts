// Small line charts of the last minutes, in plain SVG: they are drawn again every second,
// which a chart library is too much for.
import { number } from '../format.ts';

const height = 120;
const inset = { left: 42, right: 8, top: 8, bottom: 20 };
/** longestStep is how many seconds a line spans at most: what is between was not measured. */
const longestStep = 3;
const svg = 'http://www.w3.org/2000/svg';

/** Course is one figure with one or two lines over the seconds of a run. */
export class Course {
  private readonly root: SVGSVGElement;

  constructor(figure: HTMLElement) {
    this.root = document.createElementNS(svg, 'svg');
    this.root.setAttribute('role', 'img');
    this.root.setAttribute('aria-label', figure.querySelector('figcaption')?.textContent ?? '');
    figure.append(this.root);
  }

  /** draw shows values at seconds; undefined is a gap in a line. */
  draw(seconds: number[], lines: (number | undefined)[][]): void {
    const known = lines.flat().filter((v): v is number => v !== undefined);
    if (known.length === 0) {
      this.root.replaceChildren();
      return;
    }
    const width = this.root.clientWidth || 320; // so that text has its size
    this.root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const first = seconds[0] ?? 0;
    const last = Math.max(first + 10, seconds.at(-1) ?? 0);
    const top = nice(Math.max(...known));
    const x = (s: number) => inset.left + ((s - first) / (last - first)) * (width - inset.left - inset.right);
    const y = (v: number) => height - inset.bottom - (v / top) * (height - inset.top - inset.bottom);
    const parts: SVGElement[] = [];
    for (const v of [0, top / 2, top]) {
      parts.push(make('line', { class: 'grid', x1: inset.left, x2: width - inset.right, y1: y(v), y2: y(v) }));
      parts.push(label(inset.left - 5, y(v) + 4, 'end', number(v)));
    }
    parts.push(label(inset.left, height - 5, 'start', `${first} s`), label(width - inset.right, height - 5, 'end', `${last} s`));
    lines.forEach((line, i) => parts.push(make('path', { class: i === 0 ? 'one' : 'two', d: path(seconds, line, x, y) })));
    this.root.replaceChildren(...parts);
  }
}

function path(seconds: number[], line: (number | undefined)[], x: (s: number) => number, y: (v: number) => number): string {
  let d = '';
  let pen = false;
  let before = 0;
  line.forEach((v, i) => {
    const s = seconds[i];
    if (v === undefined || s === undefined) {
      pen = false;
      return;
    }
    if (s - before > longestStep) pen = false;
    before = s;
    // A point between gaps is a line of no length, which not every browser draws; a short one is.
    d += `${pen ? 'L' : 'M'}${x(s).toFixed(1)} ${y(v).toFixed(1)}${pen ? '' : 'h0.5'}`;
    pen = true;
  });
  return d;
}

/** nice is the least of 1, 2, 5 times a power of ten that is not below v. */
export function nice(v: number): number {
  if (!(v > 0)) return 1;
  const base = 10 ** Math.floor(Math.log10(v));
  for (const m of [1, 2, 5]) if (v <= m * base * (1 + 1e-9)) return m * base;
  return 10 * base;
}

function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const e = document.createElementNS(svg, name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
  return e;
}

function label(x: number, y: number, anchor: string, text: string): SVGElement {
  const e = make('text', { x, y, 'text-anchor': anchor });
  e.textContent = text;
  return e;
}
