import { expect, test } from '@jest/globals';
import { keepReplacing } from '../../../lib/local/workers/replace.ts';
import { manualClock } from '../../support/manual-clock.ts';

const keeping = (livesMs: number, wasReady: boolean) => {
  const clock = manualClock();
  const controller = new AbortController();
  const startMs = clock.monotonicMs();
  const bornAtMs: number[] = [];
  const problems: string[] = [];
  void keepReplacing(
    { clock, random: () => 1, signal: controller.signal, onProblem: message => problems.push(message) },
    2,
    async () => {
      bornAtMs.push(clock.monotonicMs() - startMs);
      await clock.sleep(livesMs);
      return { why: 'it ended with exit code 1', wasReady };
    },
  );
  return { clock, bornAtMs, problems, stop: () => controller.abort() };
};

test('a worker that cannot start is told, and tried again later and later', async () => {
  const { clock, bornAtMs, problems } = keeping(10, false);
  await clock.advance(10 * 60_000);
  expect(bornAtMs.length).toBeLessThan(20);
  expect(problems[0]).toBe(
    'worker 2 cannot start: it ended with exit code 1. This is tried again in 0.5 s; standard error says more',
  );
  const gaps = bornAtMs.slice(1).map((ms, at) => ms - (bornAtMs[at] as number));
  expect(gaps.at(-1)).toBeLessThan(61_000);
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
});

test('one that had lasted is replaced soon', async () => {
  const { clock, bornAtMs, problems } = keeping(100_000, true);
  await clock.advance(350_000);
  expect(bornAtMs).toHaveLength(4);
  for (const problem of problems) expect(problem).toContain('it is started again in 0.5 s');
});

test('none is started once the monitor ends', async () => {
  const { clock, bornAtMs, problems, stop } = keeping(1000, true);
  await clock.advance(500);
  stop();
  await clock.advance(60_000);
  expect(bornAtMs).toHaveLength(1);
  expect(problems).toEqual([]);
});
