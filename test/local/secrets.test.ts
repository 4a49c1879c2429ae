import { expect, test } from '@jest/globals';
import type { Config } from '../../lib/domain/config.ts';
import type { ApiKey } from '../../lib/domain/target.ts';
import { missingSecrets, readSecrets } from '../../lib/local/secrets.ts';
import { exampleTarget, webhookTo } from '../support/example-transition.ts';

test('a secret is read from its variable', () => {
  const read = readSecrets({ PEREGRINE_SECRET_DATADOG_API_KEY: 'k' }, null);
  expect(read('datadog-api-key')).toBe('k');
  expect(read('datadog')).toBeNull();
});

test('the environment wins over .env, and an empty value is none', () => {
  const dotEnv = '# keys\nPEREGRINE_SECRET_A=file\nPEREGRINE_SECRET_B="file b"\nPEREGRINE_SECRET_C=\n';
  const read = readSecrets({ PEREGRINE_SECRET_A: 'env', PEREGRINE_SECRET_B: '' }, dotEnv);
  expect(['a', 'b', 'c'].map(read)).toEqual(['env', 'file b', null]);
});

const webhookWith = (apiKey: ApiKey) =>
  exampleTarget(webhookTo('https://example.com', { apiKey }), 'datadog');

const endpointWith = (secrets: { readonly password?: string; readonly bearer?: string }) => ({
  name: 'shop',
  source: 'endpoints/shop.yml:9',
  check: {
    scheme: 'https',
    basicAuth: secrets.password ? { username: 'u', passwordSecret: secrets.password } : null,
    bearerSecret: secrets.bearer ?? null,
  },
});

const configOf = (targets: readonly unknown[], endpoints: readonly unknown[]) =>
  ({ targets, endpoints }) as unknown as Config;

const key: ApiKey = { name: 'k', in: 'query', key: { kind: 'secret', secret: 'datadog-api-key' } };

test('a missing secret names who needs it and the variable to set', () => {
  const config = configOf([webhookWith(key)], [endpointWith({ password: 'shop-pw' })]);
  expect(missingSecrets(config, readSecrets({}, null))).toEqual([
    {
      secret: 'datadog-api-key',
      variable: 'PEREGRINE_SECRET_DATADOG_API_KEY',
      usedBy: 'target "datadog" (endpoints/shop.yml:3)',
      message:
        'target "datadog" (endpoints/shop.yml:3) needs the secret datadog-api-key. Set PEREGRINE_SECRET_DATADOG_API_KEY in the environment or in .env.',
    },
    {
      secret: 'shop-pw',
      variable: 'PEREGRINE_SECRET_SHOP_PW',
      usedBy: 'endpoint "shop" (endpoints/shop.yml:9)',
      message:
        'endpoint "shop" (endpoints/shop.yml:9) needs the secret shop-pw. Set PEREGRINE_SECRET_SHOP_PW in the environment or in .env.',
    },
  ]);
});

test('what has its secret, or needs none, is not missing one', () => {
  const read = readSecrets({ PEREGRINE_SECRET_DATADOG_API_KEY: 'k', PEREGRINE_SECRET_TOKEN: 't' }, null);
  const config = configOf(
    [webhookWith(key), webhookWith({ ...key, key: { kind: 'value', value: 'v' } })],
    [endpointWith({ bearer: 'token' }), { name: 'db', source: 'a.yml:1', check: { scheme: 'tcp' } }],
  );
  expect(missingSecrets(config, read)).toEqual([]);
});
