import type { PageData } from '../data.ts';
import { adoptStyle } from '../ui/style.ts';
import { figures } from './figures.ts';
import { glossary } from './glossary.ts';
import { navigation } from './navigation.ts';
import { tables } from './tables.ts';

/** report enhances a report's page in place. */
export function report(data: PageData): void {
  adoptStyle();
  const all = data.figures ?? [];
  const onAxes = new Set(all.flatMap((f) => [f.x.metric, f.y.metric]).filter((tag) => tag !== undefined));
  figures(all);
  tables();
  navigation([glossary(data.metrics ?? [], onAxes)]);
  document.documentElement.dataset['app'] = 'report';
}
