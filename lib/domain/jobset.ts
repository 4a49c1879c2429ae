import type { Config } from './config.ts';

/** `loop`: run without a pause, handed over from worker to worker. `burst`: nothing is due more often than once a
 *  minute, so each invocation runs what is due and ends. */
export type JobsetKind = 'loop' | 'burst';

/** The endpoints that one worker runs, with the targets that they name. */
export type Jobset = {
  /** `loop-0`, `burst-3`: stays the same while endpoints come and go. */
  readonly id: string;
  readonly kind: JobsetKind;
  readonly config: Config;
};

/** What a deployment runs besides its jobsets: `deployment.json` beside the functions' code. */
export type Deployment = {
  /** Changes with the code: a worker of another release is asked to hand over. */
  readonly release: string;
  readonly jobsets: readonly { readonly id: string; readonly kind: JobsetKind }[];
  readonly invalidFiles: readonly string[];
};
