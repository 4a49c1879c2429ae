import type { RuleId } from '../../domain/rule.ts';
import { newRuleState, type RuleState } from '../../domain/transition.ts';
import type { HeldState } from '../../rule/held-state.ts';

/** What a rule counts from result to result. */
export type RuleCounters = Pick<
  RuleState,
  'version' | 'streak' | 'streakOk' | 'lastResultAtMs' | 'notifiedAtMs' | 'runs' | 'failures'
>;

/** Those of many rules, in two pieces that another thread has at once: of 100,000 objects a clone took 50 ms of the
 *  check loop, and the monitor 125 MB more. */
export type PackedCounters = {
  /** One a line. */
  readonly ids: string;
  /** In memory that threads share, but for those that come from another process. */
  readonly numbers: Float64Array;
};

/** Numbers stored per rule, in the order in which `add` writes them. */
const NUMBERS = 7;

const END_OF_ID = '\n';

const newNumbers = (length: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));

/** NaN stands for null. */
const orNull = (number: number): number | null => (Number.isNaN(number) ? null : number);

/** Collected again and again, in the same memory: made anew each time, at 100,000 rules they alone brought V8 to collect
 *  the whole heap. */
export const createRuleCounters = () => {
  const ids: RuleId[] = [];
  let numbers = newNumbers(0);
  let text: string | null = '';
  let count = 0;

  const widen = (): void => {
    const narrow = numbers;
    numbers = newNumbers(2 * narrow.length + NUMBERS);
    numbers.set(narrow);
  };

  return {
    /** With room for so many at first. What `all` gave before is over. */
    begin: (expected: number): void => {
      count = 0;
      if (numbers.length < NUMBERS * expected) numbers = newNumbers(NUMBERS * expected);
    },
    /** `heardAtMs`: of the last result, which may lie before what `held` says. */
    add: (id: RuleId, held: HeldState, heardAtMs = held.heardAtMs): void => {
      let at = NUMBERS * count;
      if (at === numbers.length) widen();
      if (ids[count] !== id) {
        ids[count] = id;
        text = null;
      }
      count++;
      numbers[at++] = held.version;
      numbers[at++] = held.streak;
      numbers[at++] = held.streakOk ? 1 : 0;
      numbers[at++] = heardAtMs;
      numbers[at++] = held.notifiedAtMs ?? Number.NaN;
      numbers[at++] = held.runs;
      numbers[at++] = held.failures;
    },
    all: (): PackedCounters => {
      if (ids.length !== count) text = null;
      ids.length = count;
      text ??= ids.map(id => id + END_OF_ID).join('');
      return { ids: text, numbers: numbers.subarray(0, NUMBERS * count) };
    },
  };
};

/** Those of the rules that are wanted. Of the others no object is made. */
export const eachCounters = function* (
  { ids, numbers }: PackedCounters,
  isWanted: (id: RuleId) => boolean = () => true,
): Generator<readonly [id: RuleId, counters: RuleCounters]> {
  let at = 0;
  const next = (): number => numbers[at++] as number;
  for (let from = 0, n = 0; from < ids.length; n++) {
    const to = ids.indexOf(END_OF_ID, from);
    const id = ids.slice(from, to) as RuleId;
    from = to + END_OF_ID.length;
    if (!isWanted(id)) continue;
    at = NUMBERS * n;
    yield [
      id,
      {
        version: next(),
        streak: next(),
        streakOk: next() === 1,
        lastResultAtMs: orNull(next()),
        notifiedAtMs: orNull(next()),
        runs: next(),
        failures: next(),
      },
    ];
  }
};

/** Parts of `rules` rules each, and the last of fewer, made one at a time; of no rule at all one empty part. They lie in
 *  the same memory. */
export const partsOf = function* (
  { ids, numbers }: PackedCounters,
  rules: number,
): Generator<PackedCounters, void, void> {
  let [from, n] = [0, 0];
  do {
    let [to, count] = [from, 0];
    for (; count < rules && to < ids.length; count++) to = ids.indexOf(END_OF_ID, to) + END_OF_ID.length;
    yield { ids: ids.slice(from, to), numbers: numbers.subarray(NUMBERS * n, NUMBERS * (n + count)) };
    from = to;
    n += count;
  } while (from < ids.length);
};

/** By what is counted: instants move with a clock that is set to another time. */
const isNewer = (counters: RuleCounters, state: RuleState): boolean =>
  counters.version === state.version && counters.runs >= state.runs;

/** What was saved of a rule, with the newest of the counters that checkpoints have of it, where they are newer. */
export const withCounters = (
  saved: RuleState,
  counters: readonly (RuleCounters | undefined)[],
): RuleState => {
  let state = saved;
  for (const one of counters) if (one && isNewer(one, state)) state = { ...state, ...one };
  return state;
};

/** A rule that had no transition yet, as its checkpoint alone knows it; null: the checkpoint is of a transition that was
 *  never saved. */
export const fromCounters = (counters: RuleCounters | undefined): RuleState | null =>
  counters && isNewer(counters, newRuleState) ? withCounters(newRuleState, [counters]) : null;
