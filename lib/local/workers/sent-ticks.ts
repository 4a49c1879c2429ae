import type { EndpointId } from '../../domain/endpoint.ts';
import type { CountedTicks } from '../../engine/measures/counted-ticks.ts';
import type { SentTicks } from './messages.ts';

const COUNTS = 4;

const sameIds = (ids: readonly EndpointId[], before: readonly EndpointId[] | undefined): boolean =>
  before?.length === ids.length && ids.every((id, at) => id === before[at]);

/** For one jobset: ids go with the first counts only, and again when others have come or gone. */
export const createTicksSender = () => {
  let known: readonly EndpointId[] | undefined;
  return ({ atMs, ticks }: CountedTicks): SentTicks => {
    const ids = [...ticks.keys()];
    const counts = new Uint32Array(ids.length * COUNTS);
    let at = 0;
    for (const { due, run, late, missed } of ticks.values()) {
      counts.set([due, run, late, missed], at);
      at += COUNTS;
    }
    const news = sameIds(ids, known) ? null : ids;
    known = ids;
    return { atMs, ids: news, counts };
  };
};

export type ReceivedTicks = SentTicks & { readonly ids: readonly EndpointId[] };

/** With the ids that went before; null where they did not. */
export const receivedTicks = (sent: SentTicks, before: ReceivedTicks | undefined): ReceivedTicks | null => {
  const ids = sent.ids ?? before?.ids;
  return ids && ids.length * COUNTS === sent.counts.length ? { ...sent, ids } : null;
};

export const ticksIn = ({ atMs, ids, counts }: ReceivedTicks): CountedTicks => ({
  atMs,
  ticks: new Map(
    ids.map((id, n) => {
      const [due = 0, run = 0, late = 0, missed = 0] = counts.subarray(n * COUNTS, (n + 1) * COUNTS);
      return [id, { due, run, late, missed }];
    }),
  ),
});
