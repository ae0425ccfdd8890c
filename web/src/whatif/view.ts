// The what-if part of the page: labelled sliders and number inputs, the answer in a
// sentence, and the command line that gives the same. All text is set as text.
import { count, usd } from '../format.ts';
import { groups, other, position, ends, steps, valueAt, type Control } from './controls.ts';
import { fields, get } from './fields.ts';
import { ask, commandLine, winsText, yearText, type Asked } from './question.ts';
import { css } from './style.ts';
import { significant } from './text.ts';
import { questionOf, Refusal, type Inputs, type Stated } from './types.ts';

function el<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(name);
  for (const [key, v] of Object.entries(attributes)) e.setAttribute(key, v);
  e.append(...children);
  return e;
}

/** showWhatIf fills the element with the sliders of a run's question, where the page has both. */
export function showWhatIf(root: HTMLElement | null, whatIf: unknown): void {
  if (!root || !whatIf) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  new View(root, whatIf as Inputs);
}

/** One control on the page. */
interface Row {
  control: Control;
  ends: [number, number];
  box: HTMLElement;
  slider: HTMLInputElement;
  number: HTMLInputElement;
  from: HTMLElement;
}

class View {
  private readonly inputs: Inputs;
  private readonly rows: Row[] = [];
  private readonly answer = el('div', { class: 'whatif-answer', role: 'status', 'aria-live': 'polite' });
  private readonly command = el('code');
  private stated: Stated = {};
  private due = 0;

  constructor(root: HTMLElement, inputs: Inputs) {
    this.inputs = inputs;
    const sets = groups.map((g) => {
      const [few, more] = [g.controls.filter((c) => !c.more), g.controls.filter((c) => c.more)];
      const folded = el('details', {}, el('summary', {}, 'More'), ...more.map((c) => this.row(c)));
      return el('fieldset', {}, el('legend', {}, g.title), ...few.map((c) => this.row(c)), folded);
    });
    const measured = el('button', { type: 'button' }, 'As measured');
    measured.addEventListener('click', () => {
      this.stated = {};
      this.show();
    });
    const copy = el('button', { type: 'button' }, 'Copy');
    copy.addEventListener('click', () => {
      void navigator.clipboard?.writeText(this.command.textContent ?? '').then(
        () => this.told(copy, 'Copied'),
        () => this.told(copy, 'Select the line and copy it'),
      );
    });
    root.replaceChildren(el('section', { class: 'whatif', 'aria-labelledby': 'whatif-title' },
      el('h3', { id: 'whatif-title' }, 'What if? Move a number, and the costs are worked out again'),
      this.answer,
      el('div', {}, measured),
      el('div', { class: 'whatif-groups' }, ...sets),
      el('div', { class: 'whatif-command' }, el('span', {}, 'The same by the command line:'), this.command, copy),
    ));
    this.show();
  }

  private told(button: HTMLElement, text: string): void {
    const before = button.textContent;
    button.textContent = text;
    setTimeout(() => (button.textContent = before), 2000);
  }

  private row(c: Control): HTMLElement {
    const id = 'whatif-' + c.flag;
    const known = this.known(c);
    const row: Row = {
      control: c,
      ends: ends(c, known),
      box: el('div', { class: 'whatif-control' }),
      slider: el('input', { type: 'range', min: '0', max: String(steps), step: '1', 'aria-label': c.label }),
      number: el('input', { type: 'number', id, step: 'any', 'aria-describedby': id + '-from' }),
      from: el('span', { class: 'whatif-from', id: id + '-from' }),
    };
    row.slider.addEventListener('input', () => this.state(c, valueAt(c, row.ends, Number(row.slider.value))));
    row.number.addEventListener('change', () => {
      if (row.number.value === '') this.state(c, undefined);
      else this.state(c, c.unit === '%' ? Number(row.number.value) / 100 : Number(row.number.value));
    });
    row.box.append(el('label', { for: id }, c.unit ? `${c.label} (${c.unit})` : c.label), row.slider, row.number, row.from);
    this.rows.push(row);
    return row.box;
  }

  /** The run's own number; undefined: it has none. Of two that replace each other, and of prices, 0 is none. */
  private known(c: Control): number | undefined {
    const s = questionOf(this.inputs).scenario;
    const zero = c.scale !== 'log' && !other[c.flag];
    const name = c.fields.find((f) => this.inputs.from[f] && ((get(s, f) ?? 0) > 0 || (zero && get(s, f) === 0)));
    return name === undefined ? undefined : get(s, name);
  }

  private state(c: Control, v: number | undefined): void {
    const { [c.flag]: _, [other[c.flag] ?? '']: __, ...rest } = this.stated;
    this.stated = rest;
    if (v !== undefined && Number.isFinite(v)) this.stated[c.flag] = v;
    // Sliders tell of each step: one answer a frame is enough.
    this.due ||= requestAnimationFrame(() => {
      this.due = 0;
      this.show();
    });
  }

  private show(): void {
    let asked: Asked | undefined;
    let why = '';
    try {
      asked = ask(this.inputs, this.stated);
    } catch (err) {
      if (!(err instanceof Refusal)) throw err;
      why = err.message;
    }
    this.command.textContent = commandLine(this.inputs.run, this.stated);
    this.answer.classList.toggle('whatif-refused', !asked);
    this.answer.replaceChildren(...(asked ? this.answered(asked) : this.refused(why)));
    const replaced = new Set(Object.keys(this.stated).map((flag) => other[flag]));
    for (const r of this.rows) this.place(r, asked, replaced.has(r.control.flag));
  }

  private place(r: Row, asked: Asked | undefined, replaced: boolean): void {
    const c = r.control;
    const stated = this.stated[c.flag];
    const run = replaced ? undefined : this.known(c);
    const v = stated ?? run;
    r.box.classList.toggle('whatif-changed', stated !== undefined);
    // What is being typed is left as it is.
    if (document.activeElement !== r.number) {
      r.number.value = v === undefined ? '' : significantText(c.unit === '%' ? 100 * v : v);
    }
    r.slider.value = String(v === undefined ? 0 : position(c, r.ends, v));
    const text = v === undefined ? (replaced ? 'not used' : this.why(c)) : `${v.toPrecision(4)}${c.unit}`;
    r.slider.setAttribute('aria-valuetext', text);
    r.from.textContent = stated !== undefined ? (run === undefined ? 'stated here' : `stated here; the run has ${this.written(c, run)}`) : run === undefined ? text : this.from(c, asked);
  }

  private written(c: Control, v: number): string {
    return fields.find((f) => f.name === c.fields[0])?.text(v) ?? String(v);
  }

  private from(c: Control, asked: Asked | undefined): string {
    const of = asked?.question.from ?? this.inputs.from;
    return c.fields.map((f) => of[f]).find((f) => f) ?? '';
  }

  /** Why the run has no such number. */
  private why(c: Control): string {
    const reason = c.fields.map((f) => this.inputs.why?.[f]).find((r) => r);
    return reason ? `not known: ${reason}` : 'not in the run';
  }

  private refused(why: string): HTMLElement[] {
    const reasons = Object.values(this.inputs.why ?? {});
    return [el('p', { class: 'lead' }, 'No answer with these numbers.'), el('p', {}, inLabels(why)), ...reasons.map((r) => el('p', {}, 'The run does not know what a replica carries: ' + r + '.'))];
  }

  private answered({ answer: a }: Asked): HTMLElement[] {
    const year = yearText(a);
    const row = (name: string, own: string, api: string) =>
      el('tr', {}, el('th', { scope: 'row' }, name), el('td', { 'data-label': 'Own machines' }, own), el('td', { 'data-label': 'API' }, api));
    return [
      el('p', { class: 'lead' }, a.text),
      ...(year ? [el('p', {}, year)] : []),
      el('p', {}, winsText(a)),
      el('table', {},
        el('thead', {}, el('tr', {}, el('td'), el('th', { scope: 'col' }, 'Own machines'), el('th', { scope: 'col' }, 'API'))),
        el('tbody', {},
          row('per month', usd(a.own_month), usd(a.api_month)),
          row('per request', usd(a.own_per_request), usd(a.api_per_request)),
          row('per 1M tokens of its own', usd(a.own_per_mtok), usd(a.api_per_mtok)),
          row('tokens per dollar', count(a.own_tokens_per_usd), count(a.api_tokens_per_usd)),
        ),
      ),
    ];
  }
}

/** inLabels names the inputs in the place of the command's flags. */
function inLabels(why: string): string {
  const labels = new Map(groups.flatMap((g) => g.controls.map((c) => [c.flag, c.label])));
  const text = why
    .replace(/; for example: .*$/, '')
    .replace('--price, or ', '')
    .replace(/--([a-z-]+)/g, (flag, name: string) => (labels.has(name) ? `“${labels.get(name)}”` : flag));
  return text.charAt(0).toUpperCase() + text.slice(1) + '.';
}

/** What a number input takes: no commas, no exponent, at most six digits. */
function significantText(v: number): string {
  return significant(v, 6).replace('−', '-');
}
