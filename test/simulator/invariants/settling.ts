import type { Invariant } from './invariant.ts';

/** Once all is well, saved states come to be true. */
export const settling: Invariant = {
  name: 'settling',
  promises: [4, 6, 14],
  broken: function* ({ observations, unsettled }) {
    for (const message of unsettled) yield { atMs: observations.at(-1)?.atMs ?? 0, message };
  },
};
