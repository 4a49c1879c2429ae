import type { Violation } from './invariants/invariant.ts';
import type { Observation } from './observation.ts';
import type { World } from './world/world.ts';

const ms = (span: number): string =>
  span < 1000 ? `${Math.round(span)} ms` : `${(span / 1000).toFixed(span < 60_000 ? 1 : 0)} s`;

/** What one line says; null: not worth a line. */
const said = (seen: Observation): string | null => {
  switch (seen.kind) {
    case 'started':
    case 'asked to stop':
    case 'crashed':
    case 'exited':
    case 'woke':
      return seen.kind;
    case 'deadline':
      return 'comes to its deadline';
    case 'began':
      return `begins, epoch ${seen.epoch}`;
    case 'ended':
      return `ends, epoch ${seen.epoch}`;
    case 'paused':
      return `stands still for ${ms(seen.pause.forMs)} (${seen.pause.how}, then ${seen.pause.answersFirst ? 'answers' : 'timers'} first)`;
    case 'clock stepped':
      return `its clock is set by ${seen.byMs > 0 ? '+' : '-'}${ms(Math.abs(seen.byMs))}`;
    case 'problem':
      return `says: ${seen.message}`;
    case 'service':
      return `${seen.id} is ${seen.mode}`;
    case 'target':
      return `target ${seen.name} is ${seen.mode}`;
    case 'edited':
      return `the files ${seen.edit.kind} ${seen.edit.endpoint}${seen.edit.kind === 'move' ? ` to ${seen.edit.jobset}` : ''}`;
    case 'store away':
    case 'store back':
      return `${seen.kind} (${seen.how}${seen.process ? `, for ${seen.process} alone` : ''})`;
    case 'acquired':
      return `has the lease, epoch ${seen.epoch}`;
    case 'renewed':
      return null;
    case 'released':
      return `frees the lease, epoch ${seen.epoch}`;
    case 'renewal refused':
      return `is told that its lease is lost, epoch ${seen.epoch}`;
    case 'hand-over asked':
      return `epoch ${seen.epoch} of ${seen.jobset} is asked to hand over`;
    case 'save issued':
      return null;
    case 'save done':
      return `saves ${seen.transition.id} ${seen.transition.kind} under epoch ${seen.epoch}: ${seen.outcome}${seen.repeated ? ' before' : ''}`;
    case 'checkpoint':
      return 'saves its checkpoint';
    case 'acknowledged':
      return `tells the store that ${seen.to.join(' and ')} has ${seen.id}#${seen.version}`;
    case 'written to history':
      return `writes ${seen.transitions.map(({ id }) => id).join(', ')} to the history`;
    case 'call failed':
      return `"${seen.call}" fails: ${seen.why}${seen.done ? ', though it was done' : ''}`;
    case 'asked':
    case 'answered':
      return null;
    case 'checked':
      return `${seen.id} ${seen.ok ? 'ok' : `fails (${seen.reason})`}${seen.ok === seen.up ? '' : ', which is not true'}`;
    case 'told':
      return `tells ${seen.transition.id} ${seen.transition.kind}`;
    case 'sent':
      return null;
    case 'received':
      return `${seen.target} gets ${seen.transition.id} ${seen.transition.kind}`;
    case 'delivered':
      return seen.outcome.kind === 'accepted'
        ? null
        : `${seen.transition.id} to ${seen.target} ${seen.outcome.kind}: ${seen.outcome.error}`;
    case 'shown':
      return null;
    default:
      return seen satisfies never;
  }
};

const line = (atMs: number, who: string, what: string): string =>
  `${(atMs / 1000).toFixed(3).padStart(10)}  ${who.padEnd(9)}  ${what}`;

const whoOf = (seen: Observation): string =>
  'process' in seen && seen.process !== null && 'jobset' in seen ? seen.process : '';

/** Equal results in a row are one line: the first of them. */
const createRepeats = () => {
  const last = new Map<string, string>();
  return (seen: Observation): boolean => {
    if (seen.kind !== 'checked') return false;
    const what = `${seen.ok} ${seen.reason} ${seen.epoch}`;
    if (last.get(seen.id) === what) return true;
    last.set(seen.id, what);
    return false;
  };
};

/** More lines before the end than a person reads. */
const MOST_LINES = 400;

const described = ({
  kind,
  jobsetKind,
  seed,
  endpoints,
  jobsets,
  targets,
  maxInFlight,
}: World): readonly string[] => [
  `seed ${seed}: ${kind === 'machine' ? 'one machine' : `the cloud, ${jobsetKind} jobsets`}, ${jobsets.join(' and ')}, targets ${targets.map(({ name }) => name).join(' and ')}, ${maxInFlight} checks at once`,
  ...endpoints.map(
    plan =>
      `  ${plan.id} in ${plan.jobset}: every ${ms(plan.everyMs)}, failing every ${ms(plan.failEveryMs)}, timeout ${ms(plan.timeoutMs)}, stale after ${ms(plan.staleAfterMs)}, fails after ${plan.failureThreshold}, ok after ${plan.successThreshold}, to ${plan.targets.join(' and ') || 'nobody'}`,
  ),
];

/** What happened up to what broke, in lines for a person: time in seconds, who, what. */
export const transcriptOf = (
  world: World,
  observations: readonly Observation[],
  violations: readonly Violation[],
  mostLines = MOST_LINES,
): string => {
  const [first] = violations;
  const untilMs = first?.atMs ?? Number.POSITIVE_INFINITY;
  const repeats = createRepeats();
  const lines = observations.flatMap(seen => {
    if (seen.atMs > untilMs + 1 || repeats(seen)) return [];
    const what = said(seen);
    return what === null ? [] : [line(seen.atMs, whoOf(seen), what)];
  });
  const left = lines.length > mostLines ? [`      … ${lines.length - mostLines} lines before`] : [];
  const broken = violations
    .slice(0, 5)
    .map(({ atMs, invariant, message }) => line(atMs, 'BROKEN', `${invariant}: ${message}`));
  return [...described(world), ...left, ...lines.slice(-Math.min(mostLines, lines.length)), ...broken].join(
    '\n',
  );
};
