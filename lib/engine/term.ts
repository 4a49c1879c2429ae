import type { Clock } from '../domain/clock.ts';
import type { Endpoint, EndpointId } from '../domain/endpoint.ts';
import type { Lease } from '../domain/lease.ts';
import type { Probe } from '../domain/probe.ts';
import type { Target } from '../domain/target.ts';
import { newEntry } from '../schedule/wheel.ts';
import { createCheckLoop } from './check-loop.ts';
import { createDelivery } from './delivery.ts';
import { keepLease } from './keep-lease.ts';
import type { Send } from './ports.ts';
import { createRuleBook } from './rule-book.ts';
import type { EndpointStatus, Observer } from './status.ts';
import { createTimers } from './timers.ts';
import type { Stores } from './watched-store.ts';

export type TermDeps = Stores & {
  readonly clock: Clock;
  readonly random: () => number;
  readonly probe: Probe;
  readonly send: Send;
  readonly target: (name: string) => Target | undefined;
  readonly observer: Observer;
  readonly maxInFlight: number;
};

export type TermEnd = 'asked' | 'handed-over' | 'lost' | 'clock-set-back';

const CHECKPOINT_EVERY_MS = 30_000;
const LOOK_FOR_SILENCE_EVERY_MS = 1000;
/** What is in flight at the end may take so long to finish, and then as long to be saved and sent. */
const GRACE_MS = 2000;

/** A worker's time with a jobset under one epoch: checks, rules, delivery and the lease that allows them. */
export const beginTerm = (
  deps: TermDeps,
  { lease, heldUntilMs }: { readonly lease: Lease; readonly heldUntilMs: number | null },
) => {
  const { clock, store, leases, observer } = deps;
  const { jobset, epoch } = lease;
  const over = new AbortController();
  const { signal } = over;
  const watched = new Map<EndpointId, Endpoint>();
  let endedBy: TermEnd | null = null;
  let resolveEnd: (end: TermEnd) => void = () => {};
  const ended = new Promise<TermEnd>(resolve => {
    resolveEnd = resolve;
  });

  const timers = createTimers(clock, () => void end('clock-set-back'));
  const delivery = createDelivery({
    ...deps,
    timers,
    epoch,
    signal,
    onDelivery: report => observer.onDelivery?.(report),
  });
  const book = createRuleBook({
    ...deps,
    jobset,
    epoch,
    signal,
    onSaved: pending => {
      observer.onTransition?.(pending.transition);
      delivery.deliver(pending);
    },
    onFenced: () => void end('lost'),
    onProblem: message => observer.onProblem?.(message),
  });
  const loop = createCheckLoop({
    ...deps,
    timers,
    onCheck: check => observer.onCheck?.(check),
    judge: book.judge,
  });

  const checkpoint = async (): Promise<void> => {
    try {
      if ((await store.checkpoint(jobset, epoch, book.settledStates(), signal)) === 'fenced')
        void end('lost');
    } catch (cause) {
      if (!signal.aborted)
        observer.onProblem?.(`the checkpoint could not be saved: ${(cause as Error).message}`);
    }
  };

  /** While the lease lasts: what is in flight ends, all is saved, then the lease is free for the next. */
  const endInPeace = async (): Promise<void> => {
    await loop.drain(GRACE_MS);
    loop.stop();
    await Promise.all([book.settle(GRACE_MS), delivery.settle(GRACE_MS)]);
    await checkpoint();
    await leases.release(keeper.lease(), signal).catch(() => {});
  };

  const end = async (by: TermEnd): Promise<void> => {
    if (endedBy) return;
    endedBy = by;
    if (by === 'lost') loop.stop();
    else await endInPeace();
    over.abort();
    timers.stop();
    resolveEnd(by);
  };

  const keeper = keepLease(
    { clock, leases, signal, onLost: () => void end('lost'), onHandOver: () => void end('handed-over') },
    lease,
  );

  const lookForSilence = newEntry(nowMs => {
    book.expectResults(nowMs);
    timers.set(lookForSilence, nowMs + LOOK_FOR_SILENCE_EVERY_MS);
  });

  const checkpoints = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(CHECKPOINT_EVERY_MS, signal);
      if (signal.aborted || endedBy) return;
      await checkpoint();
    }
  };

  const begin = async (endpoints: Iterable<Endpoint>, unwatchedSinceMs: number | null): Promise<void> => {
    const list = [...endpoints];
    const saved = await store.load(
      jobset,
      list.map(endpoint => endpoint.id),
      signal,
    );
    for (const endpoint of list) {
      const rule = saved.get(endpoint.id);
      if (rule) delivery.takeOver(endpoint.id, rule);
      book.adopt(endpoint, rule, unwatchedSinceMs);
      watched.set(endpoint.id, endpoint);
    }
    book.expectResults(clock.nowMs());
    for (const endpoint of list) loop.watch(endpoint, book.state(endpoint.id));
  };

  const status = (id: EndpointId): EndpointStatus | null => {
    const ofLoop = loop.status(id);
    return ofLoop && { ...ofLoop, state: book.state(id) };
  };

  return {
    ended,
    end,
    /** Loads what is saved and starts to check. Rejects when the store cannot be read. */
    begin: async (endpoints: Iterable<Endpoint>): Promise<void> => {
      await begin(endpoints, heldUntilMs);
      timers.set(lookForSilence, clock.nowMs() + LOOK_FOR_SILENCE_EVERY_MS);
      void checkpoints();
    },
    /** Goes on with other endpoints; one that is the same object as before is not touched. */
    update: async (endpoints: ReadonlyMap<EndpointId, Endpoint>): Promise<void> => {
      for (const id of watched.keys()) {
        if (endpoints.has(id)) continue;
        loop.unwatch(id);
        book.forget(id);
        watched.delete(id);
      }
      const added: Endpoint[] = [];
      for (const endpoint of endpoints.values()) {
        const before = watched.get(endpoint.id);
        if (!before) added.push(endpoint);
        else if (before !== endpoint) {
          book.adopt(endpoint, undefined, null);
          loop.watch(endpoint, book.state(endpoint.id));
          watched.set(endpoint.id, endpoint);
        }
      }
      if (added.length > 0) await begin(added, null);
    },
    status,
    read: () => ({ ...loop.read(), states: book.count(), overdueMs: timers.overdueMs() }),
  };
};

export type Term = ReturnType<typeof beginTerm>;
