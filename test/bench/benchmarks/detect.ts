import { setTimeout as sleep } from 'node:timers/promises';
import { percentilesOf } from '../arithmetic/percentile.ts';
import type { Benchmark, Context, Goal, Measurement, Sample } from '../benchmark.ts';
import { addressOf } from '../clients/endpoints.ts';
import { withFolder } from '../harness/folder.ts';
import { manyFiles, pagerOf, pagersFile } from '../harness/many-files.ts';
import { atLeast, atMost, measurementOf, skipped, withGoals } from '../harness/measurement.ts';
import { type Monitor, withMonitor } from '../harness/monitor.ts';
import { type Outages, withOutages } from '../harness/outages.ts';
import type { Outage } from '../servers/outage.ts';

type Scenario = {
  readonly name: string;
  readonly outage: Outage;
  readonly rounds: number;
  /** Until the last one must have been told. */
  readonly withinMs: number;
  readonly goals: (measurement: Measurement) => readonly Goal[];
};

const p99 = (limitMs: number) => (one: Measurement) => [
  atMost('p99', one.figures.p99Ms?.median, limitMs, 'ms'),
];
const noGoals = () => [];

const stormGoals = (one: Measurement): readonly Goal[] => [
  atLeast('saved', one.facts.saved?.min, STORM),
  atLeast('delivered', one.facts.delivered?.min, STORM),
  atMost('doubled', one.facts.doubled?.max, 0),
  atMost('p99', one.figures.p99Ms?.median, 5000, 'ms'),
  atMost('missed ticks of the healthy', one.facts['missed ticks of the healthy']?.max, 0),
];

const STORM = 10_000;
const HEALTHY = 200;

type Setting = {
  readonly count: number;
  readonly yamlOf: (at: number) => string;
  /** First checks of new endpoints are spread: 250 a second. */
  readonly settlesAfterMs: number;
  readonly scenarios: readonly Scenario[];
};

const fast: Setting['yamlOf'] = () => ', interval: 100ms, failure_threshold: 3';

const settings: readonly Setting[] = [
  {
    count: 200,
    yamlOf: fast,
    settlesAfterMs: 2500,
    scenarios: [
      {
        name: '1 of 200, each 100 ms, threshold 3',
        outage: { first: 0, count: 1, apartMs: 0 },
        rounds: 6,
        withinMs: 800,
        goals: noGoals,
      },
      {
        name: '200, each 100 ms, threshold 3',
        outage: { first: 0, count: 200, apartMs: 5 },
        rounds: 3,
        withinMs: 2000,
        goals: p99(325),
      },
    ],
  },
  {
    count: STORM + HEALTHY,
    yamlOf: at => (at < STORM ? ', interval: 1s' : ', interval: 100ms'),
    settlesAfterMs: 4500 + (STORM + HEALTHY) * 4,
    scenarios: [
      {
        name: '100 of 10,000, each 1 s',
        outage: { first: 0, count: 100, apartMs: 10 },
        rounds: 1,
        withinMs: 5000,
        goals: noGoals,
      },
      {
        name: '10,000 at once, each 1 s (the storm)',
        outage: { first: 0, count: STORM, apartMs: 0 },
        rounds: 1,
        withinMs: 30_000,
        goals: stormGoals,
      },
    ],
  },
];

const filesOf = ({ count, yamlOf }: Setting, { port, webhook }: Outages) => ({
  ...manyFiles(
    '  scheme: http',
    count,
    at =>
      `s${at}: { url: "http://${addressOf(at + 1)}:${port}/${at}", targets: [${pagerOf(at)}]${yamlOf(at)} }`,
  ),
  ...pagersFile(webhook),
});

/** Of the endpoints that never break. The list is long: it is only asked for where anything was missed. */
const missedByHealthy = async (monitor: Monitor, broken: number): Promise<number> => {
  if ((await monitor.health()).missed_ticks === 0) return 0;
  const { endpoints } = (await (await monitor.get('/api/endpoints')).json()) as {
    readonly endpoints: readonly { readonly id: string; readonly ticks: { readonly missed: number } }[];
  };
  return endpoints
    .filter(({ id }) => Number(id.slice(1)) >= broken)
    .reduce((sum, { ticks }) => sum + ticks.missed, 0);
};

const savedFails = async (monitor: Monitor): Promise<number> => {
  const metrics = await (await monitor.get('/metrics')).text();
  const found = /^peregrine_transitions_total\{kind="fail",suppressed=""\} (\d+)/m.exec(metrics);
  return Number(found?.[1] ?? 0);
};

const runRound = async (
  monitor: Monitor,
  outages: Outages,
  { outage, withinMs }: Scenario,
): Promise<Sample> => {
  const broken = outage.first + outage.count;
  const before = { usage: monitor.usage(), missed: await missedByHealthy(monitor, broken) };
  const savedBefore = await savedFails(monitor);
  const fromMs = performance.now();
  await outages.breakDown(outage);
  let report = await outages.report();
  while (report.delivered < outage.count && performance.now() < fromMs + withinMs) {
    await sleep(50);
    report = await outages.report();
  }
  const wallMs = performance.now() - fromMs;
  const usage = monitor.usage();
  // What is doubled comes later.
  await sleep(500);
  const { delivered, doubled, wrong, detectedAfterMs } = await outages.report();
  const saved = (await savedFails(monitor)) - savedBefore;
  const missed = (await missedByHealthy(monitor, broken)) - before.missed;
  await outages.heal();
  return {
    operations: delivered,
    wallMs,
    cpuMs: usage.cpuMs - before.usage.cpuMs,
    latency: percentilesOf(detectedAfterMs),
    peakBytes: usage.peakBytes,
    facts: { saved, delivered, doubled, 'missed ticks of the healthy': missed },
    failures: wrong === 0 ? null : { count: wrong, first: 'a webhook of a service that had not failed' },
  };
};

/** Until nothing fails any more, and all that is to be said has been said. */
const untilHealthy = async (monitor: Monitor): Promise<void> => {
  for (let left = 200; left > 0 && (await monitor.health()).failing > 0; left--) await sleep(100);
  await sleep(300);
};

const runScenarios = async (
  { progress }: Context,
  { scenarios, settlesAfterMs }: Setting,
  monitor: Monitor,
  outages: Outages,
): Promise<readonly Measurement[]> => {
  await sleep(settlesAfterMs);
  const measurements: Measurement[] = [];
  for (const scenario of scenarios) {
    const samples: Sample[] = [];
    for (let round = 1; round <= scenario.rounds; round++) {
      samples.push(await runRound(monitor, outages, scenario));
      progress(`detect ${round}/${scenario.rounds}  ${scenario.name}`);
      await untilHealthy(monitor);
    }
    const measurement = measurementOf({ name: scenario.name, samples }, 'alert');
    measurements.push(withGoals(measurement, scenario.goals(measurement)));
  }
  return measurements;
};

const runSetting = (context: Context, setting: Setting): Promise<readonly Measurement[]> =>
  withOutages(context, outages =>
    withFolder(filesOf(setting, outages), ({ endpoints }) =>
      withMonitor(
        context,
        { endpoints, data: ':memory:', workers: 1, pinned: false, startsWithinMs: 30_000 },
        monitor => runScenarios(context, setting, monitor, outages),
      ),
    ),
  );

/** One setting that breaks leaves the figures of the others. */
const run = async (context: Context): Promise<readonly Measurement[]> => {
  const measurements: Measurement[] = [];
  for (const setting of settings) {
    const broken = (cause: Error) => [
      skipped(`${setting.count.toLocaleString('en-US')} endpoints`, 'alert', `it broke: ${cause.message}`),
    ];
    measurements.push(...(await runSetting(context, setting).catch(broken)));
  }
  return measurements;
};

export const detect: Benchmark = {
  measures: 'npm start: from the instant a service begins to fail to the arrival of its webhook',
  inDefaultSuite: true,
  run,
};
