import { setTimeout as sleep } from 'node:timers/promises';
import { percentilesOf } from '../arithmetic/percentile.ts';
import type { Benchmark, Context, Measurement, Sample } from '../benchmark.ts';
import { runClient, runToDeath } from '../harness/child.ts';
import { withFolder } from '../harness/folder.ts';
import { manyFiles, pagerOf, pagersFile } from '../harness/many-files.ts';
import { atLeast, atMost, measurementOf, withGoals } from '../harness/measurement.ts';
import { withMonitor } from '../harness/monitor.ts';
import { type Outages, withOutages } from '../harness/outages.ts';
import { interleaved } from '../harness/rounds.ts';

const RULES = 500;
const UNDELIVERED = 10_000;
const WITHIN_MS = 60_000;

const saving = async (context: Context): Promise<readonly Measurement[]> => {
  const run = () =>
    withFolder({}, ({ data }) => runClient(context, { client: 'store', dataDir: data, count: RULES }));
  const name = `${RULES.toLocaleString('en-US')} rules change at once`;
  const measured = await interleaved(context, 'store', [{ name, run }]);
  return measured.map(one => measurementOf(one, 'transition'));
};

const filesOf = ({ port, webhook }: Outages) => ({
  ...manyFiles(
    '  scheme: http\n  interval: 60s',
    UNDELIVERED,
    at => `s${at}: { url: "http://127.0.0.1:${port}/${at}", targets: [${pagerOf(at)}] }`,
  ),
  ...pagersFile(webhook),
});

const recover = (context: Context, outages: Outages): Promise<Sample> =>
  withFolder(filesOf(outages), async ({ endpoints, data }) => {
    await runToDeath(context, { client: 'undelivered', dataDir: data, count: UNDELIVERED });
    // All fail, as was saved: nothing else is to be told.
    await outages.breakDown({ first: 0, count: UNDELIVERED, apartMs: 0 });
    await sleep(200);
    const fromMs = performance.now();
    const options = { endpoints, data, workers: 1, pinned: false, startsWithinMs: WITHIN_MS };
    return withMonitor(context, options, async monitor => {
      let report = await outages.report();
      while (report.delivered < UNDELIVERED && performance.now() < fromMs + WITHIN_MS) {
        await sleep(50);
        report = await outages.report();
      }
      const wallMs = performance.now() - fromMs;
      const usage = monitor.usage();
      await sleep(500);
      const { delivered, doubled, detectedAfterMs } = await outages.report();
      return {
        operations: delivered,
        wallMs,
        cpuMs: usage.cpuMs,
        latency: percentilesOf(detectedAfterMs),
        peakBytes: usage.peakBytes,
        facts: { 'recovered after s': wallMs / 1000, delivered, doubled },
        failures: null,
      };
    });
  });

const recovery = async (context: Context): Promise<readonly Measurement[]> => {
  const name = `${UNDELIVERED.toLocaleString('en-US')} undelivered after kill -9`;
  const measured = await withOutages(context, outages =>
    interleaved({ ...context, rounds: 1 }, 'store', [{ name, run: () => recover(context, outages) }]),
  );
  return measured.map(one => {
    const measurement = measurementOf(one, 'transition');
    return withGoals(measurement, [
      atLeast('delivered', measurement.facts.delivered?.min, UNDELIVERED),
      atMost('doubled', measurement.facts.doubled?.max, 0),
    ]);
  });
};

export const store: Benchmark = {
  measures:
    'the embedded database on disk: from a change of all rules to the last delivery; from the start of a monitor whose predecessor was killed to the last delivery',
  inDefaultSuite: true,
  run: async context => [...(await saving(context)), ...(await recovery(context))],
};
