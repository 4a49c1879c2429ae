import { expect, test } from '@jest/globals';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import type { Probe } from '../../lib/domain/probe.ts';
import type { Send } from '../../lib/engine/ports/send.ts';
import { failure } from '../support/endpoints.ts';
import { violationsOf } from './invariants/all.ts';
import type { Sabotage } from './sabotage.ts';
import { simulate } from './simulate.ts';
import type { Ports } from './store/ports.ts';
import { worldOf } from './world/random-world.ts';
import type { Fault } from './world/world.ts';

/** Each of these breaks the engine through a seam, and the invariant that it breaks must notice. */

const WORLDS = 80;

/** Whether some world breaks the invariant. */
const breaks = async (
  invariant: string,
  sabotage: Sabotage,
  faults: readonly Fault['kind'][],
): Promise<boolean> => {
  for (let seed = 0; seed < WORLDS; seed++) {
    const violations = violationsOf(await simulate(worldOf(seed, faults), sabotage));
    if (violations.some(violation => violation.invariant === invariant)) return true;
  }
  return false;
};

const withStore = (change: (store: Ports['store']) => Partial<Ports['store']>): Sabotage => ({
  ports: ports => ({ ...ports, store: { ...ports.store, ...change(ports.store) } }),
});
const withLeases = (change: (leases: Ports['leases']) => Partial<Ports['leases']>): Sabotage => ({
  ports: ports => ({ ...ports, leases: { ...ports.leases, ...change(ports.leases) } }),
});
const withEndpoints = (change: (endpoint: Endpoint) => Endpoint): Sabotage => ({
  config: config => ({ ...config, endpoints: config.endpoints.map(change) }),
});
const withRule = (rule: Partial<Endpoint['rule']>): Sabotage =>
  withEndpoints(endpoint => ({ ...endpoint, rule: { ...endpoint.rule, ...rule } }));

const HAND_OVERS = ['relief', 'restart'] as const;
const QUIET = ['relief'] as const;

test('a worker whose lease is never lost goes on beside the next one', async () => {
  const sabotage = withLeases(() => ({ renew: async lease => ({ kind: 'renewed', lease }) }));
  expect(await breaks('epochs', sabotage, HAND_OVERS)).toBe(true);
});

test('a save under an epoch that nobody gave', async () => {
  const sabotage = withStore(({ save }) => ({
    save: (holder, ...rest) => save({ ...holder, epoch: holder.epoch + 1000 }, ...rest),
  }));
  expect(await breaks('epochs', sabotage, QUIET)).toBe(true);
});

test('a store that gives an old state', async () => {
  const sabotage = withStore(({ takeOver }) => ({
    takeOver: async (jobset, ids, signal) => {
      const taken = await takeOver(jobset, ids, signal);
      const rules = new Map(
        [...taken.rules].map(([id, rule]) => [
          id,
          { ...rule, state: { ...rule.state, version: Math.max(0, rule.state.version - 1) } },
        ]),
      );
      return { ...taken, rules };
    },
  }));
  expect(await breaks('shown states', sabotage, HAND_OVERS)).toBe(true);
});

test('a transition that goes out under the id of another', async () => {
  const sabotage: Sabotage = {
    send: send => (target, transition, signal) =>
      send(target, { ...transition, id: `${transition.ruleId}#1`, version: 1 }, signal),
  };
  expect(await breaks('identities', sabotage, QUIET)).toBe(true);
});

test('a transition that is told before it is saved', async () => {
  const sabotage = withStore(() => ({ save: async () => 'saved' }));
  expect(await breaks('identities', sabotage, QUIET)).toBe(true);
});

test('a transition that is called delivered and never arrives', async () => {
  const swallow =
    (send: Send): Send =>
    async (target, transition, signal) =>
      transition.version === 2 ? { kind: 'accepted' } : send(target, transition, signal);
  expect(await breaks('deliveries', { send: swallow }, QUIET)).toBe(true);
});

test('a pending transition that loses its recipients on the way to the store', async () => {
  const sabotage = withStore(({ takeOver }) => ({
    takeOver: async (jobset, ids, signal) => {
      const taken = await takeOver(jobset, ids, signal);
      const rules = new Map([...taken.rules].map(([id, rule]) => [id, { ...rule, pending: [] }]));
      return { ...taken, rules };
    },
  }));
  expect(await breaks('deliveries', sabotage, ['crash', 'lossy'])).toBe(true);
});

test('a transition that is sent twice', async () => {
  const twice = (send: Send): Send => {
    let sendAgain: () => Promise<unknown> = async () => null;
    return (target, transition, signal) => {
      void sendAgain();
      sendAgain = () => send(target, transition, signal);
      return send(target, transition, signal);
    };
  };
  expect(await breaks('deliveries', { send: twice }, QUIET)).toBe(true);
});

test('a history that forgets', async () => {
  const sabotage: Sabotage = {
    ports: ports => ({ ...ports, history: { ...ports.history, append: async () => {} } }),
  };
  expect(await breaks('deliveries', sabotage, QUIET)).toBe(true);
});

test('an endpoint whose checks never end, aborted or not', async () => {
  const hang = (probe: Probe): Probe => {
    let checks = 0;
    return (endpoint, done) => {
      const run = probe(endpoint, done);
      return signal => (++checks === 5 ? undefined : run(signal));
    };
  };
  expect(await breaks('standstill', { probe: hang }, QUIET)).toBe(true);
});

test('a worker that gives up its lease when the store is away', async () => {
  const sabotage = withLeases(({ renew }) => ({
    renew: (...call) => renew(...call).catch(() => ({ kind: 'lost' as const })),
  }));
  expect(await breaks('standstill', sabotage, ['outage'])).toBe(true);
});

test('ticks of the owner before that are counted twice', async () => {
  const sabotage: Sabotage = {
    counted: counted => ({
      ...counted,
      ticks: new Map([...counted.ticks].map(([id, ticks]) => [id, { ...ticks, due: ticks.due + 1 }])),
    }),
  };
  expect(await breaks('ticks', sabotage, HAND_OVERS)).toBe(true);
});

test('an endpoint that is checked more often than it is due', async () => {
  const sabotage = withEndpoints(endpoint => ({
    ...endpoint,
    schedule: { kind: 'interval', everyMs: 400, failEveryMs: 400 },
  }));
  expect(await breaks('ticks', sabotage, QUIET)).toBe(true);
});

test('a service that does well and is told to fail', async () => {
  const wrong = (probe: Probe): Probe => {
    let checks = 0;
    return (endpoint, done) => probe(endpoint, result => done(++checks % 20 === 0 ? failure : result));
  };
  expect(await breaks('verdicts', { probe: wrong }, QUIET)).toBe(true);
});

test('a rule that fails after fewer failures than it was given', async () => {
  expect(await breaks('verdicts', withRule({ failureThreshold: 1 }), QUIET)).toBe(true);
});

test('a rule that fails after more failures than it was given', async () => {
  expect(await breaks('shown states', withRule({ failureThreshold: 9 }), QUIET)).toBe(true);
});

test('a streak that goes on over what a crash forgot', async () => {
  const sabotage = withStore(({ takeOver }) => ({
    takeOver: async (jobset, ids, signal) => {
      const taken = await takeOver(jobset, ids, signal);
      const rules = new Map(
        [...taken.rules].map(([id, rule]) => [
          id,
          { ...rule, state: { ...rule.state, streak: 8, streakOk: false } },
        ]),
      );
      return { ...taken, rules };
    },
  }));
  expect(await breaks('verdicts', sabotage, HAND_OVERS)).toBe(true);
});

test('a silence that comes too soon', async () => {
  const sabotage = withEndpoints(endpoint => ({
    ...endpoint,
    rule: { ...endpoint.rule, staleAfterMs: endpoint.rule.staleAfterMs / 2 },
  }));
  expect(await breaks('silence', sabotage, ['pause'])).toBe(true);
});

test('a pause that is no silence', async () => {
  expect(await breaks('silence', withRule({ staleAfterMs: 3_600_000 }), ['pause'])).toBe(true);
});

test('a pause that makes services fail', async () => {
  expect(await breaks('verdicts', withRule({ onSilence: 'fail' }), ['pause'])).toBe(true);
});

test('a state that is shown for longer than anybody heard of it', async () => {
  const deaf = (probe: Probe): Probe => {
    let checks = 0;
    return (endpoint, done) => probe(endpoint, result => (++checks > 10 ? undefined : done(result)));
  };
  const sabotage: Sabotage = { ...withRule({ staleAfterMs: 3_600_000 }), probe: deaf };
  expect(await breaks('shown states', sabotage, QUIET)).toBe(true);
});

test('a secret in what is said', async () => {
  const sabotage = withEndpoints(endpoint => ({
    ...endpoint,
    rule: {
      ...endpoint.rule,
      subject: { ...endpoint.rule.subject, description: JSON.stringify(endpoint.check) },
    },
  }));
  expect(await breaks('secrets', sabotage, QUIET)).toBe(true);
});

test('a target that is given more a second than it takes', async () => {
  const sabotage: Sabotage = {
    config: config => ({
      ...config,
      targets: config.targets.map(target => ({ ...target, maxPerSecond: 1000 })),
    }),
  };
  expect(await breaks('bounds', sabotage, QUIET)).toBe(true);
});

test('a state that never becomes true again', async () => {
  const sabotage = withStore(({ save }) => ({
    save: (holder, state, pending, signal) =>
      state.version > 1 ? Promise.reject(new Error('full')) : save(holder, state, pending, signal),
  }));
  expect(await breaks('settling', sabotage, QUIET)).toBe(true);
});

test('without any of these, such worlds keep all invariants', async () => {
  for (const faults of [HAND_OVERS, QUIET, ['outage'], ['pause'], ['crash', 'lossy']] as const)
    for (let seed = 0; seed < WORLDS / 2; seed++)
      expect(violationsOf(await simulate(worldOf(seed, faults)))).toEqual([]);
});
