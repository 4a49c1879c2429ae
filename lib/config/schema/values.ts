import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import { quoted } from '../problem/show.ts';
import { didYouMean } from '../problem/suggest.ts';
import { checkCron, isTimezone } from './cron.ts';
import { DURATION, LONGEST_MS, showMs, toMs } from './duration.ts';

// The message of each schema is the sentence that says how to put the value right.

const inQuotes = (input: unknown, otherwise: string): string =>
  typeof input === 'number' || typeof input === 'boolean'
    ? `Put it in quotes: ${quoted(String(input))}`
    : otherwise;

export const text = (what = 'Write a text', maxLength = 10_000) =>
  z
    .string({ error: issue => inQuotes(issue.input, what) })
    .max(maxLength, `Write at most ${maxLength} characters`);

export const word = (what: string, pattern: RegExp) =>
  z.string({ error: issue => inQuotes(issue.input, what) }).regex(pattern, { error: what, abort: true });

export const flag = () => z.boolean('Write true or false');

export const whole = (min: number, max: number) => {
  const fix = `Write a whole number from ${min} to ${max}`;
  return z.int(fix).min(min, fix).max(max, fix);
};

export const whichOf = (input: unknown, values: readonly string[]): string =>
  didYouMean(String(input), values, `Write one of ${values.join(', ')}`);

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: ({ input }) => whichOf(input, values) });

const unitMissing = (input: unknown): string => {
  const bare = typeof input === 'number' || (typeof input === 'string' && /^\d+(\.\d+)?$/.test(input));
  return bare
    ? `Add a unit: "${input}s" or "${input}ms"`
    : 'Write a number and a unit: "250ms", "1.5s", "5m", "2h" or "1d"';
};

/** Written `250ms`, read as a number of ms. */
export const duration = (atLeastMs: number) =>
  z
    .string({ error: issue => unitMissing(issue.input) })
    .regex(DURATION, { error: issue => unitMissing(issue.input) })
    .transform(toMs)
    .refine(ms => ms >= atLeastMs, `Write ${showMs(atLeastMs)} or more`)
    .refine(ms => ms <= LONGEST_MS, `Write ${showMs(LONGEST_MS)} or less`);

export const secretName = () =>
  word(
    'Write only the name of the secret: a-z, 0-9 and single "-", at most 64 characters',
    /^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/,
  );

const isWebUrl = (value: string): boolean => {
  const url = URL.canParse(value) ? new URL(value) : null;
  return url !== null && url.username === '' && url.password === '' && !/[\s\\]/.test(value);
};

export const webUrl = () => {
  const fix = 'Write a full address without a user name: "https://example.com/health"';
  return word(fix, /^https?:\/\/./)
    .max(2048, fix)
    .refine(isWebUrl, fix);
};

export const cron = () => {
  const checked = (input: unknown) =>
    typeof input === 'string' ? checkCron(input, 'UTC') : { kind: 'invalid' as const, fix: '' };
  return text('Write five fields in quotes: "*/5 * * * *"', 100).refine(
    expression => checked(expression).kind === 'valid',
    {
      error: issue => {
        const result = checked(issue.input);
        return result.kind === 'invalid' ? result.fix : '';
      },
    },
  );
};

export const timezone = () =>
  text('Write a name such as "Europe/Berlin"', 64).refine(isTimezone, 'Write a name such as "Europe/Berlin"');

/** ISO 8601, in UTC where it names no offset; read as Unix ms. */
export const instant = () => {
  const fix = 'Write a date and time: "2026-12-24T18:00:00Z"';
  const pattern = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?$/;
  const parse = (value: string): number => {
    const iso = value.toUpperCase().replace(' ', 'T');
    return Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
  };
  return word(fix, pattern)
    .transform(parse)
    .refine(atMs => !Number.isNaN(atMs), { error: fix, abort: true });
};

/** `{status}` without quotes is a YAML map with one empty value. */
export const unquotedPlaceholder = (value: unknown): string | null => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const [entry, ...more] = Object.entries(value);
  return entry !== undefined && more.length === 0 && entry[1] === null ? `{${entry[0]}}` : null;
};

const json: z.ZodType<Json> = z.json().meta({ id: 'json' });

export const jsonMap = (example: string) => z.record(z.string(), json, `Write a map: ${example}`);

export const textMap = (what: string, keyPattern: RegExp, keyFix: string) =>
  z.record(z.string().regex(keyPattern, keyFix), text(), what);

/** A key that stands here only to say why it must not. */
export const rejected = (why: string) => z.never(why).optional().describe(`Not accepted: ${why}.`);
