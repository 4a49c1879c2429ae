import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { historyOf, settle } from '../harness/settle.ts';
import { cannotMount, mountSmallDisk } from '../harness/small-disk.ts';
import { holdsWithin } from '../harness/wait.ts';
import { openWorld } from '../harness/world.ts';
import { checksGoOn } from '../judge/gaps.ts';
import { everyPromise, isLogged } from '../judge/promises.ts';
import { fact, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
const DISK_MB = 24;
const BEFORE_MS = 2000;
const MOST_PAUSE_MS = 2000;
const TOLD_WITHIN_MS = 10_000;
/** Transitions are delivered unsaved after 30 s without a store. */
const UNSAVED_AFTER_MS = 30_000;

export const diskFull: Scenario = {
  promise: 'a full disk stops no check and loses no transition; it goes on by itself once there is space',
  leastMs: 4000,
  mostMs: 90_000,
  cannotRun: cannotMount,
  run: async ({ forMs, seed, progress }) => {
    await using world = await openWorld(seed);
    using disk = mountSmallDisk(join(world.folder, 'disk'), DISK_MB);
    world.write('endpoints.yml', {
      ...targets(world, ...TARGETS),
      ...many(world, 60, 'flap', { interval: '100ms', targets: TARGETS }),
      ...many(world, 20, 'up', { interval: '200ms', targets: TARGETS }),
    });
    const data = join(disk.folder, 'data');
    const monitor = await world.start({ data }).started();
    await sleep(BEFORE_MS);
    disk.fill();
    const fullAtMs = Date.now();
    const isTold = await holdsWithin(TOLD_WITHIN_MS, async () => {
      const { status } = await monitor.health();
      return status === 'store-unreachable';
    });
    const toldAfterMs = Date.now() - fullAtMs;
    await sleep(Math.max(0, fullAtMs + forMs - Date.now()));
    const full = await monitor.health();
    const heard = (await world.outside.tell('arrivals', 0)).filter(
      ({ transition }) => transition.saved === false,
    );
    progress(`disk-full: ${JSON.stringify(full)}`);
    disk.free();
    const freedAtMs = Date.now();
    const isWell = await holdsWithin(TOLD_WITHIN_MS, async () => (await monitor.health()).status === 'ok');
    const wellAfterMs = Date.now() - freedAtMs;
    const untilMs = Date.now();
    const evidence = await settle(world, monitor, TARGETS);
    monitor.signal('SIGKILL');
    await monitor.ended;
    const next = await world.start({ data }).started();
    const kept = new Set((await historyOf(next)).map(({ id }) => id));
    const lost = evidence.history.filter(({ id }) => !kept.has(id));
    const problems = monitor.log().filter(({ kind, at_ms }) => kind === 'problem' && at_ms >= fullAtMs);
    return [
      checksGoOn(evidence.answers, /^(up|flap)/, MOST_PAUSE_MS, untilMs),
      fact(
        '/health tells',
        isTold && full.transitions_unsaved > 0,
        `${full.status} after ${toldAfterMs} ms, ${full.transitions_unsaved} unsaved`,
      ),
      fact('the log tells', problems.length > 0, String(problems[0]?.message ?? 'nothing')),
      ...(forMs > UNSAVED_AFTER_MS + TOLD_WITHIN_MS
        ? [fact('after 30 s it is told unsaved', heard.length > 0, `${heard.length} webhooks`)]
        : []),
      fact('with space it is well again by itself', isWell, `after ${wellAfterMs} ms`),
      ...everyPromise(evidence, TARGETS),
      isLogged(evidence, monitor.log()),
      fact(
        'a restart finds all of it',
        lost.length === 0,
        `${evidence.history.length} transitions, ${lost.length} lost`,
      ),
    ];
  },
};
