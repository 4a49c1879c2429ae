import { type Fact, noneOf } from '../scenario.ts';
import type { Evidence } from './evidence.ts';

export const ticksAddUp = ({ endpoints }: Pick<Evidence, 'endpoints'>): Fact => {
  const sum = (of: 'due' | 'run' | 'missed'): string =>
    endpoints.reduce((total, { ticks }) => total + ticks[of], 0).toLocaleString('en-US');
  return noneOf(
    'due = run + missed',
    endpoints
      .filter(({ ticks }) => ticks.due !== ticks.run + ticks.missed)
      .map(({ id, ticks }) => `${id}: ${ticks.due} ≠ ${ticks.run} + ${ticks.missed}`),
    `${sum('due')} = ${sum('run')} + ${sum('missed')}`,
  );
};
