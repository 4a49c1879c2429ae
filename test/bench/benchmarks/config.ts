import type { Benchmark, Context, Measurement } from '../benchmark.ts';
import { runClient } from '../harness/child.ts';
import { withFolder } from '../harness/folder.ts';
import { manyFiles } from '../harness/many-files.ts';
import { measurementOf } from '../harness/measurement.ts';
import { interleaved } from '../harness/rounds.ts';

const entry = (at: number): string =>
  `shop-${at}.example.com/health: { interval: 60s, success_test: status_code == 200 && latency_ms < 500 }`;

const load = (context: Context, count: number): Promise<readonly Measurement[]> =>
  withFolder(manyFiles('  failure_threshold: 3\n  group: shop', count, entry), async ({ endpoints }) => {
    const run = () => runClient(context, { client: 'config', folder: endpoints, count });
    const name = `${count.toLocaleString('en-US')} endpoints`;
    return (await interleaved(context, 'config', [{ name, run }])).map(one => measurementOf(one, 'endpoint'));
  });

export const config: Benchmark = {
  measures: 'a folder of YAML files, 1,000 endpoints each, read and compiled by a new process',
  inDefaultSuite: true,
  run: async context => [
    ...(await load(context, 10_000)),
    ...(await load({ ...context, rounds: 1 }, 100_000)),
  ],
};
