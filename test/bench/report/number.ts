import type { Spread } from '../arithmetic/spread.ts';

/** Three digits, but every digit of whole thousands: what is measured is not known better. */
export const short = (value: number): string => {
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return Math.round(value).toLocaleString('en-US');
  if (magnitude >= 100) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1);
  return magnitude === 0 ? '0' : value.toFixed(2);
};

/** `11.2 (10.9–11.8)` */
export const withSpread = ({ median, min, max }: Spread): string =>
  min === max ? short(median) : `${short(median)} (${short(min)}–${short(max)})`;

export const asPercent = ({ median, min, max }: Spread): Spread => ({
  median: median * 100,
  min: min * 100,
  max: max * 100,
});
