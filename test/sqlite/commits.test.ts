import { expect, test } from '@jest/globals';
import { createCommits } from '../../lib/sqlite/commits.ts';
import { connectionTo } from '../../lib/sqlite/connection.ts';
import { openInMemory } from '../../lib/sqlite/in-memory.ts';
import type { Sql } from '../../lib/sqlite/statements.ts';
import { range } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';

const open = () => {
  const commits: number[] = [];
  const place = openInMemory('aaaaaa');
  const handle = place.handle();
  const connection = connectionTo({ ...place, onCommit: (_, count) => commits.push(count) });
  const { database } = createCommits(connection);
  const insert = (name: string) => (sql: Sql) =>
    sql('INSERT INTO jobset (name) VALUES (?)').run(name).changes;
  const names = () =>
    database.read(never, sql =>
      sql('SELECT name FROM jobset ORDER BY name')
        .all()
        .map(({ name }) => name),
    );
  return { database, commits, insert, names, handle };
};

test('all that is written in one turn is one commit', async () => {
  const { database, commits, insert } = open();
  await Promise.all(['a', 'b', 'c'].map(name => database.write(never, insert(name))));
  expect(commits).toEqual([1]);
  await database.write(never, insert('d'));
  expect(commits).toEqual([1, 2]);
});

test('a turn that changes nothing is no commit', async () => {
  const { database, commits } = open();
  await database.write(never, sql => sql("DELETE FROM jobset WHERE name = 'x'").run());
  expect(commits).toEqual([]);
});

test('a run that throws takes back what it wrote, and nothing of the others', async () => {
  const { database, insert, names } = open();
  const outcomes = await Promise.allSettled([
    database.write(never, insert('a')),
    database.write(never, sql => {
      insert('half')(sql);
      throw new RangeError('no');
    }),
    database.write(never, insert('a')),
    database.write(never, insert('b')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: new RangeError('no') });
  expect(await names()).toEqual(['a', 'b']);
});

test('a run that nobody waits for any more does not run', async () => {
  const { database, insert, names } = open();
  const controller = new AbortController();
  const writing = database.write(controller.signal, insert('a'));
  controller.abort(new Error('nobody waits'));
  await expect(writing).rejects.toThrow('nobody waits');
  expect(await names()).toEqual([]);
});

test('a full disk fails all of a turn at once, in words, and once there is space the next goes through', async () => {
  const { database, insert, names, handle } = open();
  handle.exec(`PRAGMA max_page_count = 1`);
  const long = 'x'.repeat(1e6);
  const outcomes = await Promise.allSettled(
    range(1, 3).map(n => database.write(never, insert(`${n}${long}`))),
  );
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({
      reason: new Error(
        'the database in memory cannot be written: the disk is full. Free some space, or name another folder.',
      ),
    });
  handle.exec('PRAGMA max_page_count = 100000');
  await database.write(never, insert('a'));
  expect(await names()).toEqual(['a']);
});

test('more than a commit holds goes into several, and reads come in between', async () => {
  const { database, commits, insert, names } = open();
  const writes = range(1, 600).map(n => database.write(never, insert(String(n))));
  const seen = await names();
  expect(seen.length).toBeLessThan(600);
  await Promise.all(writes);
  expect(commits).toEqual([1, 2, 3]);
});
