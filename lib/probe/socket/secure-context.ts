import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../../domain/clock.ts';
import type { Failure } from '../answer/answer.ts';
import { codeOf, messageOf } from '../answer/text.ts';

type Loaded =
  | { readonly kind: 'loaded'; readonly context: SecureContext }
  | { readonly kind: 'unusable'; readonly failure: Failure };
export type SecureContexts = (caFile: string | null) => Promise<Loaded>;
type Entry = { readonly loaded: Promise<Loaded>; readonly atMs: number };

/** A replaced file is seen after this. */
const MAX_AGE_MS = 10_000;
const MAX_ENTRIES = 1000;

const unusable = (caFile: string, error: unknown): Loaded => {
  const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
  return { kind: 'unusable', failure: { reason: 'tls', error: `ca_file ${caFile}: ${why}` } };
};

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

const load = async (caFile: string): Promise<Loaded> => {
  try {
    const ca = await readFile(caFile, 'latin1');
    if (!ca.includes(CERTIFICATE)) return unusable(caFile, new Error('it holds no PEM certificate'));
    return { kind: 'loaded', context: createSecureContext({ ca }) };
  } catch (error) {
    return unusable(caFile, error);
  }
};

/** The certificates to trust: those of `caFile`, or the usual ones. Handshakes share one context for each
 *  file: making one costs more than a handshake. */
export const createSecureContexts = (clock: Clock): SecureContexts => {
  const usual: Promise<Loaded> = Promise.resolve({ kind: 'loaded', context: createSecureContext() });
  const entries = new Map<string, Entry>();
  return caFile => {
    if (caFile === null) return usual;
    const nowMs = clock.monotonicMs();
    const known = entries.get(caFile);
    if (known !== undefined && nowMs - known.atMs < MAX_AGE_MS) return known.loaded;
    if (entries.size >= MAX_ENTRIES) entries.clear();
    const loaded = load(caFile);
    entries.set(caFile, { loaded, atMs: nowMs });
    return loaded;
  };
};
