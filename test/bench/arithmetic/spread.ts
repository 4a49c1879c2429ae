/** One figure over all rounds. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

const median = (ascending: readonly number[]): number => {
  const middle = Math.floor(ascending.length / 2);
  const upper = ascending[middle] as number;
  return ascending.length % 2 === 1 ? upper : (upper + (ascending[middle - 1] as number)) / 2;
};

/** null of no rounds. */
export const spreadOf = (rounds: readonly number[]): Spread | null => {
  const ascending = rounds.toSorted((a, b) => a - b);
  const [min, max] = [ascending[0], ascending.at(-1)];
  return min === undefined || max === undefined ? null : { median: median(ascending), min, max };
};

/** How many times `ours` is of `theirs`, round by round: what slows the machine for a while slows both. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread | null =>
  spreadOf(
    ours.flatMap((value, round) => {
      const other = theirs[round];
      return other === undefined || other === 0 ? [] : [value / other];
    }),
  );
