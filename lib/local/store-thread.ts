import { Worker } from 'node:worker_threads';
import type { History, LeaseStore, RuleStore } from '../engine/ports.ts';
import type { Stores } from '../engine/watched-store.ts';
import { oncePerTurn } from './once-per-turn.ts';

/** `dataDir` may be `IN_MEMORY`. */
export type StoreThreadData = { readonly dataDir: string; readonly table: string };

/** What one machine does for its own database. */
export type Housekeeping = {
  /** Makes the table, and frees the lease of a process that died: nobody else has this database open. */
  readonly prepare: (jobset: string) => Promise<void>;
  /** DynamoDB deletes what expired by itself, the embedded one does not. Resolves to how many it removed. */
  readonly removeExpired: () => Promise<number>;
};

type Thread = Stores & { readonly housekeeping: Housekeeping };

export type CallMessage = {
  readonly call: number;
  readonly of: keyof Thread;
  readonly name: string;
  /** Without the signal, which does not travel. */
  readonly parameters: readonly unknown[];
};
type Unopened = { readonly kind: 'locked' | 'unusable'; readonly error: string };
export type FromThread =
  | { readonly kind: 'open' }
  | Unopened
  | { readonly kind: 'value'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly call: number; readonly error: string };

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (cause: Error) => void };

export type StoreThread = Thread & {
  readonly kind: 'open';
  /** Ends what is under way and frees the folder. */
  readonly close: () => Promise<void>;
};

/** The embedded database and the stores on it, in a thread of their own: a save takes a millisecond of CPU, and in a
 *  storm hundreds of them would hold up the check loop. An aborted call rejects at once. A thread that dies later is
 *  told to `onCrash`, and then every call fails. */
export const openStoreThread = async (
  data: StoreThreadData,
  onCrash: (error: string) => void,
): Promise<StoreThread | Unopened> => {
  const worker = new Worker(new URL('./store-thread-worker.ts', import.meta.url), { workerData: data });
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let ended: string | null = null;
  let closing = false;

  const end = (why: string): void => {
    ended ??= why;
    for (const { reject } of waiting.values()) reject(new Error(ended));
    waiting.clear();
    if (!closing) onCrash(`${ended}. Restart the monitor.`);
    closing = true;
  };
  const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  worker.on('error', error => end(`the embedded database has failed: ${String(error)}`));
  worker.once('exit', () => end('the embedded database is closed'));

  const opened = await new Promise<FromThread | undefined>(resolve => {
    worker.once('message', ([first]: readonly FromThread[]) => resolve(first));
    worker.once('error', error => resolve({ kind: 'unusable', error: String(error) }));
  });
  if (opened?.kind === 'locked' || opened?.kind === 'unusable') {
    closing = true;
    await worker.terminate();
    return opened;
  }

  const settleCall = (reply: FromThread): void => {
    if (reply.kind === 'value') waiting.get(reply.call)?.resolve(reply.value);
    else if (reply.kind === 'error') waiting.get(reply.call)?.reject(new Error(reply.error));
  };
  worker.on('message', (replies: readonly FromThread[]) => replies.forEach(settleCall));
  const post = oncePerTurn((calls: readonly (CallMessage | 'close')[]) => worker.postMessage(calls));

  const send = (of: keyof Thread, name: string, given: readonly unknown[]): Promise<unknown> => {
    const last = given.at(-1);
    const signal = last instanceof AbortSignal ? last : null;
    return new Promise((resolve, reject) => {
      if (ended !== null) return reject(new Error(ended));
      if (signal?.aborted) return reject(signal.reason);
      const call = ++calls;
      const abort = (): void => settle(() => reject(signal?.reason));
      const settle = (how: () => void): void => {
        waiting.delete(call);
        signal?.removeEventListener('abort', abort);
        how();
      };
      waiting.set(call, {
        resolve: value => settle(() => resolve(value)),
        reject: cause => settle(() => reject(cause)),
      });
      signal?.addEventListener('abort', abort, { once: true });
      const parameters = signal ? given.slice(0, -1) : given;
      post({ call, of, name, parameters });
    });
  };

  const remote = <Calls extends object>(of: keyof Thread, names: { [name in keyof Calls]: true }): Calls =>
    Object.fromEntries(
      Object.keys(names).map(name => [name, (...given: readonly unknown[]) => send(of, name, given)]),
    ) as Calls;

  return {
    kind: 'open',
    store: remote<RuleStore>('store', {
      load: true,
      loadSpilled: true,
      takeOver: true,
      states: true,
      save: true,
      acknowledge: true,
      checkpoint: true,
    }),
    leases: remote<LeaseStore>('leases', {
      acquire: true,
      renew: true,
      requestHandOver: true,
      release: true,
      read: true,
      announce: true,
      jobsets: true,
      forget: true,
    }),
    history: remote<History>('history', { append: true, list: true }),
    housekeeping: remote<Housekeeping>('housekeeping', { prepare: true, removeExpired: true }),
    close: async () => {
      closing = true;
      post('close');
      await exited;
    },
  };
};
