import type { Benchmark, Context } from '../benchmark.ts';
import { runClient } from '../harness/child.ts';
import { measurementOf } from '../harness/measurement.ts';
import { interleaved } from '../harness/rounds.ts';

const run = async (context: Context) => {
  const measured = await interleaved(context, 'rule', [
    { name: 'equal results', run: () => runClient(context, { client: 'rule', changes: false }) },
    { name: 'each a transition', run: () => runClient(context, { client: 'rule', changes: true }) },
  ]);
  return measured.map(one => measurementOf(one, 'result'));
};

export const rule: Benchmark = {
  measures: 'results into the states of 1,000 rules, nothing else',
  inDefaultSuite: true,
  run,
};
