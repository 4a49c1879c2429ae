import { spawn } from 'node:child_process';
import type { Sample } from '../benchmark.ts';
import { createGauge, type Window } from './gauge.ts';

export type SpawnLoopParams = Window & { readonly atOnce: number; readonly program: string };

/** Node's own spawn, so many at once. */
export const runSpawnLoop = async (params: SpawnLoopParams): Promise<Sample> => {
  const gauge = createGauge();
  const again = (): void => {
    const startedMs = performance.now();
    spawn(params.program, { stdio: 'ignore' })
      .on('error', error => gauge.fail(error.message))
      .on('exit', code => {
        if (code !== 0) gauge.fail(`exit code ${code}`);
        gauge.done(performance.now() - startedMs);
        // Straight from here, timers would starve.
        setImmediate(again);
      });
  };
  for (let at = 0; at < params.atOnce; at++) again();
  return gauge.measure(params);
};
