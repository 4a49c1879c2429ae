import type { Endpoint } from './endpoint.ts';
import { isSelf } from './self.ts';
import type { Target } from './target.ts';

/** All that the engine needs to run: JSON, so that a Lambda parses no YAML. */
export type Config = {
  /** With `self` last; ids are unique. */
  readonly endpoints: readonly Endpoint[];
  readonly targets: readonly Target[];
};

/** What somebody wants watched: all endpoints but the monitor itself. */
export const watchedEndpoints = ({ endpoints }: Config): readonly Endpoint[] =>
  endpoints.filter(endpoint => !isSelf(endpoint));
