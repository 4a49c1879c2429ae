import type { RuleId } from '../../domain/rule.ts';
import type { RuleState } from '../../domain/transition.ts';
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

/** Of each rule. */
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
    add: (id: RuleId, held: HeldState): void => {
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
      numbers[at++] = held.heardAtMs;
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

export const eachCounters = function* ({
  ids,
  numbers,
}: PackedCounters): Generator<readonly [id: RuleId, counters: RuleCounters]> {
  let at = 0;
  const next = (): number => numbers[at++] as number;
  for (let from = 0; from < ids.length; ) {
    const to = ids.indexOf(END_OF_ID, from);
    yield [
      ids.slice(from, to) as RuleId,
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
    from = to + END_OF_ID.length;
  }
};
