import {
  DescribeSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { attempt } from './send-attempt.ts';
import type { AwsSendDeps } from './send-client.ts';

export type SecretStatus =
  | { readonly kind: 'there' }
  | { readonly kind: 'missing' }
  /** Marked for deletion: it can be restored, and until then no other can have its name. */
  | { readonly kind: 'deleted' }
  /** AWS did not say. `error` is for a person. */
  | { readonly kind: 'unknown'; readonly error: string };

const AT_ONCE = 8;
const MAX_ATTEMPTS = 3;

/** Asks Secrets Manager which of these secrets exist; their values are not read. Never rejects. */
export const checkSecrets = ({ config, clock }: AwsSendDeps) => {
  const client = new SecretsManagerClient({ ...config, maxAttempts: MAX_ATTEMPTS });

  const statusOf = async (name: string, signal: AbortSignal): Promise<SecretStatus> => {
    let status: SecretStatus = { kind: 'there' };
    const outcome = await attempt(clock, 'Secrets Manager', signal, async abortSignal => {
      try {
        const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: name }), {
          abortSignal,
        });
        if (DeletedDate) status = { kind: 'deleted' };
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        status = { kind: 'missing' };
      }
      return { kind: 'accepted' };
    });
    return outcome.kind === 'accepted' ? status : { kind: 'unknown', error: outcome.error };
  };

  return async (
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, SecretStatus>> => {
    const statuses = new Map<string, SecretStatus>();
    for (let at = 0; at < names.length; at += AT_ONCE)
      await Promise.all(
        names.slice(at, at + AT_ONCE).map(async name => statuses.set(name, await statusOf(name, signal))),
      );
    return statuses;
  };
};
