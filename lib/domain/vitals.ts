/** How the monitor itself does: what `self` is checked on. Counts are since the start. */
export type Vitals = {
  readonly invalidFiles: readonly string[];
  /** p99 over the last 10 s. */
  readonly latenessMs: number;
  readonly missedTicks: number;
  /** The loop does not keep up with what is due. */
  readonly scalingLimitHit: boolean;
  readonly endpoints: number;
  /** So many of them the loop keeps up with, about; all while the limit is not hit. */
  readonly endpointsFit: number;
  readonly targetFailures: number;
  readonly storeFailures: number;
};

/** The monitor's own events, without their `self.`: also the placeholders of its notifications. */
export const selfValues = [
  'config.invalid_files',
  'loop.lateness_ms',
  'loop.missed_ticks',
  'loop.scaling_limit_hit',
  'loop.endpoints_fit',
  'target.failures',
  'store.failures',
  'heartbeat',
] as const;
