const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof MS;

export const DURATION = /^\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h|d)$/;
/** Longer spans are a slip of the keyboard. */
export const LONGEST_MS = 1000 * MS.d;

/** `text` must match `DURATION`. */
export const toMs = (text: string): number => {
  const unit = text.replace(/^[\d.]+/, '') as Unit;
  return Number(text.slice(0, -unit.length)) * MS[unit];
};

/** 1500 → `1.5s`, in the largest unit that keeps it short. */
export const showMs = (ms: number): string => {
  const unit =
    (['d', 'h', 'm', 's'] as const).find(each => ms >= MS[each] && (ms * 2) % MS[each] === 0) ?? 'ms';
  return `${ms / MS[unit]}${unit}`;
};
