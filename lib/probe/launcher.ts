import type { Clock } from '../domain/clock.ts';
import { openCoProcess } from './co-process.ts';
import type { Starter } from './process-group.ts';
import { spawningStarter } from './spawned-group.ts';

/** How programs are started here: by co-processes where they can be had, else by the monitor itself. The first
 *  attempt tells. */
export const createLauncher = (clock: Clock, environment: NodeJS.ProcessEnv): (() => Promise<Starter>) => {
  let isPossible: boolean | null = null;
  return async () => {
    const starter = isPossible === false ? null : await openCoProcess(clock, environment);
    isPossible ??= starter !== null;
    return starter ?? spawningStarter(clock, environment, !isPossible);
  };
};
