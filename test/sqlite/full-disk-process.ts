import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../lib/domain/clock.ts';
import type { RuleId } from '../../lib/domain/rule.ts';
import { openStore } from '../../lib/sqlite/open-store.ts';
import { allPending, holder, loadOne, pending, state } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';

/** Saves on a small disk until it is full, and on once there is space. Says what happened, in JSON. */

const [, , disk = ''] = process.argv;
const folder = disk;
const ballast = join(disk, 'ballast');
writeFileSync(ballast, new Uint8Array(1_200_000));

const notices: string[] = [];
const deps = { clock: systemClock, random: Math.random, onNotice: (notice: string) => notices.push(notice) };
const opened = await openStore(deps, folder);
if (opened.kind !== 'open') throw new Error(opened.error);
const { store } = opened;
const id = 'a' as RuleId;
const long = { error: 'x'.repeat(1000), values: { body: 'y'.repeat(1000) } };
const save = (version: number) =>
  store.save(holder(1), state(version), pending(id, version, ['ops'], long), never);

let saved = 0;
const errors = new Set<string>();
for (let failures = 0; failures < 50; )
  try {
    await save(saved + 1);
    saved++;
  } catch (cause) {
    failures++;
    errors.add((cause as Error).message);
  }
const readWhileFull = (await loadOne(store, id))?.state.version === saved;
rmSync(ballast);
const outcomesAfter = new Set<string>();
for (const last = saved + 100; saved < last; saved++) outcomesAfter.add(await save(saved + 1));
opened.close();

const again = await openStore(deps, folder);
if (again.kind !== 'open') throw new Error(again.error);
const found = await allPending(again.store, id);
const complete = found.length === saved && found.every(({ transition }, n) => transition.version === n + 1);
notices.push(...again.notices);
again.close();
writeSync(
  1,
  JSON.stringify({
    errors: [...errors],
    failedBeforeSpace: 50,
    readWhileFull,
    outcomesAfter: [...outcomesAfter],
    complete,
    notices,
  }),
);
