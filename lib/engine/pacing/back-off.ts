/** Exponential with jitter: between half and all of `firstMs × 2^(attempt - 1)`, at most `mostMs`. `attempt` counts from 1. */
export const backOffMs = (
  attempt: number,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
  random: () => number,
): number => Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30)) * (0.5 + random() / 2);
