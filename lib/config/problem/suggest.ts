const LONGEST_COMPARED = 40;

/** Levenshtein distance in which swapping two neighbours counts as one edit. */
const distance = (a: string, b: string): number => {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const edits = [(last[j - 1] ?? 0) + (same ? 0 : 1), (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1];
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits.push((beforeLast[j - 2] ?? 0) + 1);
      row.push(Math.min(...edits));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

/** What was most likely meant: the nearest of `known` that is at most a third of its letters away. */
const nearest = (word: string, known: Iterable<string>): string | null => {
  if (word.length > LONGEST_COMPARED) return null;
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const allowed = Math.max(1, Math.floor(Math.min(candidate.length, wanted.length) / 3));
    if (Math.abs(candidate.length - wanted.length) > Math.min(allowed, bestDistance)) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits > allowed || edits >= bestDistance) continue;
    best = candidate;
    bestDistance = edits;
  }
  return best;
};

/** `Did you mean "interval"?`, or `otherwise`. */
export const didYouMean = (word: string, known: Iterable<string>, otherwise: string): string => {
  const meant = nearest(word, known);
  return meant === null ? otherwise : `Did you mean "${meant}"?`;
};
