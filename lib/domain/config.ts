import type { Endpoint } from './endpoint.ts';
import type { Target } from './target.ts';

/** All that the engine needs to run: JSON, so that a Lambda parses no YAML. */
export type Config = {
  /** With `self` last; ids are unique. */
  readonly endpoints: readonly Endpoint[];
  readonly targets: readonly Target[];
};
