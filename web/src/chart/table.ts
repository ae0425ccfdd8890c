import { toNumber, type Figure, type Point } from '../data.ts';
import { has, lying, axisLabel, points } from './axes.ts';
import { onAxis, rangeOf, valueOf, withName } from './reading.ts';
import { cleaned, oneLine } from './text.ts';

// The table behind a figure, and the same as Markdown and CSV.

/** A cell as it is read; value is what it is sorted by, where it is a number. */
export interface Cell {
  text: string;
  value?: number;
}

export interface Table {
  caption: string;
  head: string[];
  rows: Cell[][];
}

/** tableOf has a row for each place, with a column for each series, or a row for each point where places are many. */
export function tableOf(f: Figure): Table {
  return wide(f) ?? long(f);
}

function captionOf(f: Figure): string {
  return `${cleaned(f.title, 160)} (${cleaned(f.evidence, 40)})`;
}

function wide(f: Figure): Table | null {
  const series = f.series.filter((s) => s.kind !== 'band');
  if (has(f, 'bins', 'span', 'front') || !series.length || series.length > 8) return null;
  const key = lying(f) ? 'y' : 'x';
  const a = f[key];
  const places = [...new Set(series.flatMap((s) => points(s).map((p) => p[key])))].sort((p, q) => p - q);
  if (places.length > 60) return null;
  for (const s of series) if (new Set(points(s).map((p) => p[key])).size < points(s).length) return null;
  const label = axisLabel(lying(f) ? f.x : f.y);
  return {
    caption: captionOf(f),
    head: [axisLabel(a) || f.benchmark || '', ...series.map((s) => (label ? `${cleaned(s.name)}: ${label}` : cleaned(s.name)))],
    rows: places.map((at) => [
      { text: onAxis(at, a), value: at },
      ...series.map((s): Cell => {
        const p = points(s).find((q) => q[key] === at);
        if (!p) return { text: '–' };
        return { text: withName(valueOf(p, f, s), p), value: lying(f) ? p.x : p.y };
      }),
    ]),
  };
}

function long(f: Figure): Table {
  const series = f.series.filter((s) => s.kind !== 'band');
  const ranged = has(f, 'bins', 'span');
  const labelled = series.some((s) => points(s).some((p) => p.label));
  const place = (p: Point): Cell => (ranged ? { text: rangeOf(p, f.x), ...(p.lo !== undefined && { value: toNumber(p.lo) }) } : { text: onAxis(p.x, f.x), value: p.x });
  return {
    caption: captionOf(f),
    head: ['series', axisLabel(f.x) || 'x', axisLabel(f.y) || 'y', ...(labelled ? ['name'] : [])],
    rows: series.flatMap((s) =>
      points(s).map((p): Cell[] => [
        { text: cleaned(s.name) },
        place(p),
        { text: s.kind === 'span' ? onAxis(p.y, f.y) : lying(f) ? onAxis(p.y, f.y) : valueOf(p, f, s), value: p.y },
        ...(labelled ? [{ text: cleaned(p.label, 80) }] : []),
      ])),
  };
}

/** markdownCell keeps a text from being markup or from leaving its cell. */
export function markdownCell(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>#|~!]/g, '\\$&');
}

/** markdownOf writes a table as Markdown. */
export function markdownOf(t: Table): string {
  const row = (cells: string[]) => `| ${cells.map(markdownCell).join(' | ')} |`;
  const rule = `|${t.head.map((_, i) => (i ? '---:' : ':---')).join('|')}|`;
  return [`**${markdownCell(t.caption)}**`, '', row(t.head), rule, ...t.rows.map((r) => row(r.map((c) => c.text))), ''].join('\n');
}

/**
 * csvCell quotes a cell where it must be, and marks a text that a spreadsheet would
 * take for a formula. A number is written as it is.
 */
export function csvCell(v: string | number | undefined): string {
  if (v === undefined) return '';
  if (typeof v === 'number') return String(v);
  const safe = /^[\s]*[=+\-@\t\r]/.test(v) ? `'${v}` : v;
  return /[",\n\r']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** csvOf has a row for each point with all that the figure says of it, bands among them. */
export function csvOf(f: Figure): string {
  const name = (a: Figure['x'], v: number) => a.categories?.[v] ?? v;
  const head = ['figure', 'evidence', 'series', 'kind', axisLabel(f.x) || 'x', axisLabel(f.y) || 'y', 'lo', 'hi', 'at_least', 'hollow', 'label'];
  const rows = f.series.flatMap((s) =>
    points(s).map((p) => [f.id, f.evidence, s.name, s.kind, name(f.x, p.x), name(f.y, p.y), p.lo, p.hi, p.at_least ? 'true' : '', p.hollow ? 'true' : '', p.label ?? '']));
  return [head, ...rows].map((r) => r.map(csvCell).join(',')).join('\r\n') + '\r\n';
}
