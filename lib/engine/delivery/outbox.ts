import type { Clock } from '../../domain/clock.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { Target } from '../../domain/target.ts';
import type { Transition } from '../../domain/transition.ts';
import { newEntry } from '../../schedule/wheel.ts';
import type { DeliveryReport } from '../events/observer.ts';
import { backOffMs } from '../pacing/back-off.ts';
import { limitConcurrency } from '../pacing/limit-concurrency.ts';
import type { Timers } from '../pacing/timers.ts';
import type { History } from '../ports/history.ts';
import {
  HISTORY,
  MAX_PENDING_IN_ITEM,
  type Pending,
  type RuleStore,
  type SavedRule,
} from '../ports/rule-store.ts';
import type { Send } from '../ports/send.ts';
import { createHistoryWriter } from './history-writer.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import { createTargetQueue, type TargetQueue } from './target-queue.ts';

export type OutboxDeps = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly store: RuleStore;
  readonly history: History;
  readonly send: Send;
  readonly epoch: number;
  readonly acknowledgementsAtOnce: number;
  /** It goes on for long enough that the history may be acknowledged later. */
  readonly isLasting: boolean;
  /** More is to be saved than the store takes at once. */
  readonly hasSavesWaiting: () => boolean;
  readonly target: (name: string) => Target | undefined;
  readonly onDelivery: (report: DeliveryReport) => void;
  readonly signal: AbortSignal;
};

/** One call of the store tells it of all who got a transition within this time, and in a storm what is still to be
 *  saved and sent goes first. What a crash leaves unacknowledged is given again, under the same id. */
const ACKNOWLEDGE_WITHIN_MS = 500;
/** Saves go first, for somebody waits for each, and in a storm acknowledgements are half of the store's work. Not for
 *  longer, for what a crash leaves unacknowledged is given again. */
const ACKNOWLEDGE_AFTER_SAVES_MS = 10_000;
/** The history takes a transition twice without harm, so this may wait. At the first start every endpoint makes a
 *  transition that only the history wants: acknowledged at once, they cost half of the process's time. */
const ACKNOWLEDGE_HISTORY_WITHIN_MS = 30_000;
/** So many transitions of one rule may wait for that. */
const MOST_LEISURELY = 10;
const RETRY = { firstMs: 100, mostMs: 10_000 };
const DEFAULT_PER_SECOND = 10;

/** What of one rule is on its way. At most `MAX_PENDING_IN_ITEM` are in memory; the rest waits in the store. */
type Outbox = {
  readonly entries: Map<number, OutboxEntry>;
  /** The last version that was posted to the queues. */
  postedVersion: number;
  /** Later versions wait in the store. */
  moreInStore: boolean;
  /** How many were left to the store so far. */
  leftToStore: number;
};

const newOutbox = (moreInStore: boolean): Outbox => ({
  entries: new Map(),
  postedVersion: 0,
  moreInStore,
  leftToStore: 0,
});

/** Gives saved transitions to their targets and tells the store who has got them. A transition that the store still
 *  holds as pending is given again after a crash: at least once, in order per rule and target. */
export const createOutbox = (deps: OutboxDeps) => {
  const { clock, timers, store, epoch, random, signal } = deps;
  const outboxes = new Map<RuleId, Outbox>();
  const queues = new Map<string, TargetQueue>();
  const limited = limitConcurrency(deps.acknowledgementsAtOnce);
  let acknowledging = 0;
  let onIdle = () => {};

  const isIdle = (): boolean =>
    acknowledging === 0 && historyWriter.isIdle() && queues.values().every(queue => queue.isIdle());
  const checkIdle = (): void => {
    if (isIdle()) onIdle();
  };

  const untilItWorks = async (call: () => Promise<unknown>): Promise<void> => {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await limited(call);
        return;
      } catch {
        await clock.sleep(backOffMs(attempt, RETRY, random), signal);
      }
    }
  };

  /** The next of a rule that wait in the store, once all in memory are through. */
  const postMore = async (id: RuleId, outbox: Outbox): Promise<void> => {
    const { leftToStore } = outbox;
    await untilItWorks(async () => {
      const pending = await store.loadSpilled(id, outbox.postedVersion, signal);
      for (const one of pending) post(outbox, one);
      const readAll = pending.length < MAX_PENDING_IN_ITEM && outbox.leftToStore === leftToStore;
      if (readAll) outbox.moreInStore = false;
    });
    await next(id, outbox);
  };

  /** All that is in memory of a rule is through. */
  const next = async (id: RuleId, outbox: Outbox): Promise<void> => {
    if (outbox.entries.size > 0 || signal.aborted) return;
    if (outbox.moreInStore) await postMore(id, outbox);
    else outboxes.delete(id);
  };

  /** Tells the store of all who have got it when its turn comes: in a storm the history has it by then as well, and one
   *  call says it all. */
  const acknowledge = async (entry: OutboxEntry): Promise<void> => {
    const { ruleId, version } = entry.transition;
    if (entry.isAcknowledging || entry.unacknowledged.length === 0) return;
    entry.isAcknowledging = true;
    acknowledging++;
    while (entry.unacknowledged.length > 0 && !signal.aborted)
      await untilItWorks(async () => {
        const names = entry.unacknowledged;
        await store.acknowledge(epoch, ruleId, version, names, signal);
        entry.unacknowledged = entry.unacknowledged.slice(names.length);
      });
    entry.isAcknowledging = false;
    const outbox = outboxes.get(ruleId);
    if (outbox && entry.remaining.size === 0 && entry.unacknowledged.length === 0) {
      outbox.entries.delete(version);
      await next(ruleId, outbox);
    }
    acknowledging--;
    checkIdle();
  };

  const acknowledgeWithin = (entry: OutboxEntry, ms: number): void =>
    timers.set(
      newEntry(() => acknowledgeInTurn(entry)),
      clock.nowMs() + ms,
    );

  const acknowledgeInTurn = (entry: OutboxEntry): void => {
    const ageMs = clock.nowMs() - entry.transition.atMs;
    if (deps.hasSavesWaiting() && ageMs < ACKNOWLEDGE_AFTER_SAVES_MS)
      acknowledgeWithin(entry, ACKNOWLEDGE_WITHIN_MS);
    else void acknowledge(entry);
  };

  /** A target other than the history has accepted it: until the store knows, a crash sends it twice. */
  const isUrgent = ({ unacknowledged }: OutboxEntry): boolean =>
    !deps.isLasting || unacknowledged.some(name => name !== HISTORY);

  const done = (entry: OutboxEntry, name: string): void => {
    entry.remaining.delete(name);
    entry.unacknowledged = [...entry.unacknowledged, name];
    if (!entry.isSaved) return;
    const { remaining, unacknowledged } = entry;
    const waiting = outboxes.get(entry.transition.ruleId)?.entries.size ?? 0;
    if (remaining.size === 0 && (isUrgent(entry) || waiting > MOST_LEISURELY)) acknowledgeInTurn(entry);
    else if (remaining.size === 0) acknowledgeWithin(entry, random() * ACKNOWLEDGE_HISTORY_WITHIN_MS);
    else if (isUrgent(entry) && unacknowledged.length === 1) acknowledgeWithin(entry, ACKNOWLEDGE_WITHIN_MS);
  };

  const historyWriter = createHistoryWriter({
    clock,
    random,
    history: deps.history,
    onDone: entry => done(entry, HISTORY),
    onIdle: checkIdle,
    signal,
  });

  const queueTo = (name: string): TargetQueue => {
    const known = queues.get(name);
    if (known) return known;
    const queue = createTargetQueue(
      {
        ...deps,
        maxPerSecond: () => deps.target(name)?.maxPerSecond ?? DEFAULT_PER_SECOND,
        onDone: entry => done(entry, name),
        onIdle: checkIdle,
      },
      name,
    );
    queues.set(name, queue);
    return queue;
  };

  const post = (outbox: Outbox, { transition, to }: Pending, isSaved = true): void => {
    const entry: OutboxEntry = {
      transition,
      isSaved,
      remaining: new Set(to),
      unacknowledged: [],
      isAcknowledging: false,
    };
    outbox.entries.set(transition.version, entry);
    outbox.postedVersion = transition.version;
    for (const name of to) {
      if (name === HISTORY) historyWriter.push(entry);
      else queueTo(name).push(entry);
    }
  };

  /** What was delivered unsaved is saved now: the history gets it as well, and the store hears who has it. */
  const confirm = (entry: OutboxEntry, transition: Transition): void => {
    entry.isSaved = true;
    entry.transition = transition;
    entry.remaining.add(HISTORY);
    historyWriter.push(entry);
    if (entry.unacknowledged.length > 0) acknowledgeWithin(entry, ACKNOWLEDGE_WITHIN_MS);
  };

  return {
    deliver: (pending: Pending): void => {
      const { ruleId, version } = pending.transition;
      const outbox = outboxes.get(ruleId) ?? newOutbox(false);
      const early = outbox.entries.get(version);
      if (early && !early.isSaved) return confirm(early, pending.transition);
      if (version <= outbox.postedVersion) return;
      outboxes.set(ruleId, outbox);
      if (!outbox.moreInStore && outbox.entries.size < MAX_PENDING_IN_ITEM) return post(outbox, pending);
      outbox.moreInStore = true;
      outbox.leftToStore++;
    },
    /** Delivers a transition that cannot be saved at present, to targets only. `deliver` comes later. */
    deliverUnsaved: ({ transition, to }: Pending): void => {
      const { ruleId, version } = transition;
      const targets = to.filter(name => name !== HISTORY);
      const outbox = outboxes.get(ruleId) ?? newOutbox(false);
      const hasRoom = !outbox.moreInStore && outbox.entries.size < MAX_PENDING_IN_ITEM;
      if (targets.length === 0 || version <= outbox.postedVersion || !hasRoom) return;
      outboxes.set(ruleId, outbox);
      post(outbox, { transition: { ...transition, saved: false }, to: targets }, false);
    },
    /** An unsaved transition is not going to be saved. */
    forgetUnsaved: ({ ruleId, version }: Transition): void => {
      const outbox = outboxes.get(ruleId);
      if (!outbox?.entries.delete(version)) return;
      if (outbox.entries.size === 0 && !outbox.moreInStore) outboxes.delete(ruleId);
    },
    /** Delivers what an earlier worker left pending. */
    takeOver: (id: RuleId, { pending, spilled }: SavedRule): void => {
      if (pending.length === 0) return;
      const outbox = newOutbox(spilled);
      outboxes.set(id, outbox);
      for (const one of pending) post(outbox, one);
    },
    /** Somebody still waits for transitions of the rule. */
    isUnderWay: (id: RuleId): boolean => outboxes.has(id),
    isDelivering: (): boolean => outboxes.size > 0,
    /** Resolves when nothing is under way any more (what waits for a retry or a rate stays in the store), after
     *  `graceMs` at the latest. */
    settle: async (graceMs: number): Promise<void> => {
      for (const { entries } of outboxes.values())
        for (const entry of entries.values()) if (isUrgent(entry)) void acknowledge(entry);
      if (isIdle()) return;
      const patience = new AbortController();
      onIdle = () => patience.abort();
      await clock.sleep(graceMs, patience.signal);
    },
  };
};
