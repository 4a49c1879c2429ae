import type { Transition, TransitionKind } from '../domain/transition.ts';

/** Unit, its seconds, and the seconds of the next larger unit. */
const units = [
  ['d', 86_400, Number.POSITIVE_INFINITY],
  ['h', 3_600, 86_400],
  ['m', 60, 3_600],
  ['s', 1, 60],
] as const;

/** To two units: `3d 4h`, `2h 5m`, `1m 30s`; below a minute `12.5s`, `250ms`. */
export const humanDuration = (ms: number): string => {
  if (Math.round(ms) < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(ms / 1000);
  const counts = units.map(([unit, size, next]) => ({ unit, count: Math.floor((seconds % next) / size) }));
  const largest = counts.findIndex(({ count }) => count > 0);
  return counts
    .slice(largest, largest + 2)
    .flatMap(({ unit, count }) => (count > 0 ? [`${count}${unit}`] : []))
    .join(' ');
};

const headlines: { readonly [kind in TransitionKind]: string } = {
  fail: 'FAIL',
  ok: 'OK',
  initial: 'OK',
  unknown: 'UNKNOWN',
  reminder: 'STILL FAILING',
};

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
const inUtc = (atMs: number) => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const historyOf = ({ kind, sinceMs, atMs, previousState, previousDurationMs }: Transition): string => {
  const since = `Since ${inUtc(sinceMs)}`;
  if (kind === 'reminder') return `${since}, for ${humanDuration(atMs - sinceMs)}.`;
  return previousDurationMs === null
    ? `${since}.`
    : `${since}, was ${previousState} for ${humanDuration(previousDurationMs)}.`;
};

/** What a person reads, on a phone: the first line of `text` alone says what happened. */
export const notificationOf = (
  transition: Transition,
): { readonly subject: string; readonly text: string } => {
  const { name, group, description, runbook } = transition.subject;
  const subject = oneLine(`${headlines[transition.kind]} ${name}${group === null ? '' : ` (${group})`}`);
  const headline = transition.error === null ? subject : `${subject}: ${oneLine(transition.error)}`;
  const lines = [headline, historyOf(transition), description, runbook && `Runbook: ${runbook}`];
  return { subject, text: lines.filter(line => line).join('\n') };
};
