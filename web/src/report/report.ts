import type { PageData } from '../data.ts';
import { adoptStyle } from '../ui/style.ts';
import { figures } from './figures.ts';
import { glossary } from './glossary.ts';
import { navigation } from './navigation.ts';
import { tables } from './tables.ts';

/** report enhances a report's page in place. */
export function report(data: PageData): void {
  adoptStyle();
  figures(data.figures ?? []);
  tables();
  navigation([glossary(data.metrics ?? [])]);
  document.documentElement.dataset['app'] = 'report';
}
