import { joined } from './judge/joined.ts';
import type { Fact } from './scenario.ts';

export type Case = readonly [name: string, run: () => Promise<readonly Fact[]>];

const AT_ONCE = 3;

/** One scenario in several cases, each in a world of its own. Some at once, for they mostly wait; a crowd of them would
 *  starve each other. Rejects when one did, once all that have begun are over. */
export const inEach = async (cases: readonly Case[], atOnce = AT_ONCE): Promise<readonly Fact[]> => {
  const results: (readonly [string, readonly Fact[]])[] = [];
  const left = [...cases.entries()];
  const take = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, [name, run]] = next;
      try {
        results[at] = [name, await run()];
      } catch (cause) {
        left.length = 0;
        throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, take));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return joined(results);
};
