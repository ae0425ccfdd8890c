// What a page hands to the app: the JSON of Go's page.Data and figure.Figure.

export type Kind = 'line' | 'rule' | 'step' | 'bar' | 'stack' | 'band' | 'dot' | 'front' | 'bins' | 'span';
export type Role = 'candidate' | 'baseline' | 'further' | 'part' | 'faint';

/** A bound of Go's result.Number: JSON has no infinity, so it is a word. */
export type Bound = number | 'inf' | '-inf';

export interface Point {
  x: number;
  y: number;
  lo?: Bound;
  hi?: Bound;
  at_least?: boolean;
  hollow?: boolean;
  label?: string;
}

export interface Series {
  name: string;
  role: Role;
  kind: Kind;
  place?: number;
  dashed?: boolean;
  points: Point[] | null;
}

export interface Area {
  from: number;
  to: Bound;
  role: Role;
}

export interface Axis {
  label?: string;
  unit?: string;
  metric?: string;
  log?: boolean;
  count?: boolean;
  measured?: boolean;
  share?: boolean;
  base?: number;
  categories?: string[];
  ticks?: number[];
}

export interface Limit {
  value: number;
  label: string;
  vertical?: boolean;
  only?: number[];
}

export interface Figure {
  id: string;
  benchmark: string;
  title: string;
  subtitle: string;
  evidence: string;
  x: Axis;
  y: Axis;
  series: Series[];
  limits?: Limit[];
  areas?: Area[];
  note?: string;
  sync?: string;
}

/** A metric of the registry, as the glossary shows it. */
export interface Term {
  tag: string;
  name: string;
  unit: string;
  better: string;
  text: string;
}

export interface PageData {
  figures?: Figure[] | null;
  metrics?: Term[] | null;
  what_if?: unknown;
}

/** readData parses the page's JSON block; a page without one has no data. */
export function readData(doc: Document): PageData {
  const block = doc.getElementById('data');
  if (!block?.textContent) return {};
  return JSON.parse(block.textContent) as PageData;
}

/** toNumber reads a bound. */
export function toNumber(b: Bound): number {
  return b === 'inf' ? Infinity : b === '-inf' ? -Infinity : b;
}
