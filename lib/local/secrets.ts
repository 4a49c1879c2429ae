import { parseEnv } from 'node:util';
import type { Config } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import type { Target } from '../domain/target.ts';

const PREFIX = 'PEREGRINE_SECRET_';

type Environment = { readonly [variable: string]: string | undefined };

/** `datadog-api-key` is read from `PEREGRINE_SECRET_DATADOG_API_KEY`. */
const secretVariable = (secret: string): string => PREFIX + secret.toUpperCase().replace(/[^A-Z0-9]+/g, '_');

/** What commands of the user may inherit. */
export const withoutSecrets = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([variable]) => !variable.startsWith(PREFIX)));

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

const ofTarget = ({ to }: Target): readonly string[] =>
  to.kind === 'webhook' && to.apiKey?.key.kind === 'secret' ? [to.apiKey.key.secret] : [];

const ofEndpoint = ({ check }: Endpoint): readonly string[] =>
  check.scheme === 'http' || check.scheme === 'https'
    ? [check.basicAuth?.passwordSecret, check.bearerSecret].filter(secret => typeof secret === 'string')
    : [];

/** Every use of a secret that has no value. */
export const missingSecrets = (
  { targets, endpoints }: Config,
  readSecret: ReadSecret,
): readonly MissingSecret[] => {
  const uses = [
    ...targets.map(target => ({ kind: 'target', ...target, secrets: ofTarget(target) })),
    ...endpoints.map(endpoint => ({ kind: 'endpoint', ...endpoint, secrets: ofEndpoint(endpoint) })),
  ];
  return uses.flatMap(({ kind, name, source, secrets }) => {
    const usedBy = `${kind} "${name}" (${source})`;
    return secrets
      .filter(secret => readSecret(secret) === null)
      .map(secret => ({
        secret,
        variable: secretVariable(secret),
        usedBy,
        message: `${usedBy} ${missingSecret(secret)}`,
      }));
  });
};
