import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { divide, partOf } from '../../lib/schedule/divide.ts';
import { phaseMs } from '../../lib/schedule/grid.ts';
import { endpointOf, targetName, targetOf } from '../support/endpoints.ts';

const self = endpointOf('self', { check: { scheme: 'self' } });
const some = (count: number) => Array.from({ length: count }, (_, n) => endpointOf(`shop-${n}`));

test('every endpoint but self is in exactly one part, in the order of the files', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 256 }), (count, parts) => {
      const endpoints = some(count);
      const jobsets = divide({ endpoints: [...endpoints, self], targets: [] }, parts);
      expect(jobsets).toHaveLength(parts);
      for (const [part, { config }] of jobsets.entries())
        expect(config.endpoints).toEqual(endpoints.filter(({ id }) => partOf(id, parts) === part));
    }),
  );
});

test('the parts are about equal, and each is due all over its interval', () => {
  for (const { config } of divide({ endpoints: some(8000), targets: [] }, 8)) {
    expect(config.endpoints.length).toBeGreaterThan(900);
    expect(config.endpoints.length).toBeLessThan(1100);
    const early = config.endpoints.filter(({ id }) => phaseMs(id, 1000) < 500).length;
    expect(Math.abs(early / config.endpoints.length - 0.5)).toBeLessThan(0.06);
  }
});

test('a part has the targets that its endpoints name, and other numbers of parts have other names', () => {
  const endpoint = endpointOf('shop', { targets: [targetName('ops')] });
  const config = { endpoints: [endpoint, self], targets: [targetOf('ops'), targetOf('other')] };
  const parts = divide(config, 4);
  expect(parts.flatMap(part => part.config.targets.map(({ name }) => name))).toEqual(['ops']);
  const names = [...parts, ...divide(config, 8)].map(({ id }) => id);
  expect(new Set(names).size).toBe(12);
});
