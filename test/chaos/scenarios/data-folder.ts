import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { many, targets } from '../harness/endpoints.ts';
import { historyOf, settle } from '../harness/settle.ts';
import { openWorld } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import { checksGoOn } from '../judge/gaps.ts';
import { everyPromise } from '../judge/promises.ts';
import { type Context, type Fact, fact, type Scenario } from '../scenario.ts';

const TARGETS = ['prompt'];
const BEFORE_MS = 1000;
const MOST_PAUSE_MS = 2000;

const DATABASE = 'peregrine.db';

const remove = (folder: string, of: RegExp): void => {
  for (const name of readdirSync(folder)) if (of.test(name)) unlinkSync(join(folder, name));
};

const remount = (folder: string, how: 'ro' | 'rw'): void => {
  spawnSync('mount', ['-o', `bind,remount,${how}`, folder]);
};

type Fault = {
  readonly name: string;
  /** Before the monitor starts. */
  readonly prepare?: (folder: string) => void;
  readonly harm: (folder: string) => void;
  /** What a person does who puts it right; nothing where the monitor must do. */
  readonly mend?: (folder: string) => void;
};

const faults: readonly Fault[] = [
  { name: 'folder deleted', harm: folder => rmSync(folder, { recursive: true }) },
  {
    name: 'another file in its place',
    harm: folder => {
      copyFileSync(join(folder, DATABASE), join(folder, 'copy'));
      // In one step: between two, the monitor may have written its database again, and that would be cut instead.
      writeFileSync(join(folder, 'other'), 'this is no database');
      renameSync(join(folder, 'other'), join(folder, DATABASE));
    },
  },
  ...(process.getuid?.() === 0
    ? [
        {
          name: 'read-only',
          prepare: (folder: string) => {
            spawnSync('mkdir', ['-p', folder]);
            spawnSync('mount', ['--bind', folder, folder]);
          },
          harm: (folder: string) => remount(folder, 'ro'),
          mend: (folder: string) => remount(folder, 'rw'),
        },
      ]
    : []),
  { name: 'database deleted', harm: folder => unlinkSync(join(folder, DATABASE)) },
  { name: 'log and locks deleted', harm: folder => remove(folder, /-wal$|-shm$|LOCK/i) },
  { name: 'witness deleted', harm: folder => remove(folder, /witness/) },
];

const LEAST_FAULTS = 3;
const LONG_MS = 3000;

const harmed = async ({ prepare, harm, mend }: Fault, { forMs, seed }: Context): Promise<readonly Fact[]> => {
  await using world = await openWorld(seed);
  world.write('endpoints.yml', {
    ...targets(world, ...TARGETS),
    ...many(world, 30, 'flap', { interval: '100ms', targets: TARGETS }),
    ...many(world, 10, 'up', { interval: '200ms', targets: TARGETS }),
  });
  try {
    prepare?.(world.data);
    const monitor = await world.start().started();
    await sleep(BEFORE_MS);
    harm(world.data);
    const fromMs = Date.now();
    await sleep(forMs);
    mend?.(world.data);
    const untilMs = Date.now();
    const evidence = await settle(world, monitor, TARGETS);
    monitor.signal('SIGKILL');
    await monitor.ended;
    const next = await world.start().started();
    const kept = new Set((await historyOf(next)).map(({ id }) => id));
    const lost = evidence.history.filter(({ id }) => !kept.has(id));
    const problem = monitor.log().find(({ kind, at_ms }) => kind === 'problem' && at_ms >= fromMs);
    return [
      checksGoOn(evidence.answers, /^(up|flap)/, MOST_PAUSE_MS, untilMs),
      ...everyPromise(evidence, TARGETS),
      fact(
        'a restart finds all of it',
        lost.length === 0,
        `${lost.length} of ${evidence.history.length} lost; ${problem ? String(problem.message) : 'nothing to tell'}`,
      ),
    ];
  } finally {
    if (prepare) spawnSync('umount', ['--lazy', world.data]);
  }
};

export const dataFolder: Scenario = {
  promise: 'what people do to the data folder of a running monitor stops no check and loses nothing',
  leastMs: 2000,
  mostMs: 45_000,
  run: context => {
    const chosen = context.forMs < LONG_MS ? faults.slice(0, LEAST_FAULTS) : faults;
    return inEach(chosen.map(fault => [fault.name, () => harmed(fault, context)]));
  },
};
