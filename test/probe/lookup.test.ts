import type { LookupAddress } from 'node:dns';
import { expect, test } from '@jest/globals';
import { createLookup } from '../../lib/probe/socket/lookup.ts';

type Done = Parameters<Parameters<typeof createLookup>[0]>[2];

test('however many ask for a name, it is looked up once at a time', () => {
  const pending: { readonly name: string; readonly done: Done }[] = [];
  const lookup = createLookup((name, _options, done) => void pending.push({ name, done }));
  const heard: unknown[] = [];
  const ask = (name: string): void =>
    lookup(name, { all: true }, (error, addresses) => void heard.push(error?.message ?? addresses));

  for (const name of ['dead.test', 'dead.test', 'shop.test', 'dead.test']) ask(name);
  expect(pending.map(({ name }) => name)).toEqual(['dead.test', 'shop.test']);

  const addresses: LookupAddress[] = [{ address: '10.0.0.1', family: 4 }];
  pending[1]?.done(null, addresses);
  expect(heard).toEqual([addresses]);
  pending[0]?.done(new Error('no such host'), []);
  expect(heard.slice(1)).toEqual(['no such host', 'no such host', 'no such host']);

  ask('dead.test');
  expect(pending).toHaveLength(3);
});
