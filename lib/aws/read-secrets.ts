import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ReadSecret } from '../domain/secrets.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt } from './send-attempt.ts';
import type { AwsSendDeps } from './send-client.ts';

const SERVICE = 'Secrets Manager';
const READS_AT_ONCE = 8;
const MAX_ATTEMPTS = 2;
const READ_TIMEOUT_MS = 3000;
/** No check runs before all are read. */
const ALL_TIMEOUT_MS = 6000;
/** A worker that runs once a minute would pay $0.22 a month for each secret. */
const KEEP_MS = 10 * 60_000;

export type LoadedSecrets = {
  /** null: it is missing, denied or not text. */
  readonly read: ReadSecret;
  /** For a person, and without any value. */
  readonly problems: readonly string[];
};

type Kept = { readonly value: string; readonly readAtMs: number };

const NOT_TEXT: Outcome = { kind: 'refused', error: 'it holds no text' };

const isMissing = (outcome: Outcome): boolean =>
  outcome.kind !== 'accepted' && outcome.error.includes('ResourceNotFoundException');

const problemOf = (name: string, outcome: Outcome): string | null => {
  if (outcome.kind === 'accepted') return null;
  return isMissing(outcome)
    ? `the secret ${name} is missing. Create it: aws secretsmanager create-secret --name ${name} --secret-string VALUE`
    : `the secret ${name} was not read: ${outcome.error}`;
};

/** Reads secrets by name from Secrets Manager, each as one text, also when it is JSON. Never rejects and ends within
 *  6 s. Values are kept for 10 minutes, and longer while they cannot be read again; of one that was deleted, none. */
export const createLoadSecrets = ({ config, clock }: AwsSendDeps) => {
  const kept = new Map<string, Kept>();
  let client: SecretsManagerClient | null = null;

  const readOne = (name: string, signal: AbortSignal): Promise<Outcome> =>
    attempt(
      clock,
      SERVICE,
      signal,
      async abortSignal => {
        client ??= new SecretsManagerClient({ ...config, maxAttempts: MAX_ATTEMPTS });
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }), {
          abortSignal,
        });
        if (!SecretString) return NOT_TEXT;
        kept.set(name, { value: SecretString, readAtMs: clock.nowMs() });
        return { kind: 'accepted' };
      },
      READ_TIMEOUT_MS,
    );

  return async (names: readonly string[], signal: AbortSignal): Promise<LoadedSecrets> => {
    const isFresh = (name: string): boolean => {
      const secret = kept.get(name);
      return secret !== undefined && clock.nowMs() - secret.readAtMs < KEEP_MS;
    };
    const wanted = [...new Set(names)];
    const problems: string[] = [];
    const tooLong = new AbortController();
    const cancelLimit = clock.after(ALL_TIMEOUT_MS, () => tooLong.abort());
    const stop = AbortSignal.any([signal, tooLong.signal]);
    const left = wanted.filter(name => !isFresh(name)).values();
    const readInTurn = async (): Promise<void> => {
      for (const name of left) {
        const outcome = await readOne(name, stop);
        if (isMissing(outcome)) kept.delete(name);
        const problem = problemOf(name, outcome);
        if (problem !== null) problems.push(problem);
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, readInTurn));
    cancelLimit();
    const values = new Map(wanted.map(name => [name, kept.get(name)?.value ?? null]));
    return { read: name => values.get(name) ?? null, problems };
  };
};
