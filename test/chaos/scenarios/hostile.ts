import { setTimeout as sleep } from 'node:timers/promises';
import { many } from '../harness/endpoints.ts';
import { openWorld } from '../harness/world.ts';
import type { TicksOf } from '../judge/evidence.ts';
import { checksGoOn } from '../judge/gaps.ts';
import { ticksAddUp } from '../judge/ticks.ts';
import { type Fact, fact, type Scenario } from '../scenario.ts';

const WARM_MS = 1500;
/** Without a bound a check stands for good; a busy machine takes its time, too. */
const MOST_PAUSE_MS = 3000;
const ENDS_WITHIN_MS = 3500;
/** Each of the eight strangers may hold the loop for 50 ms, all of them in one turn. */
const MOST_LATE_MS = 8 * 50;
const ANSWERS_WITHIN_MS = 3000;

export const hostile: Scenario = {
  promise: 'no answer of a stranger holds the others up, and SIGTERM is obeyed',
  leastMs: 3000,
  mostMs: 20_000,
  run: async ({ forMs, seed }): Promise<readonly Fact[]> => {
    await using world = await openWorld(seed);
    const often = { interval: '500ms', timeout: '1s' };
    world.write('endpoints.yml', {
      ...many(world, 30, 'up', { interval: '100ms', success_test: 'status_code == 200' }),
      ...many(world, 3, 'exponential', { ...often, success_test: 'body.matches("(a+)+b")' }),
      ...many(
        world,
        3,
        'exponential',
        { ...often, success_test: 'body.matches("(a|a)*b|(a|aa)+c")' },
        'alternating',
      ),
      ...many(world, 2, 'items', {
        ...often,
        success_test: 'json.items.all(i, json.items.all(j, i + j >= 0))',
      }),
    });
    const monitor = await world.start().started();
    await sleep(WARM_MS + forMs);
    const untilMs = Date.now();
    const answers = await world.outside.tell('answers', null);
    const health = await monitor.health(ANSWERS_WITHIN_MS).catch(() => null);
    const listed = await monitor
      .get<{ readonly endpoints: readonly TicksOf[] }>('/api/endpoints', ANSWERS_WITHIN_MS)
      .catch(() => null);
    const fromMs = performance.now();
    monitor.signal('SIGTERM');
    const ended = await Promise.race([monitor.ended, sleep(2 * ENDS_WITHIN_MS, 'runs on' as const)]);
    const tookMs = Math.round(performance.now() - fromMs);
    return [
      checksGoOn(answers, /^up/, MOST_PAUSE_MS, untilMs),
      fact('the API answers', health !== null, health === null ? 'it does not' : health.status),
      fact(
        'nothing starts late',
        (health?.lateness_ms.p99 ?? Number.POSITIVE_INFINITY) < MOST_LATE_MS,
        health === null
          ? 'nobody knows'
          : `p99 ${health.lateness_ms.p99} ms, latest ${health.lateness_ms.max} ms`,
      ),
      ...(listed ? [ticksAddUp(listed)] : []),
      fact('SIGTERM is obeyed', ended === 0 && tookMs < ENDS_WITHIN_MS, `${ended} after ${tookMs} ms`),
    ];
  },
};
