import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import { checksGoOn } from '../judge/gaps.ts';
import { everyPromise } from '../judge/promises.ts';
import { type Context, type Fact, fact, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
const BEFORE_MS = 1500;
const MOST_PAUSE_MS = 2000;
const REFUSED_WITHIN_MS = 15_000;
const WRONG_USE = 2;

const second = async (
  harm: ((folder: string) => void) | null,
  { forMs, seed }: Context,
): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', {
    ...targets(world, ...TARGETS),
    ...many(world, 20, 'flap', { interval: '100ms', targets: TARGETS }),
  });
  const first = await world.start().started();
  await sleep(BEFORE_MS);
  harm?.(world.data);
  const other = world.start({ logFile: join(world.folder, 'other.jsonl') });
  const ended = await Promise.race([other.ended, sleep(REFUSED_WITHIN_MS, 'runs' as const)]);
  await sleep(forMs);
  const untilMs = Date.now();
  const evidence = await settle(world, first, TARGETS);
  return [
    fact(
      'the second one is refused',
      ended === WRONG_USE,
      `it ${ended === 'runs' ? ended : `ends with ${ended}`}`,
    ),
    fact(
      'in one line',
      /^\S.*\bin use\b.*$/.test(other.said()) && !other.said().includes('\n'),
      other.said() || 'nothing',
    ),
    checksGoOn(evidence.answers, /^flap/, MOST_PAUSE_MS, untilMs),
    ...everyPromise(evidence, TARGETS),
  ];
};

export const twoMonitors: Scenario = {
  promise: 'two monitors never write one state: the second on a folder is refused in one line',
  leastMs: 1000,
  mostMs: 5000,
  run: context =>
    inEach([
      ['as it is', () => second(null, context)],
      ['database deleted', () => second(folder => rmSync(join(folder, 'peregrine.db')), context)],
    ]),
};
