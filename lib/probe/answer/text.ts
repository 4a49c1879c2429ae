import { isNativeError } from 'node:util/types';

/** `250ms`, `1.5s`: as people write durations in the endpoint files. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)}ms` : `${Number((ms / 1000).toFixed(1))}s`;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** What an endpoint sent, made fit for one line of a message. */
export const excerpt = (text: string, maxLength = 100): string => {
  const line = text
    .slice(0, 4 * maxLength)
    .replace(UNPRINTABLE, ' ')
    .trim();
  return line.length > maxLength || text.length > 4 * maxLength ? `${line.slice(0, maxLength)}…` : line;
};

export const messageOf = (error: unknown): string => (isNativeError(error) ? error.message : String(error));

export const codeOf = (error: unknown): string | null =>
  isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : null;
