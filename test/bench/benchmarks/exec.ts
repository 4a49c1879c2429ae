import type { Benchmark, Context, Measurement } from '../benchmark.ts';
import { runClient } from '../harness/child.ts';
import { endpointOf } from '../harness/endpoint.ts';
import { compileForkLoop, type ForkLoop } from '../harness/fork-loop.ts';
import { atLeast, atMost, measurementOf, withGoals } from '../harness/measurement.ts';
import { interleaved, type Subject, seldom } from '../harness/rounds.ts';

const PROGRAM = '/bin/true';
/** hfm runs as many at once as it has rules; from 8 on nothing becomes faster. */
const AT_ONCE = 16;
const WINDOW = { warmUpMs: 600, measureMs: 1500 };
/** hfm flat out beside the C loop: 2,967 of 4,148 programs a second, 8 at once (its interval error p99 at 10 × 5 ms:
 *  2.0 ms). */
const HFM_OF_C = 2967 / 4148;

const template = endpointOf(`exit-0: { scheme: exec, interval: 1s, test: ${PROGRAM}, timeout: 1s }`);
const loop = { client: 'check-loop', template, distinct: false, ...WINDOW } as const;

const references = (context: Context, forkLoop: ForkLoop | null): readonly Subject[] => [
  ...(forkLoop
    ? [
        {
          name: 'C vfork loop',
          run: () => forkLoop.run(context, AT_ONCE, WINDOW.measureMs, PROGRAM),
        },
      ]
    : []),
  {
    name: 'Node spawn',
    run: () => runClient(context, { client: 'spawn-loop', atOnce: AT_ONCE, program: PROGRAM, ...WINDOW }),
  },
];

const flatOut = async (context: Context): Promise<readonly Measurement[]> => {
  const forkLoop = compileForkLoop();
  const run = () => runClient(context, { ...loop, count: AT_ONCE, everyMs: 1, spans: 'answer' });
  const measured = await interleaved(context, 'exec', [
    { name: 'Peregrine flat out', run },
    ...references(context, forkLoop),
  ]);
  forkLoop?.remove();
  const reference = forkLoop ? (measured[1] ?? null) : null;
  const rows = measured.map((one, at) => measurementOf(one, 'program', at === 1 ? null : reference));
  const [ours, c] = rows;
  const cPerSecond = c?.figures.perSecond?.median;
  if (!ours || !forkLoop || cPerSecond === undefined) return rows;
  const goal = atLeast('programs a second', ours.figures.perSecond?.median, 1.2 * HFM_OF_C * cPerSecond);
  return [withGoals(ours, [goal]), ...rows.slice(1)];
};

type Pace = { readonly count: number; readonly everyMs: number; readonly ballastMb: number };

const paces: readonly Pace[] = [
  { count: 1, everyMs: 5, ballastMb: 0 },
  { count: 10, everyMs: 5, ballastMb: 0 },
  { count: 10, everyMs: 5, ballastMb: 500 },
  { count: 50, everyMs: 5, ballastMb: 0 },
  { count: 1, everyMs: 10, ballastMb: 0 },
  { count: 10, everyMs: 10, ballastMb: 0 },
  { count: 50, everyMs: 10, ballastMb: 0 },
];

const nameOf = ({ count, everyMs, ballastMb }: Pace): string =>
  `${count} × ${everyMs} ms${ballastMb > 0 ? `, ${ballastMb} MB parent` : ''}`;

const atPace = async (context: Context, pace: Pace): Promise<Measurement> => {
  const run = () => runClient(context, { ...loop, ...pace, spans: 'lateness' });
  const [measured] = await interleaved(seldom(context), 'exec', [{ name: nameOf(pace), run }]);
  if (!measured) throw new Error('there is one subject');
  const measurement = measurementOf(measured, 'program');
  if (pace.count !== 10 || pace.everyMs !== 5) return measurement;
  const missed = measurement.facts['missed ticks']?.max ?? 0;
  const run10 = measured.samples.reduce((sum, { operations }) => sum + operations, 0);
  return withGoals(measurement, [
    atLeast('of ticks', (run10 / (run10 + missed)) * 100, 99.9, '%'),
    atMost('lateness p99', measurement.figures.p99Ms?.median, 1.5, 'ms'),
  ]);
};

const run = async (context: Context): Promise<readonly Measurement[]> => {
  // Programs may use every core, whoever starts them.
  const free = { ...context, cores: null };
  const measurements = [...(await flatOut(free))];
  for (const pace of paces) measurements.push(await atPace(free, pace));
  return measurements;
};

export const exec: Benchmark = {
  measures: `${PROGRAM} with output captured and time-outs armed, on all cores; CPU is the monitor's own`,
  inDefaultSuite: true,
  run,
};
