import { Worker } from 'node:worker_threads';
import type { History } from '../engine/ports/history.ts';
import type { LeaseStore } from '../engine/ports/lease-store.ts';
import type { RuleStore } from '../engine/ports/rule-store.ts';
import type { Stores } from '../engine/term/watched-stores.ts';
import { oncePerTurn } from './store/once-per-turn.ts';
import { type CallMessage as Call, createCaller, type ReplyMessage } from './store/rpc.ts';

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

export type CallMessage = Call<keyof Thread>;
type Unopened = { readonly kind: 'locked' | 'unusable'; readonly error: string };
export type FromThread = { readonly kind: 'open' } | Unopened | ReplyMessage;

type ToThread = CallMessage | 'close';

export type StoreThread = Thread & {
  readonly kind: 'open';
  /** Ends what is under way and frees the folder. */
  readonly close: () => Promise<void>;
};

/** Its stores, called where it is not. */
export const remoteStores = ({
  remote,
}: {
  readonly remote: <Calls extends object>(
    of: keyof Stores,
    names: { readonly [name in keyof Calls]: true },
  ) => Calls;
}): Stores => ({
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
});

/** The embedded database and the stores on it, in a thread of their own: a save takes a millisecond of CPU, and in a
 *  storm hundreds of them would hold up the check loop. An aborted call rejects at once. A thread that dies later is
 *  told to `onCrash`, and then every call fails. */
export const openStoreThread = async (
  data: StoreThreadData,
  onCrash: (error: string) => void,
): Promise<StoreThread | Unopened> => {
  const worker = new Worker(new URL('./store-thread-worker.ts', import.meta.url), { workerData: data });
  const post = oncePerTurn((messages: readonly ToThread[]) => worker.postMessage(messages));
  const caller = createCaller<keyof Thread>(post);
  let closing = false;

  const end = (why: string): void => {
    caller.end(why);
    if (!closing) onCrash(`${why}. Restart the monitor.`);
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

  worker.on('message', (replies: readonly ReplyMessage[]) => replies.forEach(caller.settle));

  return {
    kind: 'open',
    ...remoteStores(caller),
    housekeeping: caller.remote<Housekeeping>('housekeeping', { prepare: true, removeExpired: true }),
    close: async () => {
      closing = true;
      post('close');
      await exited;
    },
  };
};
