/** One thing that a scenario claims, and what was seen of it. */
export type Fact = {
  /** Reads as a fact: `no transition is lost`. */
  readonly claim: string;
  readonly holds: boolean;
  /** Figures where it holds, and the first cases where it does not. */
  readonly seen: string;
};

export type Context = {
  /** How long the faults may go on, beside setting up and waiting for what follows. */
  readonly forMs: number;
  /** The same one repeats what is random. */
  readonly seed: number;
  readonly progress: (line: string) => void;
  /** Aborts when the user gives up. */
  readonly signal: AbortSignal;
};

export type Scenario = {
  /** The promise of the README that is tried, in one line. */
  readonly promise: string;
  /** How long the faults of its short form take, which is part of `npm test`. */
  readonly leastMs: number;
  /** More time than this finds nothing more. */
  readonly mostMs: number;
  /** Why it cannot be tried on this machine; null where it can. */
  readonly cannotRun?: () => string | null;
  readonly run: (context: Context) => Promise<readonly Fact[]>;
};

export const fact = (claim: string, holds: boolean, seen: string): Fact => ({ claim, holds, seen });

const MOST_SHOWN = 3;

/** Holds when there are no cases against it. */
export const noneOf = (claim: string, cases: readonly string[], tried: string): Fact => {
  const shown = cases.slice(0, MOST_SHOWN).join('; ');
  const more = cases.length > MOST_SHOWN ? '; …' : '';
  return fact(claim, cases.length === 0, cases.length === 0 ? tried : `${cases.length}: ${shown}${more}`);
};
