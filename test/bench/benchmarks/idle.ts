import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Context } from '../benchmark.ts';
import { addressOf } from '../clients/endpoints.ts';
import { withServer } from '../harness/child.ts';
import { withFolder } from '../harness/folder.ts';
import { manyFiles } from '../harness/many-files.ts';
import { atMost, measurementOf, withGoals } from '../harness/measurement.ts';
import { withMonitor } from '../harness/monitor.ts';
import { observe } from '../harness/observe.ts';

const COUNT = 100_000;
/** A new endpoint's first check waits its turn: 250 a second. */
const SETTLES_AFTER_MS = COUNT * 4 + 20_000;
const READINGS = 6;

/** Connections of their own: kept for 30 s, those of so many endpoints would be more than most limits of open files. */
const DEFAULTS = '  scheme: http\n  interval: 60s\n  fresh_connection: true';

const run = (context: Context) =>
  withServer(context, { server: 'http' }, ({ port }) => {
    const files = manyFiles(DEFAULTS, COUNT, at => `e${at}: { url: "http://${addressOf(at + 1)}:${port}/" }`);
    return withFolder(files, ({ endpoints, data }) =>
      withMonitor(
        context,
        { endpoints, data, workers: 1, pinned: false, startsWithinMs: 60_000 },
        async monitor => {
          context.progress(`idle: started, waiting ${SETTLES_AFTER_MS / 1000} s for all first checks`);
          await sleep(SETTLES_AFTER_MS, undefined, { signal: context.signal });
          const name = `${COUNT.toLocaleString('en-US')} × 1/min`;
          const measurement = measurementOf({ name, samples: [await observe(monitor, READINGS)] }, 'check');
          return [
            withGoals(measurement, [
              atMost('resident', measurement.facts['resident MB']?.median, 400, 'MB'),
              atMost('lateness p99', measurement.figures.p99Ms?.median, 5, 'ms'),
              atMost('started after', measurement.facts['started after s']?.median, 10, 's'),
            ]),
          ];
        },
      ),
    );
  });

export const idle: Benchmark = {
  measures:
    'npm start with very many endpoints that are seldom checked, the database on disk; 8 minutes; spans are lateness',
  inDefaultSuite: false,
  run,
};
