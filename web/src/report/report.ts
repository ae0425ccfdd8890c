import type { PageData } from '../data.ts';

/** report enhances a report's page in place. */
export function report(data: PageData): void {
  document.documentElement.dataset['app'] = String(data.figures?.length ?? 0);
}
