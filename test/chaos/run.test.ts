import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { held } from './report/report.ts';
import { reportText } from './report/text.ts';
import { fact, noneOf } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { tryScenario } from './try-scenario.ts';

const chaos = (...args: readonly string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('run.ts', import.meta.url)), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });

test('a scenario that there is not is wrong use, in one line that names all there are', () => {
  const { status, stdout, stderr } = chaos('kil');
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^npm run chaos: there is no scenario "kil". There are: kill, .*soak\.\n$/);
});

test('--list names each scenario with the promise that it tries', () => {
  const { status, stdout } = chaos('--list');
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(scenarios.size);
  expect(stdout).toMatch(/^kill +no transition is lost/);
});

test('minutes are a number', () => {
  expect(chaos('--minutes', 'many').stderr).toBe(
    'npm run chaos: --minutes is "many", not a number from 1 to 10000.\n',
  );
});

const context = { forMs: 0, seed: 1, progress: () => {}, signal: new AbortController().signal };
const scenario = { promise: 'it holds', leastMs: 0, mostMs: 0 };

test('the table says what held, what broke and what was not run', async () => {
  const outcomes = await Promise.all([
    tryScenario('good', { ...scenario, run: async () => [fact('it goes on', true, '3 checks')] }, context),
    tryScenario(
      'bad',
      { ...scenario, run: async () => [noneOf('nothing is lost', ['shop#2'], '')] },
      context,
    ),
    tryScenario('broken', { ...scenario, run: () => Promise.reject(new Error('no monitor')) }, context),
    tryScenario('away', { ...scenario, cannotRun: () => 'only root can', run: async () => [] }, context),
  ]);
  expect(outcomes.map(held)).toEqual([true, false, false, false]);
  const machine = {
    cpu: 'Test CPU',
    cores: 2,
    memoryGb: 4,
    kernel: '6.1',
    node: 'v24.0.0',
    pinned: null,
    startedAt: '2026-11-27T12:00:00.000Z',
  };
  const [, ...tables] = reportText({ machine, seed: 7, tookMs: 61_000, outcomes }).split('\n\n');
  expect(tables).toEqual([
    'good: it holds (0 s)\n  held    it goes on  3 checks',
    'bad: it holds (0 s)\n  BROKEN  nothing is lost  1: shop#2',
    'broken: it holds (0 s)\n  BROKEN  the scenario did not come to its end: no monitor',
    'away: it holds (0 s)\n  not run: only root can',
    '1 of 3 scenarios held; 1 not run; seed 7; 61 s',
  ]);
});
