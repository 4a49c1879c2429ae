import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DynamodbAddress } from '../aws/dynamodb-client.ts';
import type { ToWorker, WorkerReport } from './embedded-dynamodb-worker.ts';

export type EmbeddedDynamodb =
  | {
      readonly kind: 'open';
      readonly address: DynamodbAddress;
      /** Ends what is under way and frees the folder. */
      readonly close: () => Promise<void>;
    }
  /** `error` says what is wrong with the folder and what to do. */
  | { readonly kind: 'locked' | 'unusable'; readonly error: string };

/** Keeps nothing on disk. */
export const IN_MEMORY = ':memory:';

const explain = (path: string, code: string, detail: string): string => {
  if (code === 'LEVEL_LOCKED')
    return `${path} is in use by another process. Stop it, or name another folder.`;
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return `${path} cannot be a folder: a file is in its place. Move the file away, or name another folder.`;
  if (code === 'ENOSPC' || /no space left/i.test(detail))
    return `${path} cannot be written: the disk is full. Free some space, or name another folder.`;
  if (/permission denied|read-only|not permitted/i.test(detail))
    return `${path} cannot be written. Give this user the right to write it, or name another folder.`;
  if (code === 'LEVEL_CORRUPTION')
    return `${path} is damaged (${detail}). Restore it from a backup, or move it away to start with no states and no history.`;
  return `${path} cannot be opened: ${detail}`;
};

const report = (worker: Worker): Promise<WorkerReport> =>
  new Promise(resolve => {
    worker.once('message', resolve);
    worker.once('error', error => resolve({ kind: 'failed', code: '', detail: String(error) }));
    worker.once('exit', code => resolve({ kind: 'failed', code: '', detail: `its thread ended (${code})` }));
  });

/** A DynamoDB of our own, in a thread of its own, on a socket that only this user can open (any user of the machine, and
 *  any web page, could reach a port). A thread that dies later is told to `onCrash`, and then every call fails. */
export const openEmbeddedDynamodb = async ({
  dataDir,
  onCrash,
}: {
  readonly dataDir: string;
  readonly onCrash?: (error: string) => void;
}): Promise<EmbeddedDynamodb> => {
  const path = dataDir === IN_MEMORY ? null : join(dataDir, 'dynamodb');
  // A socket's path may have about 100 bytes: too few for any data folder.
  const socketDir = await mkdtemp(join(tmpdir(), 'peregrine-'));
  const socketPath = join(socketDir, 'dynamodb');
  const setup: ToWorker = { path, socketPath };
  const worker = new Worker(new URL('./embedded-dynamodb-worker.ts', import.meta.url), { workerData: setup });
  const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  const removeSocket = () => rm(socketDir, { recursive: true, force: true });

  const opened = await report(worker);
  if (opened.kind === 'failed') {
    await worker.terminate();
    await removeSocket();
    return {
      kind: opened.code === 'LEVEL_LOCKED' ? 'locked' : 'unusable',
      error: explain(path ?? IN_MEMORY, opened.code, opened.detail),
    };
  }

  let closing = false;
  let cause = '';
  worker.once('error', error => {
    cause = `: ${String(error)}`;
  });
  worker.once('exit', () => {
    if (!closing) onCrash?.(`the embedded database has ended${cause}. Restart the monitor.`);
  });
  return {
    kind: 'open',
    address: { kind: 'local', url: 'http://localhost', socketPath },
    close: async () => {
      closing = true;
      worker.postMessage('close');
      await exited;
      await removeSocket();
    },
  };
};
