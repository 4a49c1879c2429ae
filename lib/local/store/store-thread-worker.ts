import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../domain/clock.ts';
import { giveWay } from '../../process/thread-priority.ts';
import { type OpenStore, openStore } from '../../sqlite/open-store.ts';
import { oncePerTurn } from './once-per-turn.ts';
import type { CallMessage, FromThread, Housekeeping, StoreThreadData } from './store-thread.ts';

const { dataDir } = workerData as StoreThreadData;

/** A caller that no longer waits does not wait here either: calls of this database end by themselves. */
const signal = new AbortController().signal;

const tell = oncePerTurn((messages: readonly FromThread[]) => parentPort?.postMessage(messages));

const housekeepingOf = ({ releaseAbandonedLease, removeExpired }: OpenStore): Housekeeping => ({
  prepare: jobset => releaseAbandonedLease(jobset, signal),
  removeExpired: () => removeExpired(signal),
});

const serve = (opened: OpenStore): void => {
  const { store, leases, history } = opened;
  const services = { store, leases, history, housekeeping: housekeepingOf(opened) };

  const answer = async ({ call, of, name, parameters }: CallMessage): Promise<FromThread> => {
    try {
      const calls = services[of] as unknown as {
        readonly [name: string]: (...given: unknown[]) => Promise<unknown>;
      };
      return { kind: 'value', call, value: await calls[name]?.(...parameters, signal) };
    } catch (error) {
      return { kind: 'error', call, error: error instanceof Error ? error.message : String(error) };
    }
  };

  /** After the last answers are told. */
  const end = (): void => void setImmediate(() => parentPort?.close());

  parentPort?.on('message', (messages: readonly (CallMessage | 'close')[]) => {
    for (const message of messages)
      if (message === 'close') {
        opened.close();
        setImmediate(end);
      } else void answer(message).then(tell);
  });
};

// In a storm the database takes a core: checks that come late then are missed, what is saved late is not lost.
giveWay();
const onNotice = (notice: string): void => tell({ kind: 'notice', notice });
const opened = await openStore({ clock: systemClock, random: Math.random, onNotice }, dataDir);
if (opened.kind === 'open') {
  serve(opened);
  const { incarnation, notices } = opened;
  tell({ kind: 'open', incarnation, notices });
} else tell(opened);
