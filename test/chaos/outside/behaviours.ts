import { seeded } from '../harness/random.ts';

/** What a service does with one request; `null` is no answer at all. */
export type Reply = { readonly status: number; readonly body: string; readonly afterMs: number } | null;

const answer = (status: number, afterMs = 0): Reply => ({
  status,
  body: status === 200 ? '{"status":"ok"}' : '{"status":"bad"}',
  afterMs,
});

/** Backtracking takes 2^n steps on this where the expression is `(a+)+b`. */
const EXPONENTIAL = { status: 200, body: 'a'.repeat(48), afterMs: 0 };
const MANY_ITEMS = { status: 200, body: JSON.stringify({ items: [...Array(2000).keys()] }), afterMs: 0 };

/** A service that is up and down by turns of 0.4 to 5 s, at instants of its own. */
const flapping = (seed: number, nowMs: number): ((nowMs: number) => Reply) => {
  const random = seeded(seed);
  let isUp = random() < 0.5;
  let turnsAtMs = nowMs;
  return at => {
    while (turnsAtMs <= at) {
      isUp = !isUp;
      turnsAtMs += 400 + random() * 4600;
    }
    return answer(isUp ? 200 : 503);
  };
};

/** Answers that come again and again: `FFO`. */
const repeating = (pattern: string, from: number): (() => Reply) => {
  let count = from;
  return () => answer(pattern[count++ % pattern.length] === 'F' ? 503 : 200);
};

const hashOf = (text: string): number =>
  [...text].reduce((sum, { length }, at) => sum * 31 + text.charCodeAt(at) + length, 7) | 0;

/** What the endpoint of a path does from now on. `slow` answers after the milliseconds that follow it. */
export const behave = (
  behaviour: string,
  endpoint: string,
  seed: number,
  nowMs: number,
): ((nowMs: number) => Reply) => {
  const own = hashOf(endpoint) ^ seed;
  const [kind, figure] = behaviour.split('-');
  switch (kind) {
    case 'down':
      return () => answer(503);
    case 'flap':
      return flapping(own, nowMs);
    case 'FFO':
    case 'FFOOOO':
      // Each begins elsewhere in its pattern.
      return repeating(kind, Math.abs(own));
    case 'slow':
      return () => answer(200, Number(figure));
    case 'silent':
      return () => null;
    case 'exponential':
      return () => EXPONENTIAL;
    case 'items':
      return () => MANY_ITEMS;
    default:
      return () => answer(200);
  }
};
