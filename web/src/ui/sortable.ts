import { markdownOf, type Table } from '../chart/table.ts';
import { button, copy, make, say } from './dom.ts';

/** A row of a table with what it is sorted by. */
export interface Keyed {
  key: string;
  value: number | null;
}

/** compareKeys orders numbers before words; what is missing comes last in both directions. */
export function compareKeys(a: Keyed, b: Keyed, descending: boolean): number {
  const missing = (k: Keyed) => k.value === null && (k.key === '' || k.key === '–');
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  const sign = descending ? -1 : 1;
  if (a.value !== null && b.value !== null) return sign * (a.value - b.value);
  if (a.value !== null || b.value !== null) return a.value !== null ? -1 : 1;
  return sign * a.key.localeCompare(b.key, 'en', { numeric: true });
}

function keyOf(cell: Element | undefined): Keyed {
  const key = cell?.textContent?.trim() ?? '';
  const set = cell?.getAttribute('data-value');
  const value = set ? (set === 'inf' ? Infinity : Number(set)) : NaN;
  return { key, value: Number.isNaN(value) ? null : value };
}

/** sortable makes the heads of a table sort it, by click or key. */
export function sortable(table: HTMLTableElement): void {
  const heads = [...table.querySelectorAll<HTMLTableCellElement>('thead tr:last-child > th')];
  const body = table.tBodies[0];
  if (!body || body.rows.length < 2) return;
  heads.forEach((head, column) => {
    const b = make('button', { type: 'button', class: 'app-sort' });
    b.append(...head.childNodes);
    if (!b.textContent?.trim()) b.setAttribute('aria-label', `Sort by column ${column + 1}`);
    head.append(b);
    b.addEventListener('click', (e) => {
      if (e.target instanceof Element && e.target.closest('abbr[data-metric]') && e.detail > 0 && matchMedia('(hover: none)').matches) return; // a tap on the name explains it
      const descending = head.getAttribute('aria-sort') === 'ascending';
      for (const h of heads) h.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
      rows.sort((p, q) => compareKeys(p.key, q.key, descending));
      body.append(...rows.map((r) => r.row));
    });
  });
}

/** read is what stands in a table of the page, for copying. */
export function read(table: HTMLTableElement): Table {
  const words = (el: Element) => (el.textContent ?? '').replace(/\s+/g, ' ').trim();
  const head = table.tHead ? [...(table.tHead.rows[table.tHead.rows.length - 1]?.cells ?? [])] : [];
  return {
    caption: words(table.caption ?? table),
    head: head.map(words),
    rows: [...table.tBodies].flatMap((b) => [...b.rows].map((r) => [...r.cells].map((c) => ({ text: words(c) })))),
  };
}

/** copyButton copies a table as Markdown. */
export function copyButton(what: () => Table): HTMLButtonElement {
  return button('Copy', 'Copy the table as Markdown', async (b) => {
    say((await copy(markdownOf(what()))) ? 'Copied' : 'The browser does not let this page copy', b);
  });
}

/** drawTable makes a table element from a figure's table. */
export function drawTable(t: Table): HTMLTableElement {
  const head = make('tr', {}, ...t.head.map((h) => make('th', { scope: 'col' }, h)));
  const rows = t.rows.map((r) =>
    make('tr', {}, ...r.map((c, i) => {
      const attributes = { ...(c.value !== undefined && { 'data-value': Number.isFinite(c.value) ? String(c.value) : 'inf' }), 'data-label': t.head[i] ?? '' };
      return i === 0 ? make('th', { scope: 'row', ...attributes }, c.text) : make('td', attributes, c.text);
    })));
  const table = make('table', { 'data-sortable': '' }, make('caption', {}, t.caption), make('thead', {}, head), make('tbody', {}, ...rows));
  sortable(table);
  return table;
}
