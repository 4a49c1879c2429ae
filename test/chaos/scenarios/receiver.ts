import { setTimeout as sleep } from 'node:timers/promises';
import { many } from '../harness/endpoints.ts';
import { settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { everyPromise } from '../judge/promises.ts';
import { fact, noneOf, type Scenario } from '../scenario.ts';

const PER_SECOND = 100;
/** What its rate asks for, and as much again as a busy machine takes. */
const MOST_RATIO = 1.5;
const SPARE_MS = 8000;
/** What a limit of so many a second may let through in one: what was saved up, and what a busy
 *  machine handed over late. */
const MOST_IN_A_SECOND = 1.5 * PER_SECOND;
const ON = ['fail', 'ok', 'unknown', 'initial'];

const mostInASecond = (atMs: readonly number[]): number => {
  let from = 0;
  return atMs.reduce((most, ms, at) => {
    while ((atMs[from] ?? ms) <= ms - 1000) from++;
    return Math.max(most, at - from + 1);
  }, 0);
};

export const receiver: Scenario = {
  promise:
    'a receiver that comes back gets what waited, in order and at its rate; other targets notice nothing',
  leastMs: 4000,
  mostMs: 300_000,
  run: async ({ forMs, seed }) => {
    await using world = await openWorld(seed);
    await using elsewhere = await openWorld(seed);
    world.write('endpoints.yml', {
      targets: {
        gone: { post_endpoint: world.receiver('gone'), on: ON, max_per_second: PER_SECOND },
        there: { post_endpoint: elsewhere.receiver('there'), on: ON, max_per_second: 1000 },
      },
      ...many(world, 100, 'flap', { interval: '100ms', targets: ['gone', 'there'] }),
    });
    await world.outside.tell('closeReceiver', null);
    const monitor = await world.start().started();
    await sleep(forMs);
    const heard = (await elsewhere.outside.tell('arrivals', 0)).map(
      ({ atMs, transition }) => atMs - transition.at_ms,
    );
    await world.outside.tell('replace', { behaviour: 'flap', by: 'up' });
    await world.outside.tell('openReceiver', null);
    const backAtMs = Date.now();
    const evidence = await settle(world, monitor, ['gone']);
    const times = evidence.arrivals.map(({ atMs }) => atMs);
    const tookMs = Math.max(...times) - backAtMs;
    const expectedMs = MOST_RATIO * (evidence.history.length / PER_SECOND) * 1000 + SPARE_MS;
    const first = [
      ...Map.groupBy(evidence.arrivals, ({ transition }): string => transition.endpoint).values(),
    ];
    const lastFirstMs = Math.max(...first.map(([one]) => one?.atMs ?? 0)) - backAtMs;
    return [
      ...everyPromise(evidence, ['gone']),
      fact(
        'all is there as soon as its rate allows',
        tookMs < expectedMs,
        `${evidence.history.length} in ${tookMs} ms, every endpoint began within ${lastFirstMs} ms`,
      ),
      fact(
        'its rate is kept',
        mostInASecond(times) <= MOST_IN_A_SECOND,
        `${mostInASecond(times)} in a second, of ${PER_SECOND}`,
      ),
      noneOf(
        'the other target hears at once',
        heard.filter(ms => ms > 1000).map(ms => `after ${Math.round(ms)} ms`),
        `${heard.length} within ${Math.round(Math.max(0, ...heard))} ms`,
      ),
    ];
  },
};
