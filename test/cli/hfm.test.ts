import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { folderOf, type MonitorProcess, newFolder, startMonitorProcess } from '../support/monitor-process.ts';

/** What hfm promised, key by key, in one monitor that runs all of it at once. */
let monitor: MonitorProcess;
let folder: string;
const at = (name: string): string => join(folder, name);

const files = (): { readonly [path: string]: string } => ({
  'defaults.yml': `defaults:
  scheme: exec
  interval: 1s
  failure_threshold: 7
  labels: { level: global, global: yes }
`,
  'group.yml': `defaults:
  interval: 50ms
  failure_threshold: 3
  labels: { level: group, group: yes }

targets:
  change-commands:
    run: ["/bin/sh", "-c", "cat >> ${at('changes')}; echo >> ${at('changes')}"]
    max_per_second: 100
  slow-change:
    run: ["/bin/sh", "-c", "echo start >> ${at('slow')}; sleep 30; echo end >> ${at('slow')}"]
    timeout: 200ms

service:
  test: /usr/bin/test
  test_arguments: ["-e", "${at('service is up')}"]
  failure_threshold: 2
  success_threshold: 2
  labels: { level: rule }
  targets: [change-commands]

fast:
  test: /bin/true
  interval: 5ms

long:
  test_shell: "echo run >> ${at('long')}; sleep 0.3"
  timeout: 5s

inherits:
  test: /bin/true

always-fails:
  test_shell: "echo run >> ${at('forced')}"
  status: always-fail
  failure_threshold: 1
  targets: [slow-change]

always-succeeds:
  test_shell: "echo run >> ${at('forced')}; exit 1"
  status: always-success

is-disabled:
  test_shell: "echo run >> ${at('forced')}"
  status: disabled

runs-thrice:
  test_shell: "echo run >> ${at('thrice')}"
  runs: 3

starts-late:
  test: /bin/true
  start_delay: 600ms

is-interrupted:
  test_shell: "trap 'echo interrupted >> ${at('interrupted')}; exit 1' INT; sleep 20 & wait"
  timeout_int: 150ms
  timeout_kill: 5s
  interval: 10s

is-killed:
  test_shell: "trap '' INT; sleep 20"
  timeout_int: 100ms
  timeout_kill: 300ms
  interval: 10s

rests-while-failing:
  test: /bin/false
  failure_threshold: 1
  interval_fail: 10s
`,
});

beforeAll(async () => {
  folder = newFolder();
  writeFileSync(at('service is up'), '');
  monitor = await startMonitorProcess(['--endpoints', folderOf(files()), '--data', ':memory:']);
});
afterAll(() => monitor.end());

type Endpoint = {
  readonly state: string;
  readonly labels: object;
  readonly interval_ms: number;
  readonly ticks: { readonly due: number; readonly run: number; readonly missed: number };
  readonly last: { readonly reason: string | null; readonly error: string | null } | null;
};

const endpoint = async (id: string): Promise<Endpoint> =>
  (await monitor.get(`/api/endpoints/${id}`)) as Endpoint;

const eventually = async <T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    const value = await read();
    if (holds(value)) return value;
    if (attempt > 200) throw new Error(`it did not come to hold: ${JSON.stringify(value)}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};

const lines = (name: string): readonly string[] =>
  existsSync(at(name)) ? readFileSync(at(name), 'utf8').split('\n').filter(Boolean) : [];

test('a test is any program: its exit code is the result, and a change of state runs the change command', async () => {
  await eventually(
    () => endpoint('service'),
    ({ state }) => state === 'ok',
  );
  rmSync(at('service is up'));
  await eventually(
    () => lines('changes'),
    found => found.length === 1,
  );
  writeFileSync(at('service is up'), '');
  const changes = await eventually(
    () => lines('changes'),
    found => found.length === 2,
  );
  const told = changes.map(
    line => JSON.parse(line) as { readonly state: string; readonly previous_state: string },
  );
  expect(told.map(({ previous_state, state }) => `${previous_state} to ${state}`)).toEqual([
    'ok to fail',
    'fail to ok',
  ]);
});

test('5 ms intervals: every due instant is run or counted as missed', async () => {
  const { ticks, state } = await eventually(
    () => endpoint('fast'),
    ({ ticks: { due } }) => due > 100,
  );
  expect(state).toBe('ok');
  expect(ticks.due).toBe(ticks.run + ticks.missed);
  expect(ticks.run).toBeGreaterThan(10);
});

test('a test longer than its interval makes no backlog and no flood', async () => {
  const { ticks } = await eventually(
    () => endpoint('long'),
    ({ ticks: { run } }) => run >= 2,
  );
  expect(ticks.missed).toBeGreaterThanOrEqual(ticks.run);
  expect(lines('long').length).toBeLessThanOrEqual(ticks.run + 2);
});

test('global, group, rule: the closest value wins, key by key', async () => {
  expect(await endpoint('inherits')).toMatchObject({
    interval_ms: 50,
    labels: { level: 'group', group: 'yes', global: 'yes' },
  });
  expect(await endpoint('service')).toMatchObject({ labels: { level: 'rule', group: 'yes', global: 'yes' } });
});

test('always-fail, always-success and disabled run no test', async () => {
  await eventually(
    () => endpoint('always-fails'),
    ({ state }) => state === 'fail',
  );
  await eventually(
    () => endpoint('always-succeeds'),
    ({ state }) => state === 'ok',
  );
  expect((await endpoint('is-disabled')).state).toBe('unknown');
  expect(lines('forced')).toEqual([]);
});

test('a change command is supervised: one that does not end is stopped, and tried again', async () => {
  const delivery = await monitor.line(({ kind, target }) => kind === 'delivery' && target === 'slow-change');
  expect(delivery).toMatchObject({ outcome: 'failed' });
  await monitor.line(
    ({ kind, target, attempt }) => kind === 'delivery' && target === 'slow-change' && attempt === 2,
  );
  expect(lines('slow')).not.toContain('end');
});

test('runs: 3 runs three times', async () => {
  await eventually(
    () => lines('thrice'),
    found => found.length === 3,
  );
  await eventually(
    () => endpoint('fast'),
    ({ ticks: { due } }) => due > 300,
  );
  expect(lines('thrice')).toHaveLength(3);
});

test('start_delay holds the first test back', async () => {
  const { ticks: late } = await eventually(
    () => endpoint('starts-late'),
    ({ ticks: { run } }) => run > 0,
  );
  const { ticks: inTime } = await endpoint('inherits');
  expect(inTime.due - late.due).toBeGreaterThanOrEqual(9);
});

test('timeout_int interrupts the test, timeout_kill ends one that does not listen', async () => {
  const interrupted = await eventually(
    () => endpoint('is-interrupted'),
    ({ last }) => last !== null,
  );
  expect(interrupted.last?.reason).toBe('timeout');
  expect(lines('interrupted')).toEqual(['interrupted']);
  const killed = await eventually(
    () => endpoint('is-killed'),
    ({ last }) => last !== null,
  );
  expect(killed.last?.reason).toBe('timeout');
});

test('interval_fail: a failing rule is tested less often', async () => {
  const { ticks, state } = await endpoint('rests-while-failing');
  expect(state).toBe('fail');
  expect(ticks.run).toBeLessThanOrEqual(2);
});
