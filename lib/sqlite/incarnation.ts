import type { Witnessed } from './witness.ts';

/** Without those that look alike. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** One in a billion. */
const LENGTH = 6;

/** A new incarnation: after it versions may come again, ids cannot. */
export const drawIncarnation = (random: () => number): string =>
  Array.from({ length: LENGTH }, () => DIGITS[Math.floor(random() * DIGITS.length)]).join('');

export type Identity = {
  readonly incarnation: string;
  readonly commits: number;
  /** It was made by `npm run backup`. */
  readonly copied: boolean;
};

/** Why versions may come again that were told already; null: they cannot. */
export const whyAnew = (
  identity: Identity,
  witnessed: (Witnessed & { readonly isTouched: boolean }) | null,
): string | null => {
  if (identity.copied) return 'it was restored from a backup';
  if (witnessed === null) return 'nothing beside it says that it is the last one';
  if (witnessed.incarnation !== identity.incarnation) return 'it comes from another folder';
  if (identity.commits < witnessed.commits)
    return `it is older than the one before: it lacks the last ${witnessed.commits - identity.commits} changes`;
  return witnessed.isTouched ? 'the folder was copied or restored' : null;
};
