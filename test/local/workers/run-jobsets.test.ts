import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHistory } from '../../../lib/aws/history.ts';
import { createLeaseStore } from '../../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../../lib/aws/rule-store.ts';
import { createRuleCounters } from '../../../lib/engine/ports/rule-counters.ts';
import { createReporter } from '../../../lib/local/workers/reporter.ts';
import { createJobsets } from '../../../lib/local/workers/run-jobsets.ts';
import { never, openTestDynamodb, type TestDynamodb } from '../../support/dynamodb.ts';
import { endpointOf, success } from '../../support/endpoints.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { passUntil } from '../../support/pass-time.ts';
import { probeOf } from '../../support/promised.ts';

let dynamodb: TestDynamodb;
beforeAll(async () => {
  dynamodb = await openTestDynamodb();
});
afterAll(() => dynamodb.close());

test('the missed ticks of a jobset whose lease was lost are still told', async () => {
  const clock = manualClock();
  const db = await dynamodb.newDatabase(clock);
  const store = createRuleStore(db);
  const jobsets = createJobsets({
    clock,
    random: () => 0.5,
    owner: 'worker-1',
    release: 'r1',
    mostAtOnce: 10,
    // Longer than the interval.
    probe: probeOf(async (_, signal) => {
      await clock.sleep(250, signal);
      return success;
    }),
    first: {
      store,
      leases: createLeaseStore(db),
      history: createHistory(db),
      targets: { send: async () => ({ kind: 'accepted' }) },
      ticks: { before: async () => null },
    },
    reporter: createReporter(clock, () => {}),
    post: () => {},
  });
  const reading = () => jobsets.stats().reading;
  await jobsets.calls.run({
    id: 'a',
    kind: 'loop',
    config: { endpoints: [endpointOf('shop')], targets: [] },
  });
  await passUntil(clock, () => reading().missedTicks > 5);

  const before = reading();
  expect(before.endpoints).toBe(1);
  await store.checkpoint({ jobset: 'a', epoch: 2 }, createRuleCounters().all(), never);
  await passUntil(clock, () => reading().endpoints === 0);
  expect(reading().missedTicks).toBeGreaterThanOrEqual(before.missedTicks);
  await passUntil(clock, () => reading().endpoints === 1);
  expect(reading().missedTicks).toBeGreaterThanOrEqual(before.missedTicks);

  const ended = jobsets.end();
  let over = false;
  void ended.then(() => {
    over = true;
  });
  await passUntil(clock, () => over);
});
