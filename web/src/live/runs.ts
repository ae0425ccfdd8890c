// The list of runs: its columns sort, by keyboard too.
import { sortable } from '../ui/sortable.ts';

/** runs makes the tables of the page sortable. */
export function runs(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) sortable(table);
}
