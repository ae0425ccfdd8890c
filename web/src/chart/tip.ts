import { make } from '../ui/dom.ts';
import type { Reading } from './reading.ts';

// One tooltip for all charts. Names are outside text: they are set as text.

let box: HTMLElement | undefined;

/** showTip shows a reading next to a place in the window. */
export function showTip(r: Reading, color: (series: number) => string, x: number, y: number): void {
  if (!box?.isConnected) {
    box = make('div', { class: 'app-tip', 'aria-hidden': 'true' });
    document.body.append(box);
  }
  const rows = r.rows.map((row) => {
    const key = make('span', { class: 'app-key' });
    key.style.background = color(row.series);
    return make('div', { class: 'app-tip-row' }, key, make('span', {}, row.name), make('b', {}, row.value));
  });
  box.replaceChildren(make('div', { class: 'app-tip-title' }, r.title), ...rows);
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  const right = x + 16 + width < innerWidth;
  box.style.left = `${Math.max(4, right ? x + 16 : x - 16 - width)}px`;
  box.style.top = `${Math.max(4, Math.min(innerHeight - height - 4, y - height / 2))}px`;
}

export function hideTip(): void {
  if (box) box.hidden = true;
}

/** spoken is a reading for screen readers. */
export function spoken(r: Reading): string {
  return `${r.title}. ${r.rows.map((row) => `${row.name}: ${row.value}`).join('; ')}`;
}
