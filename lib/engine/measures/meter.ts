import type { Config } from '../../domain/config.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import { type Metric, type MonitorMetric, monitorCount, monitorMetric } from '../../domain/metric.ts';
import type { State } from '../../domain/transition.ts';
import type { Vitals } from '../../domain/vitals.ts';
import type { DeliveryReport, Observer } from '../events/observer.ts';
import { add, createDistribution, drain } from './distribution.ts';
import { createEndpointMeter, wantedMetrics } from './endpoint-meter.ts';
import { createPeriods } from './metric-periods.ts';

export type MeterDeps = {
  readonly stage: string;
  readonly config: Config;
  /** As the worker tells them. */
  readonly vitals: () => Vitals;
  readonly state: (id: EndpointId) => State;
};

const MINUTE_MS = 60_000;
/** With metrics by the second: alarms on them look every 10 s. */
const SOON_MS = 10_000;
/** What was measured up to the end of a period has come in by then. */
const AFTER_PERIOD_MS = 500;

/** What was added to a count since it was read before; it begins anew with every worker's term. */
const createGrowth = () => {
  let before = 0;
  return (count: number): number => {
    const growth = count >= before ? count - before : count;
    before = count;
    return growth;
  };
};

/** A network fails now and then: what goes through soon after is nothing that a person must hear of. */
const PROBLEM_FROM_ATTEMPT = 3;

export const isProblem = ({ outcome, attempt }: DeliveryReport): boolean =>
  outcome.kind === 'refused' || (outcome.kind === 'failed' && attempt >= PROBLEM_FROM_ATTEMPT);

/** Makes metrics of what it observes. `LatenessMs` has one sample for each check, `self` included: it tells also how
 *  many there were. What is seldom is only told when there was some: a metric costs by the hour it is sent in. */
export const createMeter = ({ stage, config, vitals, state }: MeterDeps) => {
  const closed: Metric[] = [];
  const wanted = wantedMetrics(config);
  const endpoints = wanted.map(one => createEndpointMeter(one, closed));
  const byEndpoint = Map.groupBy(endpoints, ({ id }) => id);
  const everyMs = wanted.some(({ resolutionS }) => resolutionS === 1) ? SOON_MS : MINUTE_MS;

  const lateness = createDistribution();
  let transitions = 0;
  let problems = 0;
  const missedTicks = createGrowth();
  const storeFailures = createGrowth();

  const counted = (name: MonitorMetric, atMs: number, count: number) =>
    monitorCount(stage, name, atMs, count);

  const minutes = createPeriods(60, closed, atMs => {
    const metrics = [
      ...(lateness.total > 0
        ? [monitorMetric(stage, 'LatenessMs', { unit: 'Milliseconds', atMs, values: drain(lateness) })]
        : []),
      ...counted('Transitions', atMs, transitions),
      ...counted('Problems', atMs, problems),
    ];
    transitions = 0;
    problems = 0;
    return metrics;
  });

  const present = (nowMs: number): readonly Metric[] => {
    const { invalidFiles, missedTicks: missed, scalingLimitHit } = vitals();
    return [
      ...counted('MissedTicks', nowMs, missedTicks(missed)),
      ...counted('ScalingLimitHit', nowMs, scalingLimitHit ? 1 : 0),
      ...counted('InvalidFiles', nowMs, invalidFiles.length),
      ...endpoints.flatMap(endpoint => endpoint.state(state(endpoint.id), nowMs)),
    ];
  };

  const observer: Required<Pick<Observer, 'onCheck' | 'onTransition' | 'onDelivery' | 'onProblem'>> = {
    onCheck: check => {
      minutes.reach(check.atMs);
      add(lateness, check.lateMs);
      const meters = byEndpoint.get(check.endpoint.id);
      if (meters) for (const meter of meters) meter.check(check);
    },
    onTransition: ({ kind }) => {
      if (kind !== 'reminder') transitions++;
    },
    onDelivery: report => {
      if (isProblem(report)) problems++;
    },
    onProblem: () => {
      problems++;
    },
  };

  return {
    observer,
    /** When `collect` is to be called next: just after each full minute, or 10 s where somebody wants it finer. */
    nextAtMs: (nowMs: number): number =>
      (Math.floor((nowMs - AFTER_PERIOD_MS) / everyMs) + 1) * everyMs + AFTER_PERIOD_MS,
    /** All of the periods that are over; `end` ends the present ones too. */
    collect: (nowMs: number, end = false): readonly Metric[] => {
      problems += storeFailures(vitals().storeFailures);
      const periods = [minutes, ...endpoints.map(endpoint => endpoint.periods)];
      for (const period of periods) {
        period.reach(nowMs);
        if (end) period.close();
      }
      return [...closed.splice(0), ...present(nowMs)];
    },
  };
};
