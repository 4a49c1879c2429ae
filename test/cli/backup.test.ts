import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import {
  folderOf,
  type MonitorProcess,
  newFolder,
  runCommandLine,
  startMonitorProcess,
} from '../support/monitor-process.ts';

const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

const folder = (): string => {
  const made = newFolder();
  atEnd.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

/** Up and down in turn. */
const startService = async (): Promise<number> => {
  let asked = 0;
  const service = createServer((_, response) => {
    response.writeHead(Math.floor(asked++ / 3) % 2 === 0 ? 200 : 503).end();
  });
  await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve));
  atEnd.push(() => {
    service.closeAllConnections();
    service.close();
  });
  return (service.address() as AddressInfo).port;
};

const start = async (endpoints: string, data: string): Promise<MonitorProcess> => {
  const monitor = await startMonitorProcess(['--endpoints', endpoints, '--data', data]);
  atEnd.push(() => monitor.end('SIGKILL'));
  return monitor;
};

type Listed = { readonly transitions: readonly { readonly id: string; readonly at_ms: number }[] };
const listed = async (monitor: MonitorProcess): Promise<Listed['transitions']> =>
  ((await monitor.get('/api/transitions?limit=1000')) as Listed).transitions;

const backUp = (...args: readonly string[]) => runCommandLine('backup', args);

test('a backup of a monitor that runs holds its history, and another monitor goes on from it', async () => {
  const port = await startService();
  const endpoints = folderOf(
    { 'shop.yml': `shop:\n  scheme: http\n  url: http://127.0.0.1:${port}/\n  interval: 20ms\n` },
    folder(),
  );
  const [data, copied, backups] = [folder(), folder(), folder()];
  const monitor = await start(endpoints, data);
  while ((await listed(monitor)).length < 10) await new Promise(resolve => setTimeout(resolve, 50));
  const before = await listed(monitor);

  const file = join(backups, 'peregrine backup.db');
  expect(await backUp(file, '--data', data)).toEqual({
    code: 0,
    stdout: expect.stringMatching(/peregrine backup\.db: \d+\.\d MB\n$/),
    stderr: '',
  });
  expect(readdirSync(backups)).toEqual(['peregrine backup.db']);
  const problems = monitor.lines.filter(({ kind }) => kind === 'problem');
  expect(problems).toEqual([]);
  expect(await monitor.end()).toBe(0);

  copyFileSync(file, join(copied, 'peregrine.db'));
  const next = await start(endpoints, copied);
  await next.line(
    ({ kind, ...line }) =>
      kind === 'problem' && JSON.stringify(line).includes('it was restored from a backup'),
  );
  const after = await listed(next);
  expect(after).toEqual(expect.arrayContaining([...before]));
});

test('a backup can be made while no monitor runs, and not over a file that is there', async () => {
  const port = await startService();
  const endpoints = folderOf(
    { 'shop.yml': `shop:\n  scheme: http\n  url: http://127.0.0.1:${port}/\n` },
    folder(),
  );
  const [data, backups] = [folder(), folder()];
  const monitor = await start(endpoints, data);
  await monitor.end();
  const file = join(backups, 'a.db');
  expect((await backUp(file, '--data', data)).code).toBe(0);
  expect(readdirSync(data).toSorted()).toEqual(['peregrine.db', 'peregrine.witness']);
  expect(await backUp(file, '--data', data)).toEqual({
    code: 1,
    stdout: '',
    stderr: `npm run backup: ${file} is already there. Name another file, or move it away.\n`,
  });
});

test('what cannot be backed up, and where to, is told in a line', async () => {
  const [data, backups] = [folder(), folder()];
  const file = join(backups, 'a.db');
  const failed = async (...args: readonly string[]) => {
    const { code, stderr } = await backUp(...args);
    return `${code} ${stderr}`;
  };
  expect(await failed()).toBe(
    '2 npm run backup: the file to write is missing. Name it: npm run backup -- FILE.\n',
  );
  expect(await failed(file, '--data', data)).toBe(
    `1 npm run backup: there is no database in ${data}. Name the folder that npm start uses: --data DIR.\n`,
  );
  writeFileSync(join(data, 'peregrine.db'), 'a text that is no database at all'.repeat(100));
  expect(await failed(file, '--data', data)).toMatch(/^1 npm run backup: .*peregrine\.db is damaged \(/);
  rmSync(join(data, 'peregrine.db'));
  mkdirSync(join(data, 'peregrine.db'));
  expect(await failed(file, '--data', data)).toMatch(/^1 npm run backup: .*peregrine\.db cannot be /);
  expect(readdirSync(backups)).toEqual([]);
});

test('a backup into a folder that is not there is told', async () => {
  const port = await startService();
  const endpoints = folderOf(
    { 'shop.yml': `shop:\n  scheme: http\n  url: http://127.0.0.1:${port}/\n` },
    folder(),
  );
  const data = folder();
  const monitor = await start(endpoints, data);
  const file = join(data, 'nowhere', 'a.db');
  const { code, stderr } = await backUp(file, '--data', data);
  expect(code).toBe(1);
  expect(stderr).toMatch(/nowhere\/a\.db cannot be written \(.*\)\. Give this user the right/);
  expect(await monitor.end()).toBe(0);
});
