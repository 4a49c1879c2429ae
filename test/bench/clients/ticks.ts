import { systemClock } from '../../../lib/domain/clock.ts';
import type { EndpointId } from '../../../lib/domain/endpoint.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { gridOf, nextDueMs } from '../../../lib/schedule/grid.ts';
import { createWheel, newEntry } from '../../../lib/schedule/wheel.ts';
import type { Sample } from '../benchmark.ts';
import { createGauge, type Window } from './gauge.ts';
import { repeat } from './repeat.ts';

export type TicksParams = Window & { readonly count: number; readonly everyMs: number };

const tickGrid = (at: number, everyMs: number) =>
  gridOf(
    { id: `tick-${at}` as EndpointId, schedule: { kind: 'interval', everyMs, failEveryMs: everyMs } },
    false,
  );

/** Due instants on the engine's timers, without any check. */
export const runTicks = async (params: TicksParams): Promise<Sample> => {
  const gauge = createGauge();
  const timers = createTimers(createSteadyClock(systemClock), () => {});
  for (let at = 0; at < params.count; at++) {
    const grid = tickGrid(at, params.everyMs);
    const entry = newEntry(nowMs => {
      gauge.done(nowMs - entry.atMs);
      timers.set(entry, nextDueMs(grid, entry.atMs));
    });
    timers.set(entry, nextDueMs(grid, systemClock.nowMs()));
  }
  return gauge.measure(params);
};

/** The same with a timer of Node's each. */
export const runNodeTimers = async (params: TicksParams): Promise<Sample> => {
  const gauge = createGauge();
  const arm = (dueMs: number, next: (ms: number) => number): void => {
    setTimeout(
      () => {
        const nowMs = systemClock.nowMs();
        if (nowMs < dueMs) return arm(dueMs, next);
        gauge.done(nowMs - dueMs);
        arm(next(dueMs), next);
      },
      Math.ceil(dueMs - systemClock.nowMs()),
    );
  };
  for (let at = 0; at < params.count; at++) {
    const grid = tickGrid(at, params.everyMs);
    const next = (ms: number) => nextDueMs(grid, ms);
    arm(next(systemClock.nowMs()), next);
  }
  return gauge.measure(params);
};

/** The wheel and the grid alone, as fast as they turn: every entry is due once a turn. */
export const runWheel = ({ count, everyMs }: TicksParams): Sample => {
  let nowMs = 1_790_000_000_000;
  const wheel = createWheel(nowMs);
  let ran = 0;
  for (let at = 0; at < count; at++) {
    const grid = tickGrid(at, everyMs);
    const entry = newEntry(() => {
      ran++;
      wheel.add(entry, nextDueMs(grid, entry.atMs));
    });
    wheel.add(entry, nextDueMs(grid, nowMs));
  }
  return repeat(() => {
    ran = 0;
    nowMs += 1;
    wheel.expire(nowMs);
    return ran;
  });
};
