import type { Config } from './config.ts';
import type { Endpoint } from './endpoint.ts';
import type { Target } from './target.ts';

export type SecretUse = {
  readonly secret: string;
  readonly kind: 'target' | 'endpoint';
  /** `target "datadog" (endpoints/x.yml:3)` */
  readonly usedBy: string;
};

const ofTarget = ({ to }: Target): readonly string[] =>
  to.kind === 'webhook' && to.apiKey?.key.kind === 'secret' ? [to.apiKey.key.secret] : [];

const ofEndpoint = ({ check }: Endpoint): readonly string[] =>
  check.scheme === 'http' || check.scheme === 'https'
    ? [check.basicAuth?.passwordSecret, check.bearerSecret].filter(secret => typeof secret === 'string')
    : [];

const usesOf = (
  kind: SecretUse['kind'],
  { name, source }: { readonly name: string; readonly source: string },
  secrets: readonly string[],
): readonly SecretUse[] => secrets.map(secret => ({ secret, kind, usedBy: `${kind} "${name}" (${source})` }));

/** Every use of a secret, those of targets first. */
export const secretUses = ({ targets, endpoints }: Config): readonly SecretUse[] => [
  ...targets.flatMap(target => usesOf('target', target, ofTarget(target))),
  ...endpoints.flatMap(endpoint => usesOf('endpoint', endpoint, ofEndpoint(endpoint))),
];
