/** All that is random in a world: numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** FNV-1a, 32 bits: a stream's name into the seed of its own. */
const mixed = (seed: number, name: string): number => {
  let bits = 0x811c9dc5 ^ seed;
  for (let at = 0; at < name.length; at++) bits = Math.imul(bits ^ name.charCodeAt(at), 0x01000193);
  return bits >>> 0;
};

/** A stream of its own for each name: what one part draws changes nothing for the others, so that a world with a fault
 *  taken out goes on as before. Mulberry32 (Ettinger). */
export const randomOf = (seed: number, name: string): Random => {
  let state = mixed(seed, name);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const chance = (random: Random, probability: number): boolean => random() < probability;

export const between = (random: Random, from: number, to: number): number => from + random() * (to - from);

/** A whole number of `from` to `to`. */
export const wholeBetween = (random: Random, from: number, to: number): number =>
  Math.floor(between(random, from, to + 1));

/** Short spans as often as long ones: evenly over the orders of magnitude. */
export const spanBetween = (random: Random, fromMs: number, toMs: number): number =>
  Math.round(fromMs * (toMs / fromMs) ** random());

export const pick = <One>(random: Random, all: readonly One[]): One =>
  all[Math.floor(random() * all.length)] as One;
