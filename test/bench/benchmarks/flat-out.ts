import type { Context, Measurement } from '../benchmark.ts';
import { runClient } from '../harness/child.ts';
import { endpointOf } from '../harness/endpoint.ts';
import { measurementOf } from '../harness/measurement.ts';
import { interleaved, type Subject } from '../harness/rounds.ts';

/** Enough for a core to be busy whatever one answer takes. */
export const ENDPOINTS = 64;
export const WINDOW = { warmUpMs: 500, measureMs: 1000 };

export type FlatOut = {
  readonly benchmark: string;
  /** Of one endpoint, which stands for all. */
  readonly yaml: string;
  /** Offers more than a core can do: what is left shows as missed ticks. */
  readonly everyMs: number;
  readonly distinct: boolean;
  /** The first is what CPU is compared with. */
  readonly references: readonly Subject[];
};

/** Peregrine's row, then those of the references. */
export const flatOut = async (
  context: Context,
  { benchmark, yaml, everyMs, distinct, references }: FlatOut,
): Promise<readonly Measurement[]> => {
  const loop = {
    template: endpointOf(yaml),
    count: ENDPOINTS,
    everyMs,
    distinct,
    spans: 'answer',
    ...WINDOW,
    // V8 still compiles what a whole check runs through, long after a bare loop is done.
    warmUpMs: 2000,
  } as const;
  const peregrine = { name: 'Peregrine', run: () => runClient(context, { client: 'check-loop', ...loop }) };
  const measured = await interleaved(context, benchmark, [peregrine, ...references]);
  const reference = measured[1] ?? null;
  return measured.map((one, at) => measurementOf(one, 'check', at === 1 ? null : reference));
};
