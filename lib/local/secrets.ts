import { parseEnv } from 'node:util';
import type { Config } from '../domain/config.ts';
import { secretUses } from '../domain/secret-uses.ts';
import type { ReadSecret } from '../domain/secrets.ts';

const PREFIX = 'PEREGRINE_SECRET_';

type Environment = { readonly [variable: string]: string | undefined };

/** `datadog-api-key` is read from `PEREGRINE_SECRET_DATADOG_API_KEY`. */
const secretVariable = (secret: string): string => PREFIX + secret.toUpperCase().replace(/[^A-Z0-9]+/g, '_');

/** The environment wins over the text of `.env`; an empty value counts as none. */
export const readSecrets = (env: Environment, dotEnv: string | null): ReadSecret => {
  const fromFile = parseEnv(dotEnv ?? '');
  return secret => {
    const variable = secretVariable(secret);
    return env[variable] || fromFile[variable] || null;
  };
};

export const missingSecret = (secret: string): string =>
  `needs the secret ${secret}. Set ${secretVariable(secret)} in the environment or in .env.`;

export type MissingSecret = {
  readonly secret: string;
  readonly variable: string;
  /** `target "datadog" (endpoints/x.yml:3)` */
  readonly usedBy: string;
  readonly message: string;
};

/** Every use of a secret that has no value. */
export const missingSecrets = (config: Config, readSecret: ReadSecret): readonly MissingSecret[] =>
  secretUses(config)
    .filter(({ secret }) => readSecret(secret) === null)
    .map(({ secret, usedBy }) => ({
      secret,
      variable: secretVariable(secret),
      usedBy,
      message: `${usedBy} ${missingSecret(secret)}`,
    }));
