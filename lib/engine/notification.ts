import type { Transition, TransitionKind } from '../domain/transition.ts';

const SECOND_MS = 1000;
const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** The two largest units: `3d 4h`, `2h 5m`, `1m 30s`, `12.5s`, `250ms`. */
export const humanDuration = (ms: number): string => {
  if (Math.round(ms) < SECOND_MS) return `${Math.max(0, Math.round(ms))}ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(ms / SECOND_MS);
  const largest = units.findIndex(([, size]) => seconds >= size);
  const [major, minor] = [units[largest], units[largest + 1]];
  if (!major) return `${seconds}s`;
  const [majorUnit, majorSize] = major;
  const rest = minor ? Math.floor((seconds % majorSize) / minor[1]) : 0;
  const whole = `${Math.floor(seconds / majorSize)}${majorUnit}`;
  return minor && rest > 0 ? `${whole} ${rest}${minor[0]}` : whole;
};
