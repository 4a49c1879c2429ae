import { randomUUID } from 'node:crypto';
import type { Config } from '../../domain/config.ts';
import { createWorker, type Worker } from '../../engine/term/worker.ts';
import { probeWith } from '../../probe/probes.ts';
import { askSelf } from '../../probe/self.ts';
import { checksAtOnce } from '../../process/open-files.ts';
import { embeddedStore } from '../store/embedded-store.ts';
import type { Runner, RunnerDeps } from './runner.ts';

/** The one jobset of a process that runs all endpoints. */
export const LOCAL_JOBSET = 'local';

export const createSingleProcess = (deps: RunnerDeps, config: Config): Runner => {
  const self = askSelf(() => ({ ...worker.vitals(), invalidFiles: deps.invalidFiles() }));
  const worker: Worker = createWorker(
    {
      ...deps,
      ...deps.stores,
      probe: probeWith({ ...deps.asks, self }),
      maxInFlight: checksAtOnce(),
      owner: randomUUID(),
      jobset: LOCAL_JOBSET,
      deadlineAtMs: null,
      ...embeddedStore,
    },
    config,
  );
  return {
    ...worker,
    run: async signal => {
      await worker.run('insist', signal);
    },
  };
};
