// Elements, made without markup: text is only ever set as text.

type Child = Node | string | null | false | undefined;

/** make makes an element with attributes and children; a string is text. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
  for (const c of children) if (c) el.append(c);
  return el;
}

/** button is a button that does something. */
export function button(words: string, title: string, act: (b: HTMLButtonElement) => void): HTMLButtonElement {
  const b = make('button', { type: 'button', title }, words);
  b.addEventListener('click', () => act(b));
  return b;
}

let status: HTMLElement | undefined;

/** say tells screen readers, and shows for a moment where asked for. */
export function say(words: string, near?: HTMLElement): void {
  if (!status?.isConnected) {
    status = make('div', { class: 'app-status', role: 'status', 'aria-live': 'polite' });
    document.body.append(status);
  }
  status.textContent = words;
  if (!near) return;
  const before = near.textContent;
  near.textContent = words;
  setTimeout(() => (near.textContent = before), 1400);
}

/** copy puts text on the clipboard; pages from a file may have only the old way. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make('textarea', { class: 'app-offscreen', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/** save hands a file to the reader. */
export function save(name: string, what: Blob): void {
  const url = URL.createObjectURL(what);
  const a = make('a', { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** fileName keeps of an id what every system takes in a name. */
export function fileName(id: string): string {
  return id.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '').slice(0, 80) || 'figure';
}
