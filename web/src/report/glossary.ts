import type { Term } from '../data.ts';
import { make } from '../ui/dom.ts';

// What a metric means, where its name stands: on hover, focus and tap; and all of
// them in a dialog.

/** glossary explains the page's metrics in place, and returns a button that shows them all. */
export function glossary(terms: Term[], inFigures: ReadonlySet<string>): HTMLButtonElement | null {
  if (!terms.length) return null;
  const byTag = new Map(terms.map((t) => [t.tag, t]));
  const card = make('div', { class: 'app-term', role: 'tooltip', id: 'app-term', hidden: '' });
  document.body.append(card);
  let over: HTMLElement | null = null;

  const hide = () => {
    over?.removeAttribute('aria-describedby');
    over = null;
    card.hidden = true;
  };
  const show = (el: HTMLElement) => {
    const term = byTag.get(el.dataset['metric'] ?? '');
    if (!term) return;
    if (over !== el) hide();
    over = el;
    card.replaceChildren(...entry(term));
    card.hidden = false;
    el.setAttribute('aria-describedby', card.id);
    const at = el.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const below = at.bottom + 6 + height < innerHeight || at.top < height + 10;
    card.style.left = `${Math.max(6, Math.min(innerWidth - width - 6, at.left))}px`;
    card.style.top = `${below ? at.bottom + 6 : at.top - height - 6}px`;
  };
  const metric = (e: Event) => (e.target instanceof Element ? e.target.closest<HTMLElement>('abbr[data-metric]') : null);

  document.addEventListener('pointerover', (e) => {
    const el = metric(e);
    if (el) show(el);
    else if (over && e.target instanceof Node && !card.contains(e.target) && document.activeElement !== over) hide();
  });
  document.addEventListener('focusin', (e) => {
    const el = metric(e);
    if (el) show(el);
    else hide();
  });
  document.addEventListener('click', (e) => {
    const el = metric(e);
    if (el) show(el);
    else if (e.target instanceof Node && !card.contains(e.target)) hide();
  });
  document.addEventListener('keydown', (e) => e.key === 'Escape' && hide());
  document.addEventListener('scroll', () => over && document.activeElement !== over && hide(), { passive: true });
  const used = new Set([...document.querySelectorAll<HTMLElement>('abbr[data-metric]')].map((el) => el.dataset['metric'] ?? '').concat([...inFigures]));
  const shown = terms.filter((t) => used.has(t.tag));
  return dialogButton(shown.length ? shown : terms);
}

/** entry is what the registry says of a metric. */
function entry(t: Term): HTMLElement[] {
  const facts = [t.unit && `unit: ${t.unit}`, t.better && `${t.better} is better`].filter(Boolean).join(' · ');
  return [make('div', { class: 'app-term-name' }, t.name, ' ', make('code', {}, t.tag)), make('div', { class: 'app-term-facts' }, facts), make('div', {}, t.text)];
}

function dialogButton(terms: Term[]): HTMLButtonElement {
  const open = make('button', { type: 'button', class: 'app-nav-button', 'aria-haspopup': 'dialog' }, 'Glossary');
  let dialog: HTMLDialogElement | undefined;
  open.addEventListener('click', () => {
    dialog ??= build(terms);
    dialog.showModal();
  });
  return open;
}

function build(terms: Term[]): HTMLDialogElement {
  const close = make('button', { type: 'button', class: 'app-close', 'aria-label': 'Close' }, '×');
  const list = make('dl', {}, ...terms.flatMap((t) => {
    const [name, ...rest] = entry(t);
    return [make('dt', {}, ...name!.childNodes), make('dd', {}, ...rest)];
  }));
  const dialog = make('dialog', { class: 'app-dialog', 'aria-labelledby': 'app-glossary' }, make('div', { class: 'app-dialog-head' }, make('h2', { id: 'app-glossary' }, 'Glossary'), close), make('div', { class: 'app-dialog-body', tabindex: '0', role: 'region', 'aria-label': 'Metrics of this page' }, list));
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (e) => e.target === dialog && dialog.close());
  document.body.append(dialog);
  return dialog;
}
