// The palette is the page's: CSS custom properties, which follow light and dark.
// Charts read it here and are drawn again when it changes.

export interface Theme {
  dark: boolean;
  background: string;
  card: string;
  ink: string;
  soft: string;
  grid: string;
  accent: string;
  ok: string;
  bad: string;
  faint: string;
  limit: string;
  parts: string[];
  font: string;
}

/** readTheme reads the custom properties of the page's root element. */
export function readTheme(doc: Document = document): Theme {
  const style = getComputedStyle(doc.documentElement);
  const get = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  return {
    dark: isDark(doc),
    background: get('--bg', '#ffffff'),
    card: get('--card', '#f8fafc'),
    ink: get('--ink', '#1f2937'),
    soft: get('--soft', '#5b6575'),
    grid: get('--grid', '#d8dde4'),
    accent: get('--accent', '#2563eb'),
    ok: get('--ok', '#047857'),
    bad: get('--bad', '#b91c1c'),
    faint: get('--faint', '#a3acba'),
    limit: get('--limit', '#dc2626'),
    parts: ['#2563eb', '#d97706', '#059669', '#7c3aed', '#c0268f', '#64748b'].map((c, i) => get(`--part${i + 1}`, c)),
    font: getComputedStyle(doc.body).fontFamily || 'sans-serif',
  };
}

function isDark(doc: Document): boolean {
  const set = doc.documentElement.dataset['theme'];
  if (set === 'dark' || set === 'light') return set === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

/**
 * onThemeChange calls back whenever the palette may have changed: the system's
 * preference, the page's own switch (data-theme on the root), or printing.
 */
export function onThemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
}
