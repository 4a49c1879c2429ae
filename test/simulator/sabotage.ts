import type { Config } from '../../lib/domain/config.ts';
import type { Probe } from '../../lib/domain/probe.ts';
import type { CountedTicks } from '../../lib/engine/measures/counted-ticks.ts';
import type { Send } from '../../lib/engine/ports/send.ts';
import type { Ports } from './store/ports.ts';

/** An engine that is broken on purpose, through its seams: what each invariant must notice. */
export type Sabotage = {
  readonly ports?: (ports: Ports) => Ports;
  readonly probe?: (probe: Probe) => Probe;
  readonly send?: (send: Send) => Send;
  /** The engine goes by another config than the one it is judged by. */
  readonly config?: (config: Config) => Config;
  readonly counted?: (counted: CountedTicks) => CountedTicks;
};

export const NONE: Sabotage = {};
