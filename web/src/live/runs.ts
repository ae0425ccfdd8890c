// The list of runs: its columns sort, by keyboard too.

/** runs makes the tables of the page sortable. */
export function runs(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) sortable(table);
}

function sortable(table: HTMLTableElement): void {
  const heads = [...table.querySelectorAll<HTMLTableCellElement>('thead th')];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const body = table.tBodies[0];
      if (!body) return;
      body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * compare(key(a, column), key(b, column))));
    });
  });
}

/** key of a cell: its value where it has one, else its text. */
function key(row: HTMLTableRowElement, column: number): string | number {
  const cell = row.cells[column];
  const value = cell?.dataset['value'];
  return value !== undefined ? Number(value) : (cell?.textContent ?? '').trim();
}

export function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
