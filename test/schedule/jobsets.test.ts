import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Config, watchedEndpoints } from '../../lib/domain/config.ts';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import type { Jobset } from '../../lib/domain/jobset.ts';
import { phaseMs } from '../../lib/schedule/grid.ts';
import { packJobsets } from '../../lib/schedule/jobsets.ts';
import { loadOfAll } from '../../lib/schedule/load.ts';
import { exceeded } from '../../lib/schedule/worker-size.ts';
import { endpointId, endpointOf, targetName, targetOf } from '../support/endpoints.ts';

const SMALL = { memoryMb: 256 };
const LARGE = { memoryMb: 3008 };

const every = (everyMs: number, failEveryMs = everyMs): Endpoint['schedule'] => ({
  kind: 'interval',
  everyMs,
  failEveryMs,
});
const cron: Endpoint['schedule'] = {
  kind: 'cron',
  expression: '*/5 * * * *',
  timezone: 'UTC',
  failEveryMs: null,
};
const self = endpointOf('self', { schedule: every(10_000), check: { scheme: 'self' } });
const configOf = (endpoints: readonly Endpoint[], targets: Config['targets'] = []): Config => ({
  endpoints: [...endpoints, self],
  targets,
});
const pack = (endpoints: readonly Endpoint[], worker = SMALL) => packJobsets(configOf(endpoints), worker);

const members = ({ config }: Jobset): readonly string[] => watchedEndpoints(config).map(({ id }) => id);
const packed = (endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly string[]> =>
  new Map(pack(endpoints).jobsets.map(jobset => [jobset.id, members(jobset).toSorted()] as const));

/** About 30 of the faster ones fill a small worker. */
const endpoint = fc
  .record({ number: fc.nat(9999), everyMs: fc.constantFrom(20, 100, 250, 1000, 60_000) })
  .map(({ number, everyMs }) => endpointOf(`endpoint-${number}`, { schedule: every(everyMs) }));
const endpoints = fc.uniqueArray(endpoint, { selector: ({ id }) => id, maxLength: 300, size: 'max' });

test('every endpoint is in exactly one jobset, and no jobset is more than its worker can do', () => {
  fc.assert(
    fc.property(endpoints, all => {
      const { jobsets, tooHeavy } = pack(all);
      expect(jobsets.flatMap(members).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
      expect(new Set(jobsets.map(({ id }) => id)).size).toBe(jobsets.length);
      expect(tooHeavy).toEqual([]);
      for (const { config } of jobsets)
        expect(exceeded(loadOfAll(watchedEndpoints(config)).needs, SMALL)).toBeNull();
    }),
  );
});

test('one endpoint more or less touches one jobset, of which a half may go to new ones', () => {
  fc.assert(
    fc.property(
      endpoints.filter(all => all.length > 0),
      ([one, ...rest]) => {
        const without = packed(rest);
        const within = packed([...rest, one as Endpoint]);
        const touched = [...without].filter(([id, ids]) => String(within.get(id)) !== String(ids));
        expect(touched.length).toBeLessThanOrEqual(1);
        const mayMove = new Set<string>([...touched.flatMap(([, ids]) => ids), (one as Endpoint).id]);
        for (const [id, ids] of within)
          if (!without.has(id)) expect(ids.filter(member => !mayMove.has(member))).toEqual([]);
      },
    ),
  );
});

test('the order of the endpoints decides nothing', () => {
  fc.assert(
    fc.property(endpoints, all => {
      expect(packed(all.toReversed())).toEqual(packed(all));
    }),
  );
});

test('of a jobset that is split, one half keeps its name', () => {
  const fast = Array.from({ length: 40 }, (_, n) => endpointOf(`endpoint-${n}`));
  const whole = packed(fast.slice(0, 25));
  const split = packed(fast);
  expect([...whole.keys()]).toEqual(['loop-0']);
  expect([...split.keys()]).toEqual(['loop-0', 'loop-1']);
  expect(whole.get('loop-0')).toEqual(
    expect.arrayContaining(split.get('loop-0')?.filter(id => whole.get('loop-0')?.includes(id)) ?? []),
  );
});

test('what is due once a minute or by cron goes into bursts, also if it is checked more often while it fails', () => {
  const { jobsets } = pack([
    endpointOf('second', { schedule: every(1000) }),
    endpointOf('minute', { schedule: every(60_000, 1000) }),
    endpointOf('cron', { schedule: cron }),
    endpointOf('almost', { schedule: every(59_999) }),
    endpointOf('disabled', { status: 'disabled' }),
  ]);
  expect(jobsets.map(jobset => [jobset.id, jobset.kind, members(jobset)])).toEqual([
    ['loop-0', 'loop', ['second', 'almost']],
    ['burst-0', 'burst', ['minute', 'cron', 'disabled']],
  ]);
});

test('what may take longer than its minute goes into a loop, however seldom it is due', () => {
  const program = (killAfterMs: number): Endpoint['check'] => ({
    scheme: 'exec',
    command: { kind: 'program', program: 'true', arguments: [] },
    interruptAfterMs: 1000,
    killAfterMs,
  });
  const { jobsets } = pack([
    endpointOf('short', { schedule: cron, timeoutMs: 50_000 }),
    endpointOf('long', { schedule: cron, timeoutMs: 50_001 }),
    endpointOf('backup', { schedule: every(3_600_000), check: program(49_001) }),
    endpointOf('report', { schedule: every(3_600_000), check: program(49_000) }),
    endpointOf('forced', { schedule: every(60_000), timeoutMs: 60_000, status: 'always-fail' }),
    endpointOf('disabled', { timeoutMs: 60_000, status: 'disabled' }),
  ]);
  expect(jobsets.map(jobset => [jobset.id, members(jobset)])).toEqual([
    ['loop-0', ['long', 'backup']],
    ['burst-0', ['short', 'report', 'forced', 'disabled']],
  ]);
});

test('without endpoints there is no jobset', () => {
  expect(pack([])).toEqual({ jobsets: [], tooHeavy: [] });
});

test('each jobset watches itself under its own name, and knows the targets that its endpoints name', () => {
  const config: Config = {
    endpoints: [
      endpointOf('fast', { targets: [targetName('ops')] }),
      endpointOf('slow', { schedule: every(60_000) }, { dependsOn: [endpointId('self')] }),
      { ...self, targets: [targetName('us')] },
    ],
    targets: [targetOf('ops'), targetOf('nobody'), targetOf('us')],
  };
  const [loop, burst] = packJobsets(config, SMALL).jobsets.map(({ config: { endpoints: all, targets } }) => ({
    self: all.at(-1),
    first: all[0],
    targets: targets.map(({ name }) => name),
  }));
  expect(loop?.self).toEqual({
    ...self,
    id: 'self/loop-0',
    name: 'self loop-0',
    targets: ['us'],
    rule: { ...self.rule, id: 'self/loop-0', subject: { ...self.rule.subject, name: 'self loop-0' } },
  });
  expect(loop?.targets).toEqual(['ops', 'us']);
  expect(burst?.targets).toEqual(['us']);
  expect(burst?.first?.rule.dependsOn).toEqual(['self/burst-0']);
  expect(burst?.self).toMatchObject({ id: 'self/burst-0', schedule: every(60_000) });
  expect(burst?.self?.rule.staleAfterMs).toBeGreaterThan(3 * 60_000);
});

test('an endpoint that a worker of its own could not run is named, with what is short', () => {
  const exec = (everyMs: number) =>
    endpointOf('exec', {
      schedule: every(everyMs),
      check: {
        scheme: 'exec',
        command: { kind: 'program', program: 'true', arguments: [] },
        interruptAfterMs: 1000,
        killAfterMs: 2000,
      },
    });
  const shortOf = (one: Endpoint, worker = LARGE) => pack([one], worker).tooHeavy.map(each => each.resource);
  expect(shortOf(exec(5))).toEqual(['cpu']);
  expect(shortOf(exec(40), SMALL)).toEqual(['cpu']);
  expect(shortOf(exec(40))).toEqual([]);
  expect(shortOf(endpointOf('tcp', { schedule: every(5) }))).toEqual([]);
});

test('in a jobset, due instants spread over the interval as they do over all', () => {
  const all = Array.from({ length: 8000 }, (_, n) => endpointOf(`endpoint-${n}`, { schedule: every(1000) }));
  for (const jobset of pack(all).jobsets) {
    const ids = members(jobset);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const id of ids) {
      const tenth = Math.floor(phaseMs(id, 10));
      tenths[tenth] = (tenths[tenth] as number) + 1;
    }
    for (const count of tenths) expect(count).toBeLessThan(ids.length / 10 + 4 * Math.sqrt(ids.length / 10));
  }
});
