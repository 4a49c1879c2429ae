import { joined } from './judge/joined.ts';
import type { Fact } from './scenario.ts';

export type Case = readonly [name: string, run: () => Promise<readonly Fact[]>];

const AT_ONCE = 3;

/** One scenario in several cases, each in a world of its own. Some at once, for they mostly wait; a crowd of them would
 *  starve each other. */
export const inEach = async (cases: readonly Case[], atOnce = AT_ONCE): Promise<readonly Fact[]> => {
  const results: (readonly [string, readonly Fact[]])[] = [];
  const left = [...cases.entries()];
  const take = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, [name, run]] = next;
      results[at] = [name, await run()];
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return joined(results);
};
