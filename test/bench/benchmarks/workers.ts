import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Context, Measurement } from '../benchmark.ts';
import { addressOf } from '../clients/endpoints.ts';
import { withServer } from '../harness/child.ts';
import { withFolder } from '../harness/folder.ts';
import { manyFiles } from '../harness/many-files.ts';
import { measurementOf, skipped, withGoals } from '../harness/measurement.ts';
import { type MonitorOptions, withMonitor } from '../harness/monitor.ts';
import { observe } from '../harness/observe.ts';
import { connectionsAProcess } from '../harness/open-files.ts';

const COUNT = 50_000;
const READINGS = 2;

const NAME = `${COUNT.toLocaleString('en-US')} × 1/s`;

/** Either it holds, or it says that it does not. */
const orSaysSo = (measurement: Measurement): Measurement => {
  const missed = measurement.facts['missed ticks']?.max ?? null;
  const told = (measurement.facts['scaling limit hit']?.max ?? 0) > 0;
  const name = 'missed ticks, unless scaling_limit_hit is raised ≤';
  return withGoals(measurement, [
    { name, limit: 0, measured: missed, unit: '', reached: missed !== null && (missed === 0 || told) },
  ]);
};

/** So many servers that each may hold its part of the connections. */
const withServers = <T>(
  context: Context,
  count: number,
  use: (ports: readonly number[]) => Promise<T>,
  ports: readonly number[] = [],
): Promise<T> =>
  count === 0
    ? use(ports)
    : withServer(context, { server: 'http' }, ({ port }) =>
        withServers(context, count - 1, use, [...ports, port]),
      );

const run = (context: Context): Promise<readonly Measurement[]> => {
  const processes = Math.max(2, Math.ceil(COUNT / connectionsAProcess()));
  return withServers(context, processes, async ports => {
    const files = manyFiles(
      '  scheme: http\n  interval: 1s\n  response_json_values: [status]\n  success_test: json.status == "ok"',
      COUNT,
      at => `e${at}: { url: "http://${addressOf(at + 1)}:${ports[at % ports.length]}/" }`,
    );
    return withFolder(files, async ({ endpoints }) => {
      const options: MonitorOptions = {
        endpoints,
        data: ':memory:',
        workers: processes,
        pinned: false,
        startsWithinMs: 60_000,
      };
      const note = `${processes} workers: the limit of open files lets a process keep ${connectionsAProcess()} connections`;
      try {
        return await withMonitor(context, options, async monitor => {
          const settlesAfterMs = (COUNT * 4) / processes + 20_000;
          context.progress(`workers: started, waiting ${settlesAfterMs / 1000} s for all first checks`);
          await sleep(settlesAfterMs, undefined, { signal: context.signal });
          const name = `${NAME}, ${processes} workers`;
          const measured = { name, samples: [await observe(monitor, READINGS)] };
          return [orSaysSo(measurementOf(measured, 'check', null, [note]))];
        });
      } catch (cause) {
        const { message } = cause as Error;
        if (!message.includes('--workers')) throw cause;
        return [skipped(NAME, 'check', 'it needs npm start -- --workers, which this version does not have')];
      }
    });
  });
};

export const workers: Benchmark = {
  measures: 'npm start -- --workers: as many endpoints as one core does not hold; spans are lateness',
  inDefaultSuite: false,
  run,
};
