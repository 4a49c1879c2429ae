import type { Database } from '../../lib/aws/dynamodb-client.ts';
import { createHistory } from '../../lib/aws/history.ts';
import { createLeaseStore } from '../../lib/aws/lease-store.ts';
import { createRuleStore } from '../../lib/aws/rule-store.ts';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import type { ProbeResult } from '../../lib/domain/result.ts';
import type { Target } from '../../lib/domain/target.ts';
import type { Transition } from '../../lib/domain/transition.ts';
import type { Send } from '../../lib/engine/ports/send.ts';
import type { Mode } from '../../lib/engine/term/mode.ts';
import type { Claim } from '../../lib/engine/term/take-lease.ts';
import { createWorker, type Worker } from '../../lib/engine/term/worker.ts';
import type { ManualClock } from './manual-clock.ts';
import { passUntil } from './pass-time.ts';
import { probeOf } from './promised.ts';

export type WorkerOptions = {
  readonly clock: ManualClock;
  readonly db: Database;
  readonly owner: string;
  readonly endpoints: readonly Endpoint[];
  readonly targets: readonly Target[];
  readonly probe: (endpoint: Endpoint, signal: AbortSignal) => ProbeResult | Promise<ProbeResult>;
  /** Else every target takes all. */
  readonly send?: Send;
  readonly jobset?: string;
  readonly release?: string;
  readonly deadlineAtMs?: number | null;
  readonly claim?: Claim;
  /** Else it watches. */
  readonly mode?: Exclude<Mode, { readonly kind: 'loop' }>;
};

const emptyRecord = () => ({
  begun: 0,
  checks: [] as number[],
  checked: [] as string[],
  results: [] as number[],
  transitions: [] as Transition[],
  sent: [] as string[],
  problems: [] as string[],
  ended: false,
});

export type RunningWorker = {
  readonly worker: Worker;
  readonly seen: ReturnType<typeof emptyRecord>;
  readonly stop: () => void;
  readonly end: () => Promise<void>;
};

/** A worker over a real store, in time that passes by hand, and all that it does. */
export const runWorker = ({
  clock,
  db,
  owner,
  endpoints,
  targets,
  probe,
  ...options
}: WorkerOptions): RunningWorker => {
  const controller = new AbortController();
  const seen = emptyRecord();
  const worker = createWorker(
    {
      clock,
      owner,
      jobset: options.jobset ?? 'local',
      release: options.release ?? 'r1',
      deadlineAtMs: options.deadlineAtMs ?? null,
      random: () => 0.5,
      store: createRuleStore(db),
      leases: createLeaseStore(db),
      history: createHistory(db),
      maxInFlight: 100,
      probe: probeOf(async (endpoint, signal) => {
        seen.checks.push(clock.nowMs());
        seen.checked.push(endpoint.id);
        return probe(endpoint, signal);
      }),
      send:
        options.send ??
        (async (_, transition) => {
          seen.sent.push(transition.id);
          return { kind: 'accepted' };
        }),
      observer: {
        onBegin: () => seen.begun++,
        onCheck: () => seen.results.push(clock.nowMs()),
        onTransition: transition => seen.transitions.push(transition),
        onProblem: message => seen.problems.push(message),
      },
    },
    { endpoints, targets },
  );
  const { claim = 'insist', mode } = options;
  const ended = (
    mode ? worker.runOnce(claim, mode, controller.signal) : worker.run(claim, controller.signal)
  ).then(() => {
    seen.ended = true;
  });
  return {
    worker,
    seen,
    stop: () => controller.abort(),
    end: async () => {
      controller.abort();
      await passUntil(clock, () => seen.ended);
      await ended;
    },
  };
};
