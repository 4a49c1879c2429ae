import type { Clock } from '../../domain/clock.ts';
import type { RuleId } from '../../domain/rule.ts';
import { type Entry, newEntry } from '../../schedule/wheel.ts';
import type { DeliveryReport } from '../events/observer.ts';
import { backOffMs } from '../pacing/back-off.ts';
import { createHeap } from '../pacing/heap.ts';
import type { Timers } from '../pacing/timers.ts';
import { takeTurnsAt } from '../pacing/turns-at-rate.ts';
import type { Outcome, Send } from '../ports/send.ts';
import { createDoubtfulRules } from './doubtful-rules.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import { bornAtMs, goesBefore, newRuleQueue, type RuleQueue, takeFirst } from './rule-queue.ts';

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
/** Back-off of one rule, while the target accepts what others send. */
const RETRY = { firstMs: 500, mostMs: 5 * 60_000 };
/** Between probes of a target that may be down: its return is noticed within the longest. */
const PROBE = { firstMs: 500, mostMs: 5000 };
/** While the target is down, of what happens one transition in this time is tried at once. */
const NEW_ONES_APART_MS = 1000;
const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** What waited before this process began is as old as the wall clock says, which may be wrong: it is tried for so long. */
const TRIED_FOR_MS = 10 * 60_000;

/** How an attempt came about: in turn; to find out whether the target is back; or because it has only just happened. */
type Occasion = 'turn' | 'probe' | 'new';

/** All that goes to one target: in order per rule, never faster than the target's rate.
 *
 *  A failure may be the target's fault or the transition's. Until something is accepted nobody knows, and the target is
 *  probed: one attempt every 5 s, whoever waits. While ten rules are in doubt the target is down, and besides probes (the
 *  oldest first) only what has just happened is tried, once a second. What is accepted then makes all ready at once. A
 *  rule that fails while others are accepted waits by itself, longer each time, and nobody's success shortens that. */
export const createTargetQueue = (deps: TargetQueueDeps, target: string) => {
  const { clock, timers, random, signal } = deps;
  const byRule = new Map<RuleId, RuleQueue>();
  const ready = createHeap(goesBefore);
  const doubtful = createDoubtfulRules();
  const takeTurn = takeTurnsAt(clock, deps.maxPerSecond);
  const whenRateAllows = newEntry(() => pump());
  const whenToProbe = newEntry(() => probe());
  const whenToTryNew = newEntry(() => tryNewest());
  /** While it is down, the rule of what has happened last, if that was not tried yet. */
  let newest: RuleQueue | null = null;
  let probeAtMs = Number.POSITIVE_INFINITY;
  let isProbing = false;
  /** That failed, since something was accepted. */
  let probes = 0;
  let nextNewAtMs = Number.NEGATIVE_INFINITY;
  /** A target that is down asked to be left alone until then. */
  let leftAloneUntilMs = Number.NEGATIVE_INFINITY;
  let inFlight = 0;

  const setIn = (entry: Entry, ms: number): void => timers.set(entry, clock.nowMs() + ms);

  const sendsAtOnce = (): number =>
    Math.min(Math.max(SENDS_AT_ONCE, deps.maxPerSecond() * ANSWERED_WITHIN_S), MOST_SENDS_AT_ONCE);

  /** What waits for a rate is under way; what waits for the target to come back is not. */
  const isIdle = (): boolean => inFlight === 0 && (ready.size() === 0 || doubtful.isDown());

  const pump = (): void => {
    if (newest && !doubtful.isDown()) setNewest(null);
    while (!signal.aborted && ready.size() > 0 && !doubtful.isDown() && inFlight < sendsAtOnce()) {
      const waitMs = takeTurn();
      if (waitMs > 0) return setIn(whenRateAllows, waitMs);
      void attempt(ready.pop() as RuleQueue, 'turn');
    }
    if (isIdle()) deps.onIdle();
  };

  const makeReady = (queue: RuleQueue, afterMs: number): void => {
    if (afterMs <= 0) return ready.push(queue);
    const ownTurn = newEntry(() => {
      ready.push(queue);
      pump();
    });
    setIn(ownTurn, afterMs);
  };

  const earliestProbeMs = (): number => {
    const [first] = doubtful.all();
    if (!first) return Number.POSITIVE_INFINITY;
    const isDown = doubtful.isDown();
    const backOff = backOffMs(1 + probes + (isDown ? 0 : first.faults), PROBE, random);
    const askedMs = isDown && ready.size() > 0 ? leftAloneUntilMs : doubtful.nextAtMs();
    return Math.max(clock.monotonicMs() + backOff, askedMs, isDown ? leftAloneUntilMs : 0);
  };

  const probeAt = (atMs: number): void => {
    probeAtMs = atMs;
    setIn(whenToProbe, atMs - clock.monotonicMs());
  };

  /** No failure puts off a probe that is planned. */
  const planProbe = (): void => {
    if (isProbing) return;
    const atMs = earliestProbeMs();
    if (atMs < probeAtMs || doubtful.all().size === 0) probeAt(atMs);
  };

  const probe = (): void => {
    const nowMs = clock.monotonicMs();
    if (signal.aborted) return;
    if (nowMs < probeAtMs) return probeAt(probeAtMs);
    const isDown = doubtful.isDown();
    const again = doubtful.next(nowMs);
    const untried = isDown ? ready.peek() : undefined;
    probeAtMs = Number.POSITIVE_INFINITY;
    if ((isDown && nowMs < leftAloneUntilMs) || !(untried ?? again)) return planProbe();
    const waitMs = takeTurn();
    if (waitMs > 0) return probeAt(nowMs + waitMs);
    const queue = untried ? ready.pop() : again;
    if (queue) void attempt(queue, 'probe');
  };

  const tellOf = (queue: RuleQueue, entry: OutboxEntry, outcome: Outcome): void =>
    deps.onDelivery({ transition: entry.transition, target, outcome, attempt: queue.attempts });

  const finish = (queue: RuleQueue, outcome: Outcome): void => {
    const first = queue.waiting[0];
    if (first) tellOf(queue, first.entry, outcome);
    const entry = takeFirst(queue);
    if (queue.waiting.length > 0) ready.push(queue);
    else byRule.delete(queue.id);
    if (entry) deps.onDone(entry);
  };

  const isTooOld = (queue: RuleQueue): boolean => clock.monotonicMs() - bornAtMs(queue) >= GIVE_UP_AFTER_MS;

  const giveUp = (queue: RuleQueue, error: string): void =>
    finish(queue, { kind: 'refused', error: `given up after 24 hours: ${error}` });

  /** Gives up all that are too old: while the target is down only some are tried. */
  const giveUpOld = (error: string): void => {
    for (let oldest = ready.peek(); oldest && isTooOld(oldest); oldest = ready.peek()) {
      ready.pop();
      giveUp(oldest, error);
    }
    for (const queue of doubtful.all())
      if (isTooOld(queue) && !queue.isTried && doubtful.remove(queue)) giveUp(queue, error);
  };

  const failed = (
    queue: RuleQueue,
    { error, afterMs }: Extract<Outcome, { readonly kind: 'failed' }>,
  ): void => {
    const isOver = isTooOld(queue);
    const entry = queue.waiting[0]?.entry;
    if (entry && !isOver) tellOf(queue, entry, { kind: 'failed', error, afterMs });
    queue.notBeforeMs = clock.monotonicMs() + (afterMs ?? 0);
    doubtful.failed(queue);
    if (doubtful.isDown()) {
      if (afterMs !== null) leftAloneUntilMs = Math.max(leftAloneUntilMs, queue.notBeforeMs);
      giveUpOld(error);
    } else if (isOver && doubtful.remove(queue)) giveUp(queue, error);
  };

  const itWorks = (queue: RuleQueue, startedAt: number): void => {
    const wasDown = doubtful.isDown();
    doubtful.remove(queue);
    probes = 0;
    nextNewAtMs = Number.NEGATIVE_INFINITY;
    for (const cleared of doubtful.takeCleared(startedAt)) {
      cleared.faults++;
      const isPardoned = wasDown && cleared.faults === 1;
      const backOff = isPardoned ? 0 : backOffMs(cleared.faults, RETRY, random);
      makeReady(cleared, Math.max(backOff, cleared.notBeforeMs - clock.monotonicMs()));
    }
    if (!doubtful.isDown()) leftAloneUntilMs = Number.NEGATIVE_INFINITY;
  };

  const attempt = async (queue: RuleQueue, occasion: Occasion): Promise<void> => {
    const { transition } = (queue.waiting[0] as RuleQueue['waiting'][number]).entry;
    const startedAt = doubtful.startedAt();
    inFlight++;
    queue.isTried = true;
    queue.attempts++;
    if (occasion === 'probe') isProbing = true;
    if (occasion === 'new') nextNewAtMs = Number.POSITIVE_INFINITY;
    const outcome = await deps.send(target, transition, signal);
    inFlight--;
    queue.isTried = false;
    if (signal.aborted) return;
    if (occasion === 'probe') isProbing = false;
    if (outcome.kind === 'failed') {
      if (occasion === 'probe') probes++;
      if (occasion === 'new') nextNewAtMs = clock.monotonicMs() + NEW_ONES_APART_MS;
      failed(queue, outcome);
    } else {
      itWorks(queue, startedAt);
      finish(queue, outcome);
    }
    pump();
    tryNewest();
    planProbe();
  };

  const setNewest = (queue: RuleQueue | null): void => {
    if (newest) ready.push(newest);
    newest = queue;
  };

  /** What has just happened finds out whether the target is down for all. */
  const tryNewest = (): void => {
    if (signal.aborted || !newest || !doubtful.isDown()) return;
    const earlyMs = Math.max(nextNewAtMs, leftAloneUntilMs) - clock.monotonicMs();
    const waitMs = earlyMs > 0 ? earlyMs : takeTurn();
    if (waitMs > 0) return setIn(whenToTryNew, waitMs);
    const queue = newest;
    newest = null;
    void attempt(queue, 'new');
  };

  return {
    push: (entry: OutboxEntry): void => {
      const { ruleId, atMs } = entry.transition;
      const knownAgeMs = Math.min(Math.max(0, clock.nowMs() - atMs), GIVE_UP_AFTER_MS - TRIED_FOR_MS);
      const waiting = { entry, bornAtMs: clock.monotonicMs() - knownAgeMs };
      const known = byRule.get(ruleId);
      if (known) {
        known.waiting.push(waiting);
        return;
      }
      const queue = newRuleQueue(ruleId);
      queue.waiting.push(waiting);
      byRule.set(ruleId, queue);
      if (doubtful.isDown()) {
        setNewest(queue);
        tryNewest();
      } else {
        ready.push(queue);
        pump();
      }
    },
    isIdle,
  };
};

export type TargetQueue = ReturnType<typeof createTargetQueue>;
