import type { Config } from '../../domain/config.ts';
import type { Target } from '../../domain/target.ts';
import type { Observer } from '../../engine/events/observer.ts';
import type { Send } from '../../engine/ports/send.ts';
import type { Stores } from '../../engine/term/watched-stores.ts';
import type { WorkerDeps } from '../../engine/term/worker.ts';
import type { Probes } from '../../probe/probes.ts';
import type { LiveEvents } from '../http/live.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Source } from '../http/source.ts';

/** What runs the endpoints of a monitor: this process alone, or with others. */
export type Runner = Omit<Source, 'version'> & {
  /** Until `signal` aborts, and all is saved. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Goes on with another config; what did not change keeps its state, streak and phase. */
  readonly update: (config: Config) => Promise<void>;
};

export type RunnerDeps = Pick<WorkerDeps, 'clock' | 'random' | 'release'> & {
  readonly stores: Stores;
  readonly env: { readonly [variable: string]: string | undefined };
  readonly asks: Probes['asks'];
  readonly send: Send;
  /** As the files define it now. */
  readonly target: (name: string) => Target | undefined;
  readonly observer: Required<Observer>;
  readonly live: LiveEvents;
  readonly countChecks: Metrics['countChecks'];
  readonly invalidFiles: () => readonly string[];
};
