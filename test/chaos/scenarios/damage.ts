import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { many } from '../harness/endpoints.ts';
import type { Ended } from '../harness/monitor.ts';
import type { EndpointsFile, World } from '../harness/world.ts';
import { openWorld } from '../harness/world.ts';
import { inEach } from '../in-each.ts';
import type { Arrival } from '../outside/receiver.ts';
import { type Context, type Fact, fact, noneOf, type Scenario } from '../scenario.ts';

const DATABASE = 'peregrine.db';
const PAGE_BYTES = 4096;
const LIFE_MS = 1500;
const REFUSED = 2;

const database = (folder: string): string => join(folder, DATABASE);

const overwrite = (path: string, at: number, bytes: Buffer): void => {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
};

/** Pages from a place on, in the midst of what a database of some MB holds. */
const overPages = (folder: string, ratio: number, pages: number, byte: number): void => {
  const path = database(folder);
  const from = Math.floor((statSync(path).size * ratio) / PAGE_BYTES) * PAGE_BYTES;
  overwrite(path, from, Buffer.alloc(pages * PAGE_BYTES, byte));
};

const remove = (folder: string, of: RegExp): void => {
  for (const name of readdirSync(folder)) if (of.test(name)) rmSync(join(folder, name));
};

/** `killed` is the folder of a monitor that was killed, with its log; `older` is what it was a while before. */
type Folders = { readonly killed: string; readonly older: string };

type Damage = readonly [name: string, harm: (folder: string, from: Folders) => void];

const damages: readonly Damage[] = [
  ['cut in half', folder => truncateSync(database(folder), Math.floor(statSync(database(folder)).size / 2))],
  ['emptied', folder => truncateSync(database(folder), 0)],
  ['zeroed pages', folder => overPages(folder, 0.4, 4, 0)],
  ['older database alone put back', (folder, { older }) => cpSync(database(older), database(folder))],
  // Last of those that matter: within 5 s of its last change a copy cannot be told from the folder itself.
  [
    'older copy put back',
    (folder, { older }) => {
      rmSync(folder, { recursive: true });
      cpSync(older, folder, { recursive: true });
    },
  ],
  ['header of another file', folder => overwrite(database(folder), 0, Buffer.from('no database at all'))],
  ['pages of noise', folder => overPages(folder, 0.6, 2, 0x5a)],
  ['database deleted', folder => rmSync(database(folder))],
  ['log deleted', folder => remove(folder, /-wal$|-shm$/)],
  [
    'log cut',
    folder => {
      const log = `${database(folder)}-wal`;
      if (existsSync(log)) truncateSync(log, Math.floor(statSync(log).size / 2));
    },
  ],
  ['witness deleted', folder => remove(folder, /witness/)],
  ['witness of nonsense', folder => writeFileSync(join(folder, 'peregrine.witness'), 'nonsense')],
];
const LEAST_DAMAGES = 4;

/** The target stays the same one; its address says which life speaks. */
const filesOf = (world: World, life: string): EndpointsFile => ({
  targets: {
    told: {
      post_endpoint: world.receiver(life),
      on: ['fail', 'ok', 'unknown', 'initial'],
      max_per_second: 1000,
    },
  },
  ...many(world, 60, 'flap', { interval: '100ms', targets: ['told'] }),
});

const contentOf = ({ transition: { saved: _, ...content } }: Arrival): string => JSON.stringify(content);

/** A life on a folder: what it said, and what receivers heard of it. */
const live = async (world: World, life: string, data: string, forMs: number, signal: NodeJS.Signals) => {
  const endpoints = join(world.folder, `endpoints-${life.replaceAll(' ', '-')}`);
  cpSync(join(world.folder, 'endpoints'), endpoints, { recursive: true });
  writeFileSync(join(endpoints, 'endpoints.yml'), JSON.stringify(filesOf(world, life.replaceAll(' ', '-'))));
  const monitor = world.start({ endpoints, data, logFile: join(world.folder, `${life}.jsonl`) });
  const begun = await Promise.race([monitor.started().then(() => 'runs' as const), monitor.ended]).catch(
    () => monitor.ended,
  );
  if (begun === 'runs') await sleep(forMs);
  const problems = monitor.log().filter(({ kind }) => kind === 'problem' || kind === 'note');
  monitor.signal(signal);
  return { begun, ended: await monitor.ended, said: monitor.said(), problems };
};

/** A signal that nobody sent. */
const isAbort = (ended: Ended): boolean => typeof ended === 'string' && ended !== 'SIGTERM';

const damaged = async (
  world: World,
  [name, harm]: Damage,
  folders: Folders,
  before: ReadonlyMap<string, string>,
): Promise<readonly Fact[]> => {
  const data = join(world.folder, `data ${name}`);
  cpSync(folders.killed, data, { recursive: true });
  harm(data, folders);
  const { begun, ended, said, problems } = await live(world, name, data, LIFE_MS, 'SIGTERM');
  const own = (await world.outside.tell('arrivals', 0)).filter(
    ({ target }) => target === name.replaceAll(' ', '-'),
  );
  const reused = own.filter(arrival => (before.get(arrival.id) ?? contentOf(arrival)) !== contentOf(arrival));
  const what = String(problems[0]?.message ?? said ?? '').slice(0, 100) || 'nothing to say';
  const isRefused = begun === REFUSED && said.split('\n').length === 1;
  return [
    noneOf(
      'no id means a second transition',
      reused.map(({ id }) => id),
      `${own.length} webhooks`,
    ),
    fact(
      'it goes on, or says in one line why not',
      begun === 'runs' || isRefused,
      `${begun === 'runs' ? 'goes on' : `ends with ${begun}`}: ${what}`,
    ),
    fact('it never aborts', !isAbort(ended), begun === 'runs' ? `ended with ${ended}` : 'refused'),
  ];
};

export const damage: Scenario = {
  promise: 'a damaged, emptied or older database is said in words, and no id is used twice',
  leastMs: 4000,
  mostMs: 20_000,
  run: async ({ forMs, seed }: Context) => {
    await using world = await openWorld(seed);
    const folders: Folders = { killed: world.data, older: join(world.folder, 'older') };
    await live(world, 'first', world.data, forMs / 2, 'SIGTERM');
    cpSync(world.data, folders.older, { recursive: true });
    await live(world, 'second', world.data, forMs / 2, 'SIGKILL');
    const before = new Map((await world.outside.tell('arrivals', 0)).map(one => [one.id, contentOf(one)]));
    const chosen = damages.slice(0, forMs < 10_000 ? LEAST_DAMAGES : damages.length);
    // Awaited here: the world lasts as long as the cases.
    return await inEach(chosen.map(one => [one[0], () => damaged(world, one, folders, before)]));
  },
};
