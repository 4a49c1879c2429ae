import type { HttpCheck } from '../../domain/endpoint.ts';
import type { ReadSecret } from '../../domain/secrets.ts';
import type { Failure } from '../answer/answer.ts';

export type Authorization =
  | { readonly kind: 'header'; readonly value: string | null }
  | { readonly kind: 'missing'; readonly failure: Failure };

const none: Authorization = { kind: 'header', value: null };

const missing = (secret: string): Authorization => ({
  kind: 'missing',
  failure: { reason: 'secret', error: `there is no secret "${secret}"` },
});

export const needsSecret = ({ basicAuth, bearerSecret }: HttpCheck): boolean =>
  basicAuth !== null || bearerSecret !== null;

/** The `authorization` header of an endpoint's requests, from its secrets as they are now. */
export const createAuthorization =
  (readSecret: ReadSecret) =>
  ({ basicAuth, bearerSecret }: HttpCheck): Authorization => {
    if (bearerSecret !== null) {
      const token = readSecret(bearerSecret);
      return token === null ? missing(bearerSecret) : { kind: 'header', value: `Bearer ${token}` };
    }
    if (basicAuth === null) return none;
    const password = readSecret(basicAuth.passwordSecret);
    if (password === null) return missing(basicAuth.passwordSecret);
    const pair = Buffer.from(`${basicAuth.username}:${password}`).toString('base64');
    return { kind: 'header', value: `Basic ${pair}` };
  };
