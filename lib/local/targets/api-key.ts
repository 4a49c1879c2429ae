import type { RenderedAs } from '../../domain/rendered.ts';
import type { ReadSecret } from '../../domain/secrets.ts';
import type { ApiKey } from '../../domain/target.ts';

type Addressed = Pick<RenderedAs<'webhook'>, 'url' | 'headers'>;

const withQuery = (url: string, name: string, key: string): string => {
  const keyed = new URL(url);
  keyed.search += `${keyed.search === '' ? '' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(key)}`;
  return keyed.href;
};

const place = ({ url, headers }: Addressed, { name, in: where }: ApiKey, key: string): Addressed => {
  switch (where) {
    case 'query':
      return { url: withQuery(url, name, key), headers };
    case 'header':
      return { url, headers: { ...headers, [name.toLowerCase()]: key } };
    case 'basic': {
      const credentials = Buffer.from(`${name}:${key}`).toString('base64');
      return { url, headers: { ...headers, authorization: `Basic ${credentials}` } };
    }
    case 'bearer':
      return { url, headers: { ...headers, authorization: `Bearer ${key}` } };
    default:
      return where satisfies never;
  }
};

/** Puts the key where the receiver looks for it. */
export const withApiKey = (
  readSecret: ReadSecret,
  { url, headers }: Addressed,
  apiKey: ApiKey | null,
): (Addressed & { readonly kind: 'ready' }) | { readonly kind: 'missing'; readonly secret: string } => {
  if (apiKey === null) return { kind: 'ready', url, headers };
  if (apiKey.key.kind === 'value')
    return { kind: 'ready', ...place({ url, headers }, apiKey, apiKey.key.value) };
  const key = readSecret(apiKey.key.secret);
  if (key === null) return { kind: 'missing', secret: apiKey.key.secret };
  return { kind: 'ready', ...place({ url, headers }, apiKey, key) };
};
