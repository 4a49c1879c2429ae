import type { Benchmark, Context, Goal, Measurement } from '../benchmark.ts';
import { runClient, withServer } from '../harness/child.ts';
import { endpointOf } from '../harness/endpoint.ts';
import { atMost, measurementOf, skipped, withGoals } from '../harness/measurement.ts';
import { openFilesFor } from '../harness/open-files.ts';
import { interleaved, seldom } from '../harness/rounds.ts';

type Size = {
  readonly count: number;
  readonly everyMs: number;
  readonly goals: (measurement: Measurement) => readonly Goal[];
};

const noneMissed = ({ facts }: Measurement): Goal => atMost('missed ticks', facts['missed ticks']?.max, 0);
const lateness = ({ figures }: Measurement, limitMs: number): Goal =>
  atMost('lateness p99', figures.p99Ms?.median, limitMs, 'ms');
const core = ({ figures }: Measurement, limitPercent: number): Goal =>
  atMost('of one core', figures.coreRatio && figures.coreRatio.median * 100, limitPercent, '%');

const sizes: readonly Size[] = [
  { count: 1000, everyMs: 1000, goals: () => [] },
  {
    count: 10_000,
    everyMs: 1000,
    goals: one => [
      noneMissed(one),
      lateness(one, 3),
      core(one, 20),
      atMost('memory an endpoint', one.facts['kB an endpoint']?.median, 15, 'kB'),
    ],
  },
  { count: 10_000, everyMs: 250, goals: one => [noneMissed(one), lateness(one, 5), core(one, 65)] },
  { count: 50_000, everyMs: 1000, goals: () => [] },
];

/** All connections are opened in the first interval: what follows is the steady state. */
const WINDOW = { warmUpMs: 3000, measureMs: 5000 };

const yamlOf = (port: number): string => `
127.0.0.1:${port}/status:
  scheme: http
  interval: 1s
  response_json_values: [status]
  success_test: status_code == 200 && json.status == "ok"
`;

const nameOf = ({ count, everyMs }: Size): string => `${count.toLocaleString('en-US')} × ${1000 / everyMs}/s`;

const runSize = async (context: Context, size: Size): Promise<Measurement> => {
  const files = openFilesFor(size.count);
  if (files.kind === 'too-few') return skipped(nameOf(size), 'check', files.why);
  const { prefix } = files;
  return withServer(
    context,
    { server: 'http' },
    async ({ port }) => {
      const { count, everyMs } = size;
      const template = endpointOf(yamlOf(port));
      const loop = { template, count, everyMs, distinct: true, spans: 'lateness', ...WINDOW } as const;
      const run = () => runClient(context, { client: 'check-loop', ...loop }, prefix);
      const [measured] = await interleaved(context, 'many', [{ name: nameOf(size), run }]);
      if (!measured) throw new Error('there is one subject');
      const measurement = measurementOf(measured, 'check');
      return withGoals(measurement, size.goals(measurement));
    },
    prefix,
  );
};

const run = async (context: Context): Promise<readonly Measurement[]> => {
  const measurements: Measurement[] = [];
  for (const size of sizes) measurements.push(await runSize(seldom(context), size));
  return measurements;
};

export const many: Benchmark = {
  measures:
    'the check loop over kept connections to distinct addresses; spans are lateness: from due to started',
  inDefaultSuite: true,
  run,
};
