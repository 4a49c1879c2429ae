import { systemClock } from '../../../lib/domain/clock.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import { newRuleState, type RuleState, type Transition } from '../../../lib/domain/transition.ts';
import { type CheckLoopDeps, createCheckLoop } from '../../../lib/engine/checks/check-loop.ts';
import { eventsOf } from '../../../lib/engine/events/of-check.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { keepHeapSteady } from '../../../lib/process/steady-heap.ts';
import { applyResult, countUnchanged } from '../../../lib/rule/apply.ts';
import { hold, stateOf } from '../../../lib/rule/held-state.ts';
import { addWaits } from '../arithmetic/omission.ts';
import type { Sample } from '../benchmark.ts';
import { openProbe } from '../harness/probe.ts';
import { manyOf, type OneOfMany } from './endpoints.ts';
import { createGauge, type Window } from './gauge.ts';

export type CheckLoopParams = Window & {
  /** Stands for all endpoints but for id, interval and address. */
  readonly template: Endpoint;
  readonly count: number;
  readonly everyMs: number;
  /** An address of loopback each, instead of one for all. */
  readonly distinct: boolean;
  /** What a span is: from the due instant until the result, or until the start. */
  readonly spans: 'answer' | 'lateness';
  /** Memory that this process holds besides: what it costs to fork may depend on it. */
  readonly ballastMb?: number;
};

const MAX_IN_FLIGHT = 20_000;

/** Checked before: a new endpoint's first check would be held back. */
const knownState = (nowMs: number): RuleState => ({
  ...newRuleState,
  state: 'ok',
  sinceMs: nowMs,
  version: 1,
  lastResultAtMs: nowMs,
  announced: 'ok',
});

/** The check loop with all that a check passes through: probe, JSON, tests, events, histograms and the rule. */
export const runCheckLoop = async (params: CheckLoopParams): Promise<Sample> => {
  keepHeapSteady();
  const ballast = Buffer.alloc((params.ballastMb ?? 0) * 1e6, 1);
  const clock = createSteadyClock(systemClock);
  const gauge = createGauge();
  const { probe, close } = openProbe();
  const timers = createTimers(clock, () => {});
  const lastDueMs = new Float64Array(params.count);
  const transitions: Transition[] = [];
  let events = 0;

  const onCheck: CheckLoopDeps['onCheck'] = check => {
    const { endpoint, atMs, lateMs, result } = check;
    events += eventsOf(check).length;
    gauge.done();
    if (!result.ok) gauge.fail(`${endpoint.name}: ${result.error}`);
    const dueMs = atMs - lateMs;
    const { everyMs } = params;
    const doneMs = params.spans === 'answer' ? atMs + result.latencyMs : atMs;
    const { at } = endpoint as OneOfMany;
    addWaits({ lastDueMs: lastDueMs[at] || dueMs, dueMs, everyMs }, doneMs, gauge.span);
    lastDueMs[at] = dueMs;
  };

  const ruleOf: CheckLoopDeps['ruleOf'] = ({ rule }) => {
    let held = hold(knownState(clock.nowMs()));
    return (result, _, nowMs) => {
      if (countUnchanged(held, result.ok, nowMs)) return held;
      const applied = applyResult(rule, stateOf(held), result, nowMs, nowMs, {
        whySuppressed: () => null,
        incarnation: null,
      });
      held = hold(applied.state);
      if (applied.transition) transitions.push(applied.transition);
      return held;
    };
  };

  const loop = createCheckLoop({
    clock,
    timers,
    probe,
    maxInFlight: MAX_IN_FLIGHT,
    onCheck,
    ruleOf,
    unsaved: () => 0,
  });
  const rssBefore = process.memoryUsage.rss();
  for (const endpoint of manyOf(params)) loop.watch(endpoint, knownState(clock.nowMs()), null);
  const sample = await gauge.measure(params, () => ({ missed: loop.read().missedTicks, events }));
  const rssBytes = process.memoryUsage.rss() - rssBefore;
  const { missed = 0, events: told = 0 } = sample.facts;
  if (ballast.at(-1) === 0) throw new Error('the ballast is gone');
  loop.stop();
  timers.stop();
  close();
  const facts = { 'missed ticks': missed, 'events a check': told / sample.operations };
  return params.spans === 'answer' || !params.distinct
    ? { ...sample, facts }
    : { ...sample, facts: { ...facts, 'kB an endpoint': rssBytes / 1000 / params.count } };
};
