import { expect, test } from '@jest/globals';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import { selfValues, type Vitals } from '../../lib/domain/vitals.ts';
import type { Answer } from '../../lib/probe/answer/answer.ts';
import { judge, wantedOf } from '../../lib/probe/answer/judge.ts';
import { askSelf } from '../../lib/probe/self.ts';
import { endpointOf } from '../support/endpoints.ts';

const healthy: Vitals = {
  invalidFiles: [],
  latenessMs: 1.5,
  missedTicks: 0,
  scalingLimitHit: false,
  endpoints: 50_000,
  endpointsFit: 50_000,
  targetFailures: 0,
  storeFailures: 0,
};

const self = endpointOf('self', { check: { scheme: 'self' }, jsonValues: selfValues });

/** Looks at each of these in turn. */
const look = async (readings: readonly Partial<Vitals>[], endpoint: Endpoint = self) => {
  const left = [...readings];
  const ask = askSelf(() => ({ ...healthy, ...left.shift() }));
  const results = [];
  for (const _ of readings) {
    const answer = await new Promise<Answer>(resolve =>
      ask({ ...endpoint, check: { scheme: 'self' } }, resolve)(new AbortController().signal),
    );
    results.push(judge(wantedOf(endpoint), answer));
  }
  return results;
};

test('a healthy monitor is ok, and its events are there', async () => {
  const [result] = await look([{}]);
  expect(result?.ok).toBe(true);
  expect(result?.values).toEqual({
    'config.invalid_files': 0,
    'loop.lateness_ms': 1.5,
    'loop.missed_ticks': 0,
    'loop.scaling_limit_hit': false,
    'loop.endpoints_fit': 50_000,
    'target.failures': 0,
    'store.failures': 0,
    heartbeat: 1,
  });
});

test.each<[Partial<Vitals>, string]>([
  [{ invalidFiles: ['a.yml', 'b.yml'] }, '2 files are invalid: a.yml, b.yml'],
  [{ targetFailures: 1 }, '1 delivery failed'],
  [{ storeFailures: 3 }, '3 calls of the store failed'],
  [
    { scalingLimitHit: true, missedTicks: 40, endpointsFit: 31_000 },
    'scaling limit hit: checks come due faster than they can run, about 31,000 of 50,000 endpoints fit (40 ticks missed)',
  ],
])('%j is a failure that says "%s"', async (vitals, error) => {
  expect((await look([vitals]))[0]).toMatchObject({ ok: false, reason: 'test', error });
});

test('failures count since the last look, so that self recovers', async () => {
  const results = await look([{ targetFailures: 2 }, { targetFailures: 5 }, { targetFailures: 5 }]);
  expect(results.map(({ error }) => error)).toEqual(['2 deliveries failed', '3 deliveries failed', null]);
});

test('missed ticks alone are no failure, but a success_test can make them one', async () => {
  const strict = endpointOf('self', {
    check: { scheme: 'self' },
    successTests: [{ kind: 'cel', expression: 'missed_ticks == 0 && lateness_ms < 100' }],
  });
  expect((await look([{ missedTicks: 7 }]))[0]?.ok).toBe(true);
  expect((await look([{ missedTicks: 7 }], strict))[0]?.ok).toBe(false);
  expect((await look([{}], strict))[0]?.ok).toBe(true);
});
