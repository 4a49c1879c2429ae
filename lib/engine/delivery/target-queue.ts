import type { Clock } from '../../domain/clock.ts';
import type { RuleId } from '../../domain/rule.ts';
import { newEntry } from '../../schedule/wheel.ts';
import type { DeliveryReport } from '../events/observer.ts';
import { backOffMs } from '../pacing/back-off.ts';
import { createRateLimit } from '../pacing/rate-limit.ts';
import type { Timers } from '../pacing/timers.ts';
import type { Outcome, Send } from '../ports/send.ts';
import type { OutboxEntry } from './outbox-entry.ts';

export type TargetQueueDeps = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly send: Send;
  readonly maxPerSecond: () => number;
  readonly onDelivery: (report: DeliveryReport) => void;
  /** The target has it, or never will. */
  readonly onDone: (entry: OutboxEntry) => void;
  readonly onIdle: () => void;
  readonly signal: AbortSignal;
};

/** So many may be on their way, and at a high rate as many as an answer after 250 ms needs. */
const SENDS_AT_ONCE = 32;
const ANSWERED_WITHIN_S = 0.25;
const MOST_SENDS_AT_ONCE = 128;
const RETRY = { firstMs: 500, mostMs: 5 * 60_000 };
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/** What one rule has for the target, oldest first: only the first is ever tried, so order holds. */
type RuleQueue = { readonly entries: OutboxEntry[]; attempt: number };

/** All that goes to one target: in order per rule, never faster than the target's rate, retried with back-off. */
export const createTargetQueue = (deps: TargetQueueDeps, target: string) => {
  const { clock, timers, signal } = deps;
  const byRule = new Map<RuleId, RuleQueue>();
  /** Rules whose first entry may be tried now, in order of arrival. */
  const ready = new Set<RuleId>();
  const whenRateAllows = newEntry(() => pump());
  let inFlight = 0;
  let rate = deps.maxPerSecond();
  let limit = createRateLimit(rate);

  const currentLimit = () => {
    if (rate !== deps.maxPerSecond()) {
      rate = deps.maxPerSecond();
      limit = createRateLimit(rate);
    }
    return limit;
  };

  const sendsAtOnce = (): number =>
    Math.min(Math.max(SENDS_AT_ONCE, rate * ANSWERED_WITHIN_S), MOST_SENDS_AT_ONCE);

  const isIdle = (): boolean => inFlight === 0 && ready.size === 0;

  const pump = (): void => {
    while (!signal.aborted && ready.size > 0 && inFlight < sendsAtOnce()) {
      const nowMs = clock.nowMs();
      const waitMs = currentLimit().take(nowMs);
      if (waitMs > 0) return timers.set(whenRateAllows, nowMs + waitMs);
      const id = ready.values().next().value as RuleId;
      ready.delete(id);
      void attempt(id, byRule.get(id) as RuleQueue);
    }
    if (isIdle()) deps.onIdle();
  };

  const givenUp = (outcome: Outcome, { transition }: OutboxEntry): Outcome =>
    outcome.kind === 'failed' && clock.nowMs() - transition.atMs >= GIVE_UP_AFTER_MS
      ? { kind: 'refused', error: `given up after 24 hours: ${outcome.error}` }
      : outcome;

  const retryLater = (id: RuleId, attempt: number, afterMs: number | null): void => {
    const waitMs = Math.max(backOffMs(attempt, RETRY, deps.random), afterMs ?? 0);
    const retry = newEntry(() => {
      ready.add(id);
      pump();
    });
    timers.set(retry, clock.nowMs() + waitMs);
  };

  const attempt = async (id: RuleId, queue: RuleQueue): Promise<void> => {
    const entry = queue.entries[0] as OutboxEntry;
    inFlight++;
    queue.attempt++;
    const outcome = givenUp(await deps.send(target, entry.transition, signal), entry);
    inFlight--;
    if (signal.aborted) return;
    deps.onDelivery({ transition: entry.transition, target, outcome, attempt: queue.attempt });
    if (outcome.kind === 'failed') retryLater(id, queue.attempt, outcome.afterMs);
    else {
      queue.entries.shift();
      queue.attempt = 0;
      if (queue.entries.length > 0) ready.add(id);
      else byRule.delete(id);
      deps.onDone(entry);
    }
    pump();
  };

  return {
    push: (entry: OutboxEntry): void => {
      const id = entry.transition.ruleId;
      const queue = byRule.get(id);
      if (queue) {
        queue.entries.push(entry);
        return;
      }
      byRule.set(id, { entries: [entry], attempt: 0 });
      ready.add(id);
      pump();
    },
    isIdle,
  };
};

export type TargetQueue = ReturnType<typeof createTargetQueue>;
