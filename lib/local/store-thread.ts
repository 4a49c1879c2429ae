import { Worker } from 'node:worker_threads';
import type { DynamodbAddress } from '../aws/dynamodb-client.ts';
import type { History, LeaseStore, RuleStore } from '../engine/ports.ts';
import type { Stores } from '../engine/watched-store.ts';

export type StoreThreadData = { readonly address: DynamodbAddress; readonly table: string };

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
export type ReplyMessage = { readonly call: number } & (
  | { readonly value: unknown }
  | { readonly error: string }
);

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (cause: Error) => void };

/** The stores in a thread of their own: a call of the SDK takes 0.5 to 1 ms of CPU, and in a storm of transitions
 *  hundreds of them would hold up the check loop. An aborted call rejects at once. */
export const openStoreThread = (
  data: StoreThreadData,
  onCrash: (error: string) => void,
): Thread & { readonly close: () => Promise<void> } => {
  const worker = new Worker(new URL('./store-thread-worker.ts', import.meta.url), { workerData: data });
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let ended: string | null = null;

  const end = (why: string): void => {
    ended ??= why;
    for (const { reject } of waiting.values()) reject(new Error(ended));
    waiting.clear();
  };
  worker.on('message', (reply: ReplyMessage) => {
    const caller = waiting.get(reply.call);
    waiting.delete(reply.call);
    if ('error' in reply) caller?.reject(new Error(reply.error));
    else caller?.resolve(reply.value);
  });
  worker.on('error', error => {
    end(`the store's thread has failed: ${String(error)}`);
    onCrash(`${ended}: restart the monitor`);
  });
  const exited = new Promise<void>(resolve =>
    worker.once('exit', () => {
      end('the store is closed');
      resolve();
    }),
  );

  const send = (of: keyof Thread, name: string, given: readonly unknown[]): Promise<unknown> => {
    const last = given.at(-1);
    const signal = last instanceof AbortSignal ? last : null;
    const parameters = signal ? given.slice(0, -1) : given;
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
      worker.postMessage({ call, of, name, parameters } satisfies CallMessage);
    });
  };

  const remote = <Calls extends object>(of: keyof Thread, names: readonly (keyof Calls & string)[]): Calls =>
    Object.fromEntries(
      names.map(name => [name, (...given: readonly unknown[]) => send(of, name, given)]),
    ) as Calls;

  return {
    store: remote<RuleStore>('store', ['load', 'loadSpilled', 'save', 'acknowledge', 'checkpoint']),
    leases: remote<LeaseStore>('leases', ['acquire', 'renew', 'requestHandOver', 'release']),
    history: remote<History>('history', ['append', 'list']),
    housekeeping: remote<Housekeeping>('housekeeping', ['prepare', 'removeExpired']),
    close: async () => {
      worker.postMessage('close');
      await exited;
    },
  };
};
