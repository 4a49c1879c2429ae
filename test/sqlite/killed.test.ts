import { copyFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { StatementSync } from 'node:sqlite';
import { afterEach, expect, test } from '@jest/globals';
import { createRuleCounters } from '../../lib/engine/ports/rule-counters.ts';
import { hold } from '../../lib/rule/held-state.ts';
import type { OpenStore } from '../../lib/sqlite/open-store.ts';
import { allPending, holder, loadOne, newId, pending, range, state } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';
import { newFolder, open } from './folders.ts';

const TO = ['#history', 'ops'];
const id = newId();
const other = newId();

const save = (rule: typeof id, version: number) => (opened: OpenStore) =>
  opened.store.save(holder(1), state(version), pending(rule, version, TO), never);
const acknowledge = (version: number, to: readonly string[]) => (opened: OpenStore) =>
  opened.store.acknowledge(1, id, version, to, never);
const checkpoint = (opened: OpenStore) => {
  const counters = createRuleCounters();
  counters.begin(2);
  for (const rule of [id, other]) counters.add(rule, hold(state(2, { runs: 4242, lastResultAtMs: 2e12 })));
  return opened.store.checkpoint(holder(1, 'all'), counters.all(), never);
};

/** Each is one turn: what is in it is together in one commit. */
const turns: readonly (readonly ((opened: OpenStore) => Promise<unknown>)[])[] = [
  [save(id, 1)],
  [save(id, 2), save(other, 1)],
  [acknowledge(1, ['ops']), save(other, 2)],
  [checkpoint],
  [acknowledge(1, ['#history']), acknowledge(2, TO)],
  [save(id, 3), save(id, 9)],
];

const told = async (opened: OpenStore) => ({
  rules: await Promise.all([id, other].map(rule => loadOne(opened.store, rule))),
  pending: await Promise.all([id, other].map(rule => allPending(opened.store, rule))),
});

const { run, get } = StatementSync.prototype;
afterEach(() => {
  Object.assign(StatementSync.prototype, { run, get });
});

/** Runs `before` ahead of every statement. */
const interrupt = (before: () => void): void => {
  Object.assign(StatementSync.prototype, {
    run(...given: Parameters<typeof run>) {
      before();
      return Reflect.apply(run, this, given);
    },
    get(...given: Parameters<typeof get>) {
      before();
      return Reflect.apply(get, this, given);
    },
  });
};

const FILES = ['peregrine.db', 'peregrine.db-wal', 'peregrine.witness'];
const copy = (folder: string): string => {
  const to = newFolder();
  for (const name of FILES)
    if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(to, name));
  return to;
};

/** All turns, with what was told after each, and what a kill before each statement would leave behind. */
const live = async (folder: string) => {
  const opened = await open(folder);
  const states = [await told(opened)];
  const left: { readonly folder: string; readonly turn: number }[] = [];
  for (const [turn, calls] of turns.entries()) {
    interrupt(() => left.push({ folder: copy(folder), turn }));
    await Promise.all(calls.map(call => call(opened)));
    Object.assign(StatementSync.prototype, { run, get });
    left.push({ folder: copy(folder), turn: turn + 1 });
    states.push(await told(opened));
  }
  return { states, left };
};

test('a process killed before any statement leaves all of a turn or nothing of it', async () => {
  const { states, left } = await live(newFolder());
  expect(left.length).toBeGreaterThan(30);
  let halfway = 0;
  for (const { folder, turn } of left) {
    const opened = await open(folder);
    const found = await told(opened);
    expect(states.slice(turn, turn + 2)).toContainEqual(found);
    if (turn < turns.length && JSON.stringify(found) === JSON.stringify(states[turn])) halfway++;
    opened.close();
  }
  expect(halfway).toBeGreaterThan(turns.length);
}, 60_000);

test('a log that ends anywhere, as after a power failure, leaves what some turn left', async () => {
  const folder = newFolder();
  const { states, left } = await live(folder);
  const last = left.at(-1)?.folder ?? '';
  const bytes = statSync(join(last, 'peregrine.db-wal')).size;
  const seen = new Set<number>();
  for (const end of range(0, 40).map(n => Math.floor((bytes * n) / 40))) {
    const cut = copy(last);
    truncateSync(join(cut, 'peregrine.db-wal'), end);
    const opened = await open(cut);
    const found = JSON.stringify(await told(opened));
    const turn = states.findIndex(each => JSON.stringify(each) === found);
    expect(turn).not.toBe(-1);
    seen.add(turn);
    opened.close();
  }
  expect(seen.size).toBe(states.length);
  expect(readFileSync(join(last, 'peregrine.db-wal'))).toHaveLength(bytes);
}, 60_000);
