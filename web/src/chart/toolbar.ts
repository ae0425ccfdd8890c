import type { Figure } from '../data.ts';
import { readTheme } from '../theme.ts';
import { button, fileName, make, save, say } from '../ui/dom.ts';
import { copyButton, drawTable } from '../ui/sortable.ts';
import { pngOf, svgOf } from './picture.ts';
import { csvOf, tableOf } from './table.ts';
import type { View } from './view.ts';

/** toolbar is what can be done with a figure: other scales, its table, files of it. */
export function toolbar(view: View): HTMLElement {
  const f = (): Figure => view.f;
  const bar = make('div', { class: 'app-toolbar', role: 'group', 'aria-label': `Tools of the figure ${f().title.slice(0, 160)}` });
  const holder = make('div', { class: 'app-table', hidden: '' });

  const reset = button('Show all', 'Leave the zoom (double click, or key 0)', () => view.zoomTo(null));
  const scales = view.logs().map((axis) => {
    const key = axis === 'x' ? 'logX' : 'logY';
    const b = button(`log ${axis}`, `Logarithmic or linear ${axis} axis`, () => view.choose({ [key]: !view.choice[key] }));
    return { b, key } as const;
  });
  view.onChoice = () => {
    reset.hidden = view.choice.zoom === null;
    for (const { b, key } of scales) b.setAttribute('aria-pressed', String(view.choice[key]));
  };

  const table = button('Table', 'Show the values of this figure', (b) => {
    holder.hidden = !holder.hidden;
    if (!holder.hidden && !holder.hasChildNodes()) {
      holder.append(make('div', { class: 'scroll app-scroll', role: 'region', tabindex: '0', 'aria-label': `Values of ${f().title.slice(0, 160)}` }, drawTable(tableOf(f()))));
    }
    b.setAttribute('aria-expanded', String(!holder.hidden));
  });
  table.setAttribute('aria-expanded', 'false');
  const name = () => fileName(f().id);
  const svg = () => svgOf(f(), readTheme(), view.choice);
  bar.append(
    reset,
    ...scales.map((s) => s.b),
    table,
    copyButton(() => tableOf(f())),
    button('SVG', 'Download as SVG', () => save(`${name()}.svg`, new Blob([svg()], { type: 'image/svg+xml' }))),
    button('PNG', 'Download as PNG', async (b) => {
      try {
        save(`${name()}.png`, await pngOf(svg()));
      } catch {
        say('This browser cannot make a PNG here', b);
      }
    }),
    button('CSV', 'Download the values as CSV', () => save(`${name()}.csv`, new Blob([csvOf(f())], { type: 'text/csv' }))),
  );
  view.onChoice();
  return make('div', { class: 'app-tools' }, bar, holder);
}
