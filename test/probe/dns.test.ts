import { afterAll, expect, test } from '@jest/globals';
import type { DnsCheck } from '../../lib/domain/endpoint.ts';
import { domainName, hostileResolver, records, uint16, uint32 } from '../support/hostile-resolver.ts';
import { asking, dnsCheck, endpointFor } from './asking.ts';

const { check, inspect, probe, close } = asking();
afterAll(close);

const zone = {
  'shop.test A': records('A', Buffer.from([10, 0, 0, 2]), Buffer.from([10, 0, 0, 1])),
  'shop.test AAAA': records('AAAA', Buffer.from([...new Uint8Array(15), 1])),
  'shop.test CNAME': records('CNAME', domainName('real.test')),
  'shop.test NS': records('NS', domainName('ns1.test')),
  'shop.test MX': records('MX', Buffer.concat([uint16(10), domainName('mail.test')])),
  'shop.test TXT': records('TXT', Buffer.from('\x05v=spf\x041 -a')),
  'shop.test SRV': records('SRV', Buffer.concat([uint16(1, 2, 443), domainName('a.test')])),
  'shop.test SOA': records(
    'SOA',
    Buffer.concat([domainName('ns1.test'), domainName('root.test'), uint32(7, 1, 2, 3, 4)]),
  ),
  'empty.test A': records('A'),
  'broken.test A': 2,
  'refused.test A': 5,
  'silent.test A': 'silence',
  'garbage.test A': 'garbage',
} as const;

const types: readonly (readonly [DnsCheck['recordType'], string])[] = [
  ['A', '["10.0.0.1", "10.0.0.2"]'],
  ['AAAA', '["::1"]'],
  ['CNAME', '["real.test"]'],
  ['NS', '["ns1.test"]'],
  ['MX', '["10 mail.test"]'],
  ['TXT', '["v=spf1 -a"]'],
  ['SRV', '["1 2 443 a.test"]'],
  ['SOA', '["ns1.test root.test 7 1 2 3 4"]'],
];

test.each(types)('%s records are %s', async (recordType, wanted) => {
  await using resolver = await hostileResolver(zone);
  const endpoint = endpointFor(dnsCheck(resolver.address, { recordType }), {
    successTests: [{ kind: 'cel', expression: `records == ${wanted}` }],
  });
  expect((await inspect(endpoint)).tests).toEqual([
    { test: `records == ${wanted}`, passed: true, error: null },
  ]);
});

test.each([
  ['missing.test', 'dns', 'no such host "missing.test"'],
  ['empty.test', 'dns', '"empty.test" has no A record'],
  ['broken.test', 'dns', 'resolver ADDRESS failed to look up "broken.test" (SERVFAIL)'],
  ['refused.test', 'dns', 'resolver ADDRESS refused to look up "refused.test"'],
  ['silent.test', 'timeout', /^no answer for "silent\.test" from \S+ within \d+ms$/],
  ['garbage.test', 'dns', 'resolver ADDRESS sent an answer that is not valid DNS'],
])('%s: %s, %s', async (host, reason, error) => {
  await using resolver = await hostileResolver(zone);
  const endpoint = endpointFor(dnsCheck(resolver.address, { host }), { timeoutMs: 500 });
  const text =
    typeof error === 'string' ? error.replace('ADDRESS', resolver.address) : expect.stringMatching(error);
  expect(await check(endpoint)).toMatchObject({ ok: false, reason, error: text });
});

test('nobody at the resolver', async () => {
  const resolver = await hostileResolver({});
  await resolver[Symbol.asyncDispose]();
  expect(await check(endpointFor(dnsCheck(resolver.address)))).toMatchObject({
    reason: 'dns',
    error: `resolver ${resolver.address} cannot be reached`,
  });
});

test('an aborted check is over at once', async () => {
  await using resolver = await hostileResolver(zone);
  const endpoint = endpointFor(dnsCheck(resolver.address, { host: 'silent.test' }));
  const result = await probe(endpoint, AbortSignal.abort());
  expect(result.reason).toBe('timeout');
});
