import type { Benchmark, Context } from '../benchmark.ts';
import { runClient } from '../harness/child.ts';
import { measurementOf } from '../harness/measurement.ts';
import { interleaved, seldom } from '../harness/rounds.ts';

const TICKS = { count: 10_000, everyMs: 1000, warmUpMs: 1500, measureMs: 2000 };

const run = async (context: Context) => {
  const [wheel, timers, node] = await interleaved(seldom(context), 'ticks', [
    { name: 'wheel and grid alone', run: () => runClient(context, { client: 'wheel', ...TICKS }) },
    { name: '10,000 × 1/s on the wheel', run: () => runClient(context, { client: 'ticks', ...TICKS }) },
    { name: '10,000 timers of Node', run: () => runClient(context, { client: 'node-timers', ...TICKS }) },
  ]);
  if (!wheel || !timers || !node) return [];
  return [measurementOf(wheel, 'tick'), measurementOf(timers, 'tick', node), measurementOf(node, 'tick')];
};

export const ticks: Benchmark = {
  measures: 'due instants without checks; spans are lateness',
  inDefaultSuite: true,
  run,
};
