/** Milliseconds to the microsecond. */
export const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

export const roundedOrNull = (ms: number | null): number | null => (ms === null ? null : rounded(ms));
