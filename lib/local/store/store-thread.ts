import { Worker } from 'node:worker_threads';
import type { History } from '../../engine/ports/history.ts';
import type { LeaseStore } from '../../engine/ports/lease-store.ts';
import type { RuleStore } from '../../engine/ports/rule-store.ts';
import type { Stores } from '../../engine/term/watched-stores.ts';
import type { OpenStore, Unopened } from '../../sqlite/open-store.ts';
import { oncePerTurn } from './once-per-turn.ts';
import { type CallMessage as Call, createCaller, type ReplyMessage } from './rpc.ts';

/** `dataDir` may be `IN_MEMORY`. */
export type StoreThreadData = { readonly dataDir: string };

/** What one machine does for its own database. */
export type Housekeeping = {
  /** Frees the lease of a process that died: nobody else has this database open. */
  readonly prepare: (jobset: string) => Promise<void>;
  /** DynamoDB deletes what expired by itself, SQLite does not. Resolves to how many it removed. */
  readonly removeExpired: () => Promise<number>;
};

type Thread = Stores & { readonly housekeeping: Housekeeping };

export type CallMessage = Call<keyof Thread>;
/** Notices of what happens to the files, for a person. */
type Notice = { readonly kind: 'notice'; readonly notice: string };
export type FromThread =
  | Pick<OpenStore, 'kind' | 'incarnation' | 'notices'>
  | Unopened
  | Notice
  | ReplyMessage;

type ToThread = CallMessage | 'close';

export type StoreThread = Thread & {
  readonly kind: 'open';
  /** Incarnation of the data folder: travels in the ids of transitions. */
  readonly incarnation: string;
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

/** The embedded database and the stores on it, in a thread of their own: each commit waits for the disk, and that would
 *  hold up the check loop. An aborted call rejects at once. What happens to the files is told to `onProblem`, as is a
 *  thread that dies later, after which every call fails. */
export const openStoreThread = async (
  data: StoreThreadData,
  onProblem: (problem: string) => void,
): Promise<StoreThread | Unopened> => {
  const worker = new Worker(new URL('./store-thread-worker.ts', import.meta.url), { workerData: data });
  const post = oncePerTurn((messages: readonly ToThread[]) => worker.postMessage(messages));
  const caller = createCaller<keyof Thread>(post);
  let closing = false;

  const end = (why: string): void => {
    caller.end(why);
    if (!closing) onProblem(`${why}. Restart the monitor.`);
    closing = true;
  };
  const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  worker.on('error', error => end(`the embedded database has failed: ${String(error)}`));
  worker.once('exit', () => end('the embedded database is closed'));

  const opened = await new Promise<FromThread | undefined>(resolve => {
    worker.once('message', ([first]: readonly FromThread[]) => resolve(first));
    worker.once('error', error => resolve({ kind: 'unusable', error: String(error) }));
  });
  if (opened?.kind !== 'open') {
    closing = true;
    await worker.terminate();
    if (opened?.kind === 'locked' || opened?.kind === 'unusable') return opened;
    return { kind: 'unusable', error: 'the thread of the embedded database does not start' };
  }
  opened.notices.forEach(onProblem);

  worker.on('message', (messages: readonly (ReplyMessage | Notice)[]) => {
    for (const message of messages)
      if (message.kind === 'notice') onProblem(message.notice);
      else caller.settle(message);
  });

  return {
    kind: 'open',
    incarnation: opened.incarnation,
    ...remoteStores(caller),
    housekeeping: caller.remote<Housekeeping>('housekeeping', { prepare: true, removeExpired: true }),
    close: async () => {
      closing = true;
      post('close');
      await exited;
    },
  };
};
