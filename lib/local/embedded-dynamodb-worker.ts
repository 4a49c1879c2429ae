import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** `path`: of the database; null: in memory. */
export type ToWorker = { readonly path: string | null; readonly socketPath: string };

export type WorkerReport =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

type Level = {
  open(): Promise<void>;
  getSync(key: string, options: object): unknown;
  put(key: string, value: unknown, options: object): Promise<void>;
};
type Dynalite = (options: { readonly path?: string } & { readonly [limit: string]: unknown }) => Server;

const require = createRequire(import.meta.url);
/** The database that dynalite itself uses. */
const levels: { Level: new (path: string, options: object) => Level } = createRequire(
  require.resolve('dynalite'),
)('level');

const TABLE_KEY = 'table~';

/** dynalite answers an error that has these fields, and throws any other out of the thread. */
const asAnswer = (error: unknown) =>
  Object.assign(error as Error, {
    statusCode: 500,
    body: {
      __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
      message: `the embedded database has failed: ${(error as Error).message}`,
    },
  });

let database: Level | null = null;

levels.Level = class extends levels.Level {
  constructor(path: string, options: object) {
    super(path, options);
    database = this;
  }

  /** 2 µs; through the thread pool it takes 11. */
  async get(key: string, options: object): Promise<unknown> {
    try {
      return this.getSync(key, options);
    } catch (error) {
      throw asAnswer(error);
    }
  }

  /** A table can be used as soon as it is made: a process killed in between would leave one that never can. */
  override async put(key: string, value: unknown, options: object): Promise<void> {
    const ready = key.startsWith(TABLE_KEY) ? { ...(value as object), TableStatus: 'ACTIVE' } : value;
    try {
      await super.put(key, ready, options);
    } catch (error) {
      throw asAnswer(error);
    }
  }
};

const dynalite: Dynalite = require('dynalite');
const { path, socketPath } = workerData as ToWorker;

const tell = (report: WorkerReport): void => parentPort?.postMessage(report);

const server = dynalite({
  ...(path !== null && { path }),
  createTableMs: 0,
  deleteTableMs: 0,
  updateTableMs: 0,
});

// dynalite throws what a request fails with, such as a call that is given up: it would end the thread.
server.on('request', request => request.removeAllListeners('error'));

parentPort?.once('message', () => {
  server.close(() => process.exit());
  server.closeAllConnections();
});

try {
  await (database as Level | null)?.open();
  server.listen(socketPath, () => tell({ kind: 'open' }));
} catch (error) {
  const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  tell({ kind: 'failed', code: cause.code ?? '', detail: cause.message });
}
