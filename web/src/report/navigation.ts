import { make } from '../ui/dom.ts';

/** navigation marks the section that is read, and adds buttons: the given ones, and one back to the top. */
export function navigation(extra: (HTMLElement | null)[]): void {
  const nav = document.querySelector<HTMLElement>('nav[aria-label="Sections"], nav[aria-label="Contents"], nav');
  const buttons = extra.filter((b) => b !== null);
  nav?.append(...buttons);
  if (!nav && buttons.length) document.body.append(make('div', { class: 'app-corner' }, ...buttons));
  if (nav) follow(nav);
  const top = make('button', { type: 'button', class: 'app-top', hidden: '', 'aria-label': 'Back to the top' }, '↑');
  top.addEventListener('click', () => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    scrollTo({ top: 0, behavior: still ? 'auto' : 'smooth' });
    document.querySelector<HTMLElement>('h1')?.focus();
  });
  document.body.append(top);
  addEventListener('scroll', () => (top.hidden = scrollY < 1.5 * innerHeight), { passive: true });
}

function follow(nav: HTMLElement): void {
  const links = new Map<Element, HTMLAnchorElement>();
  for (const a of nav.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
    const target = document.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (target) links.set(target, a);
  }
  let waiting = false;
  const mark = () => {
    waiting = false;
    let current = [...links.values()][0]; // above the first section that is where a reader goes next
    const line = Math.min(innerHeight * 0.35, 220);
    for (const [target, a] of links) if (target.getBoundingClientRect().top <= line) current = a;
    for (const a of links.values()) {
      if (a === current) {
        if (a.getAttribute('aria-current')) continue;
        a.setAttribute('aria-current', 'true');
        if (nav.scrollWidth > nav.clientWidth) nav.scrollLeft = a.offsetLeft - nav.offsetLeft - 24;
      } else a.removeAttribute('aria-current');
    }
  };
  addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(mark);
  }, { passive: true });
  mark();
}
