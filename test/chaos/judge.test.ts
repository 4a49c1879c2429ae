import { describe, expect, test } from '@jest/globals';
import type { ExternalTransition } from '../../lib/wording/external.ts';
import { eachArrives } from './judge/deliveries.ts';
import { versionOf } from './judge/evidence.ts';
import { checksGoOn } from './judge/gaps.ts';
import { joined } from './judge/joined.ts';
import { ticksAddUp } from './judge/ticks.ts';
import { eachFollows } from './judge/transitions.ts';
import { neverIs, statesAreTrue, unknownIsTrue } from './judge/truth.ts';
import type { Arrival } from './outside/receiver.ts';
import { createRecorder, type Span } from './outside/spans.ts';
import { fact } from './scenario.ts';

/** What judges the scenarios must be able to find a fault. */

const change = (
  version: number,
  state: ExternalTransition['state'],
  given: Partial<Omit<ExternalTransition, 'endpoint'>> & { readonly endpoint?: string } = {},
): ExternalTransition => {
  const { endpoint = 'shop' } = given;
  return {
    id: `${endpoint}#${version}-abc234`,
    name: endpoint,
    state,
    previous_state: state === 'ok' ? 'fail' : 'ok',
    kind: state,
    at_ms: version * 10_000,
    since_ms: version * 10_000,
    previous_duration_ms: 10_000,
    reason: null,
    error: null,
    latency_ms: 1,
    status_code: 200,
    values: {},
    group: null,
    labels: {},
    description: null,
    runbook: null,
    suppressed: null,
    merged: 0,
    saved: true,
    ...given,
    endpoint: endpoint as ExternalTransition['endpoint'],
  };
};

const arrival = (transition: ExternalTransition, given: Partial<Arrival> = {}): Arrival => ({
  atMs: transition.at_ms + 10,
  target: 'chat',
  id: transition.id,
  status: 200,
  transition,
  ...given,
});

const [first, second, third] = [
  change(1, 'ok', { previous_state: 'unknown' }),
  change(2, 'fail'),
  change(3, 'ok'),
];

test('an id says its version, with an incarnation and without', () => {
  expect([versionOf('shop#12-7kq3m2'), versionOf('shop#12')]).toEqual([12, 12]);
});

describe('the history', () => {
  test('in which each follows the one before holds', () => {
    expect(eachFollows({ history: [first, second, third] })).toMatchObject({
      holds: true,
      seen: '3 transitions of 1 endpoints',
    });
  });

  test.each([
    ['a lost one', [first, third], 'shop#3-abc234 is number 2 of its endpoint'],
    [
      'one made twice',
      [first, second, { ...second, id: 'shop#2-zzz222' }],
      'version 2 of shop is there twice',
    ],
    [
      'one from another state',
      [first, { ...second, previous_state: 'unknown' as const }],
      'was unknown, shop#1-abc234 is ok',
    ],
    ['one that lies before', [first, { ...second, at_ms: 1 }], 'shop#2-abc234 lies before shop#1-abc234'],
  ])('with %s does not', (_, history, seen) => {
    const judged = eachFollows({ history });
    expect(judged.holds).toBe(false);
    expect(judged.seen).toContain(seen);
  });
});

describe('deliveries', () => {
  const history = [first, second, third];
  const claims = (arrivals: readonly Arrival[]): readonly boolean[] =>
    eachArrives({ history, arrivals }, ['chat']).map(({ holds }) => holds);

  test('each once, in order and as saved hold, a repeat too', () => {
    expect(claims([first, second, second, third].map(one => arrival(one)))).toEqual([true, true, true]);
  });

  test('one that is refused and comes again holds', () => {
    expect(claims([arrival(first, { status: 500 }), ...history.map(one => arrival(one))])).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('one that never came is missed', () => {
    expect(claims([first, second].map(one => arrival(one)))).toEqual([false, true, true]);
  });

  test('one that came while the one before was not taken is out of order', () => {
    const arrivals = [arrival(first), arrival(second, { status: null }), arrival(third), arrival(second)];
    expect(claims(arrivals)).toEqual([true, false, true]);
  });

  test('one that says something else than what was saved is strange', () => {
    expect(claims([first, { ...second, at_ms: 7 }, third].map(one => arrival(one)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('one that was told unsaved is what was saved', () => {
    expect(claims([first, { ...second, saved: false }, third].map(one => arrival(one)))).toEqual([
      true,
      true,
      true,
    ]);
  });
});

const span = (status: number, fromMs: number, toMs: number): Span => ({
  status,
  firstAtMs: fromMs,
  lastAtMs: toMs,
  count: 10,
});

describe('states', () => {
  const answers = { shop: [span(200, 5000, 19_950), span(503, 20_000, 29_900), span(200, 30_000, 40_000)] };

  test('that follow what was answered hold', () => {
    expect(statesAreTrue({ history: [first, second, third], answers, pauses: [] }).holds).toBe(true);
  });

  test('that nothing answered are false', () => {
    const history = [{ ...second, at_ms: 15_000 }];
    expect(statesAreTrue({ history, answers, pauses: [] })).toMatchObject({
      holds: false,
      seen: '1: shop#2-abc234 fail',
    });
  });

  test('that met a service which itself stood still are not judged', () => {
    const history = [{ ...second, at_ms: 15_000 }];
    const pauses = [{ fromMs: 13_000, toMs: 13_500 }];
    expect(statesAreTrue({ history, answers, pauses }).holds).toBe(true);
    expect(neverIs({ history, pauses }, 'fail', /^shop/, 'it never fails').holds).toBe(true);
  });

  test('of what never fails may not be fail', () => {
    expect(neverIs({ history: [first, second], pauses: [] }, 'fail', /^shop/, 'it never fails').holds).toBe(
      false,
    );
    expect(neverIs({ history: [first, second], pauses: [] }, 'fail', /^up/, 'it never fails').holds).toBe(
      true,
    );
  });
});

describe('unknown', () => {
  const answers = { shop: [span(200, 0, 20_000), span(200, 40_000, 60_000)] };
  const staleAfterMs = (): number => 10_000;
  const silent = change(2, 'unknown', { at_ms: 40_010, reason: 'silence' });
  const holds = (history: readonly ExternalTransition[]): readonly boolean[] =>
    unknownIsTrue({ history, answers }, staleAfterMs).map(one => one.holds);

  test('is a gap longer than stale_after', () => {
    expect(holds([silent])).toEqual([true, true]);
  });

  test('is not told of a gap that is shown as up', () => {
    expect(holds([])).toEqual([true, false]);
  });

  test('is right where between two gaps a monitor lived too shortly to say that it watched', () => {
    const shortLife = { shop: [span(200, 0, 20_000), span(200, 25_000, 25_900), span(200, 31_000, 60_000)] };
    const history = [change(2, 'unknown', { at_ms: 31_010 })];
    expect(unknownIsTrue({ history, answers: shortLife }, staleAfterMs)[0]?.holds).toBe(true);
    const longer = { shop: [span(200, 0, 20_000), span(200, 23_000, 27_900), span(200, 31_000, 60_000)] };
    expect(unknownIsTrue({ history, answers: longer }, staleAfterMs)[0]?.holds).toBe(false);
  });

  test('is false while answers come', () => {
    expect(holds([silent, { ...silent, id: 'shop#3', at_ms: 50_000 }])).toEqual([false, true]);
  });
});

test('ticks that are neither run nor missed are found', () => {
  const endpoint = (missed: number) => ({
    id: 'shop',
    state: 'ok',
    ticks: { due: 10, run: 7, late: 0, missed },
  });
  expect(ticksAddUp({ endpoints: [endpoint(3)] })).toMatchObject({ holds: true, seen: '10 = 7 + 3' });
  expect(ticksAddUp({ endpoints: [endpoint(2)] })).toMatchObject({
    holds: false,
    seen: '1: shop: 10 ≠ 7 + 2',
  });
});

test('checks that stood still, or still do, are found', () => {
  const answers = { up0: [span(200, 0, 5000), span(200, 9000, 10_000)], up1: [span(200, 0, 10_000)] };
  expect(checksGoOn(answers, /^up1/, 2000, 10_500).holds).toBe(true);
  expect(checksGoOn(answers, /^up/, 2000, 10_500).seen).toBe('1: up0 stood still for 4000 ms');
  expect(checksGoOn(answers, /^up1/, 2000, 14_000).holds).toBe(false);
  expect(checksGoOn(answers, /^down/, 2000, 10_500).seen).toBe('1: nothing was checked');
});

test('answers are kept as spans, apart where they change or where nothing was asked for over a second', () => {
  const recorder = createRecorder();
  for (const [atMs, status] of [
    [0, 200],
    [100, 200],
    [200, 503],
    [1500, 503],
  ] as const)
    recorder.add('shop', status, atMs);
  expect(recorder.answers().shop).toEqual([
    { status: 200, firstAtMs: 0, lastAtMs: 100, count: 2 },
    { status: 503, firstAtMs: 200, lastAtMs: 200, count: 1 },
    { status: 503, firstAtMs: 1500, lastAtMs: 1500, count: 1 },
  ]);
  expect([recorder.total(), recorder.endpoints()]).toEqual([4, 1]);
});

test('of several cases a claim holds where it holds in each, and says where not', () => {
  const cases = [
    ['1 s', [fact('nothing fails', true, '5 endpoints')]],
    ['3 s', [fact('nothing fails', false, '1: shop#2')]],
  ] as const;
  expect(joined(cases)).toEqual([fact('nothing fails', false, '3 s: 1: shop#2')]);
  expect(joined(cases.slice(0, 1))).toEqual([fact('nothing fails', true, '1 s: 5 endpoints')]);
});
