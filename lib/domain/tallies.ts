import type { EndpointId } from './endpoint.ts';
import type { RuleState } from './transition.ts';

/** What a rule counts from result to result. */
export type Tally = Pick<
  RuleState,
  'version' | 'streak' | 'streakOk' | 'lastResultAtMs' | 'notifiedAtMs' | 'runs' | 'failures'
>;

/** Those of many rules in one piece, which a thread takes over from another at once: to clone 100,000 objects takes
 *  50 ms of the check loop, and with them the monitor took 125 MB more. */
export type Tallies = { readonly ids: readonly EndpointId[]; readonly numbers: Float64Array };

/** Of each rule. */
const NUMBERS = 7;

/** NaN stands for null. */
const orNull = (number: number): number | null => (Number.isNaN(number) ? null : number);

/** With room for so many at first. */
export const createTallies = (expected: number) => {
  // Of a given length it would be an array with holes, which takes three times as long to clone.
  const ids: EndpointId[] = [];
  let numbers = new Float64Array(NUMBERS * expected);
  let at = 0;

  const widen = (): void => {
    const narrow = numbers;
    numbers = new Float64Array(2 * narrow.length + NUMBERS);
    numbers.set(narrow);
  };

  return {
    add: (id: EndpointId, tally: Tally): void => {
      ids.push(id);
      if (at === numbers.length) widen();
      numbers[at++] = tally.version;
      numbers[at++] = tally.streak;
      numbers[at++] = tally.streakOk ? 1 : 0;
      numbers[at++] = tally.lastResultAtMs ?? Number.NaN;
      numbers[at++] = tally.notifiedAtMs ?? Number.NaN;
      numbers[at++] = tally.runs;
      numbers[at++] = tally.failures;
    },
    all: (): Tallies => ({ ids, numbers }),
  };
};

export const eachTally = function* ({
  ids,
  numbers,
}: Tallies): Generator<readonly [id: EndpointId, tally: Tally]> {
  let at = 0;
  const next = (): number => numbers[at++] as number;
  for (const id of ids)
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
};
