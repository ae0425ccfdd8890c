import type { Figure } from '../data.ts';
import { toolbar } from '../chart/toolbar.ts';
import { View } from '../chart/view.ts';
import { onThemeChange } from '../theme.ts';
import { make } from '../ui/dom.ts';

// The drawings of Go stand in the page. Each becomes a chart when it comes near the
// window, so that the page is there at once; on paper the drawing is there again.

/** figures makes the page's figures interactive, each as it comes into view. */
export function figures(all: Figure[]): void {
  const byID = new Map(all.map((f) => [f.id, f]));
  const views: View[] = [];
  const near = new IntersectionObserver(
    (entries) => {
      for (const e of entries) {
        if (!e.isIntersecting) continue;
        near.unobserve(e.target);
        const view = enhance(e.target as HTMLElement, byID);
        if (view) views.push(view);
      }
    },
    { rootMargin: '300px 0px' },
  );
  for (const el of document.querySelectorAll<HTMLElement>('figure[data-figure]')) near.observe(el);
  onThemeChange(() => views.forEach((v) => v.retheme()));
}

function enhance(el: HTMLElement, byID: ReadonlyMap<string, Figure>): View | null {
  const f = byID.get(el.dataset['figure'] ?? '');
  const drawing = el.querySelector('.drawing');
  if (!f || !drawing) return null;
  const view = new View(f);
  const still = make('div', { class: 'app-still' });
  still.append(...drawing.childNodes);
  try {
    drawing.append(view.root, still);
    view.draw();
  } catch (e) {
    drawing.replaceChildren(...still.childNodes);
    throw e;
  }
  // The drawing of Go may be wider than its place and scrolls; a chart fits.
  const frame = drawing.closest('.scroll') ?? drawing;
  for (const name of ['tabindex', 'role', 'aria-label']) frame.removeAttribute(name);
  frame.classList.remove('scroll');
  frame.after(toolbar(view));
  return view;
}
