import type { Maintenance } from '../domain/rule.ts';
import { cronInstants } from './cron.ts';

const covers = (window: Maintenance): ((nowMs: number) => boolean) => {
  switch (window.kind) {
    case 'range':
      return nowMs => nowMs >= window.fromMs && nowMs < window.toMs;
    case 'cron': {
      const next = cronInstants(window.expression, window.timezone);
      return nowMs => next(nowMs - window.durationMs) <= nowMs;
    }
    default:
      return window satisfies never;
  }
};

const never = () => false;

/** Whether an instant lies in one of the windows. */
export const maintenanceAt = (windows: readonly Maintenance[]): ((nowMs: number) => boolean) => {
  if (windows.length === 0) return never;
  const each = windows.map(covers);
  return nowMs => each.some(inside => inside(nowMs));
};
