import { make } from '../ui/dom.ts';
import { copyButton, read, sortable } from '../ui/sortable.ts';

/** tables makes the page's tables sortable, and each can be copied. */
export function tables(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) {
    if (table.closest('.app-table')) continue;
    sortable(table);
    const around = table.closest('.scroll') ?? table;
    around.after(make('div', { class: 'app-toolbar app-below' }, copyButton(() => read(table))));
  }
}
