import { type Problem, problemText } from '../../config/problem/problem.ts';
import type { Transition } from '../../domain/transition.ts';
import type { DeliveryReport } from '../../engine/events/observer.ts';
import { humanDuration } from '../../wording/notification.ts';
import type { Entry, Loaded, StatusLine } from './entry.ts';
import { printable } from './printable.ts';

const LONGEST_NAME = 120;
const LONGEST_TEXT = 400;

const styles = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
type Style = keyof typeof styles;

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const loadedText = ({ endpoints, targets, invalidFiles }: Loaded, folder: string): string =>
  `${counted(endpoints, 'endpoint')} and ${counted(targets, 'target')}${folder}` +
  (invalidFiles === 0 ? '' : ` (${counted(invalidFiles, 'file')} ignored)`);

const why = ({ reason, error }: Transition): string | null => {
  if (reason === null) return error;
  if (error === null) return reason;
  return `${reason}: ${error}`;
};

const before = ({ kind, atMs, sinceMs, previousState, previousDurationMs }: Transition): string | null => {
  if (kind === 'reminder') return `for ${humanDuration(atMs - sinceMs)} now`;
  return previousDurationMs === null ? null : `was ${previousState} for ${humanDuration(previousDurationMs)}`;
};

const transitionText = (transition: Transition): string => {
  const reason = why(transition);
  const parts = [
    printable(transition.subject.name, LONGEST_NAME),
    reason === null ? null : printable(reason, LONGEST_TEXT),
    before(transition),
    transition.suppressed === null ? null : `(${transition.suppressed}: not delivered)`,
  ];
  return parts.filter(part => part !== null).join('  ');
};

const deliveryText = ({ transition, target, outcome, attempt }: DeliveryReport): string => {
  const what = `${printable(transition.subject.name, LONGEST_NAME)} ${transition.kind} to ${printable(target, LONGEST_NAME)}`;
  if (outcome.kind === 'accepted') return attempt === 1 ? what : `${what}, at attempt ${attempt}`;
  return `${what}, attempt ${attempt}: ${printable(outcome.error, LONGEST_TEXT)}`;
};

const problemLine = (problem: Problem | string): string =>
  typeof problem === 'string'
    ? problem
    : `${problem.file}:${problem.line}:${problem.col}: ${problemText(problem)}`;

const stateStyles = { ok: 'green', fail: 'red', unknown: 'yellow' } as const;
const deliveryLabels = {
  accepted: ['SENT', 'dim'],
  failed: ['RETRY', 'yellow'],
  refused: ['REFUSED', 'red'],
} as const;
const severityLabels = {
  error: ['PROBLEM', 'red'],
  warning: ['WARNING', 'yellow'],
  note: ['NOTE', 'dim'],
} as const;

/** Lines for a person. Whatever comes from files and upstreams is made printable. `timeZone` is the system's own
 *  when it is left out. */
export const createPretty = (options: { readonly colour: boolean; readonly timeZone?: string }) => {
  const { timeZone } = options;
  const clockTime = new Intl.DateTimeFormat('en-GB', {
    ...(timeZone === undefined ? {} : { timeZone }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
  const styled = (style: Style, text: string): string =>
    options.colour ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  const dated = (atMs: number, style: Style, label: string, text: string): string =>
    `${styled('dim', clockTime.format(atMs))}  ${styled(style, label.padEnd(7))}  ${text}`;

  const line = (entry: Entry, nowMs: number): string => {
    switch (entry.kind) {
      case 'started': {
        const { version, url, folder, workers } = entry.started;
        const among = workers === 1 ? '' : ` with ${workers} workers`;
        const where = ` from ${printable(folder, LONGEST_NAME)}${among}`;
        return `${styled('bold', `Peregrine ${version}`)} at ${url}, checking ${loadedText(entry.started, where)}`;
      }
      case 'reloaded':
        return dated(nowMs, 'dim', 'LOADED', loadedText(entry.loaded, ''));
      case 'problem': {
        const severity = typeof entry.problem === 'string' ? 'error' : entry.problem.severity;
        const [label, style] = severityLabels[severity];
        return dated(nowMs, style, label, printable(problemLine(entry.problem), 2 * LONGEST_TEXT));
      }
      case 'note':
        return dated(nowMs, 'dim', 'NOTE', printable(entry.message, 2 * LONGEST_TEXT));
      case 'transition': {
        const { atMs, state } = entry.transition;
        return dated(atMs, stateStyles[state], state.toUpperCase(), transitionText(entry.transition));
      }
      case 'delivery': {
        const [label, style] = deliveryLabels[entry.report.outcome.kind];
        const text = deliveryText(entry.report);
        return dated(nowMs, style, label, style === 'dim' ? styled('dim', text) : text);
      }
      case 'stopped':
        return dated(nowMs, 'dim', 'STOPPED', 'the monitor has ended');
      default:
        return entry satisfies never;
    }
  };

  const statusText = (now: StatusLine): string =>
    [
      `${now.endpoints - now.failing - now.unknown} ok`,
      `${now.failing} failing`,
      `${now.unknown} unknown`,
      `${Math.round(now.checksPerSecond)} checks/s`,
      `p99 ${now.latenessMs.p99.toFixed(1)}ms late`,
    ].join('  ');
  const statusStyle = (now: StatusLine): Style => (now.failing > 0 ? 'red' : 'green');

  return {
    line,
    /** Cut before it is coloured: a line that wraps cannot be rewritten in place. */
    statusLine: (now: StatusLine, columns: number): string =>
      styled(statusStyle(now), statusText(now).slice(0, Math.max(0, columns - 1))),
    summary: (now: StatusLine, nowMs: number): string =>
      dated(nowMs, statusStyle(now), 'STATUS', statusText(now)),
  };
};
