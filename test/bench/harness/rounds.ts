import type { Context, Sample } from '../benchmark.ts';

export type Subject = { readonly name: string; readonly run: () => Promise<Sample> };

export type Measured = { readonly name: string; readonly samples: readonly Sample[] };

/** For what takes long in itself: a third of the rounds, to keep the suite under 5 minutes. */
export const seldom = (context: Context): Context => ({ ...context, rounds: Math.ceil(context.rounds / 3) });

/** A B A B, not A A B B: whatever changes on the machine meanwhile meets all of them. */
export const interleaved = async (
  { rounds, progress }: Context,
  benchmark: string,
  subjects: readonly Subject[],
): Promise<readonly Measured[]> => {
  const measured = subjects.map(({ name }) => ({ name, samples: [] as Sample[] }));
  for (let round = 1; round <= rounds; round++)
    for (const [at, { name, run }] of subjects.entries()) {
      const sample = await run();
      measured[at]?.samples.push(sample);
      const cpuUs = (sample.cpuMs * 1000) / sample.operations;
      progress(`${benchmark} ${round}/${rounds}  ${name}: ${cpuUs.toFixed(1)} µs`);
    }
  return measured;
};
