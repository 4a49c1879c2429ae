import type { Clock } from '../../domain/clock.ts';
import { backOffMs } from '../../engine/pacing/back-off.ts';

export type ReplaceDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onProblem: (message: string) => void;
};

/** One life of a process: resolves when it is gone. */
type Life = () => Promise<{ readonly why: string; readonly wasReady: boolean }>;

const RETRY = { firstMs: 500, mostMs: 60_000 };
/** Whoever lived for so long is replaced as if it had never happened before. */
const LASTING_MS = 60_000;

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Runs a worker process, and another in its place whenever one is gone: later and later while they do not last. */
export const keepReplacing = async (
  { clock, random, signal, onProblem }: ReplaceDeps,
  number: number,
  live: Life,
): Promise<void> => {
  for (let failures = 0; !signal.aborted; ) {
    const bornMs = clock.monotonicMs();
    // To start a process can throw, where memory is short.
    const { why, wasReady } = await live().catch((cause: Error) => ({ why: cause.message, wasReady: false }));
    if (signal.aborted) return;
    const lasted = clock.monotonicMs() - bornMs >= LASTING_MS;
    failures = lasted ? 1 : failures + 1;
    const waitMs = backOffMs(failures, RETRY, random);
    onProblem(
      wasReady
        ? `worker ${number} is gone: ${why}. The others take over, and it is started again in ${inSeconds(waitMs)}`
        : `worker ${number} cannot start: ${why}. This is tried again in ${inSeconds(waitMs)}; standard error says more`,
    );
    await clock.sleep(waitMs, signal);
  }
};
