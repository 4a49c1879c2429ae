import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Answer, DynamodbAddress } from '../aws/dynamodb-client.ts';

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

type Level = {
  open(): Promise<void>;
  close(): Promise<void>;
  getSync(key: string, options: object): unknown;
  put(key: string, value: unknown, options: object): Promise<void>;
  batch(...given: readonly unknown[]): Promise<void>;
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

/** The one that dynalite made last: it does so while it is called. */
let lastOpened: Level | null = null;

levels.Level = class extends levels.Level {
  /** A write that failed, on a full disk, leaves a torn record in the log: all that is written behind it would be lost
   *  at the next start. So it is the last one. */
  failure: Error | null = null;

  constructor(path: string, options: object) {
    super(path, options);
    lastOpened = this;
  }

  /** 2 µs; through the thread pool it takes 11. */
  async get(key: string, options: object): Promise<unknown> {
    try {
      if (this.failure) throw this.failure;
      return this.getSync(key, options);
    } catch (error) {
      throw asAnswer(error);
    }
  }

  /** A table can be used as soon as it is made: a process killed in between would leave one that never can. */
  override async put(key: string, value: unknown, options: object): Promise<void> {
    const ready = key.startsWith(TABLE_KEY) ? { ...(value as object), TableStatus: 'ACTIVE' } : value;
    await this.write(() => super.put(key, ready, options));
  }

  override async batch(...given: readonly unknown[]): Promise<void> {
    await this.write(() => super.batch(...given));
  }

  async write(run: () => Promise<void>): Promise<void> {
    try {
      if (this.failure) throw this.failure;
      await run();
    } catch (error) {
      this.failure ??= new Error(
        `${(error as Error).message}. Free some space where the data is, and restart the monitor`,
      );
      throw asAnswer(this.failure);
    }
  }
};

const dynalite: Dynalite = require('dynalite');

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

/** Not `recursive`: that never returns where a folder cannot be made although its parent is there, as in /proc. */
const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
};

/** As much of a ServerResponse as dynalite uses. */
type Response = {
  statusCode: number;
  setHeader: (name: string, value: string | number) => void;
  end: (body?: string) => void;
};

/** Hands a request to dynalite without a socket: nothing listens that another program could reach, and a call takes
 *  half the time. */
const answerWith =
  (server: Server): Answer =>
  ({ method, path, headers, body }) =>
    new Promise(resolve => {
      const answered: { [name: string]: string } = {};
      const response: Response = {
        statusCode: 200,
        setHeader: (name, value) => {
          answered[name.toLowerCase()] = String(value);
        },
        end: (text = '') =>
          resolve({ statusCode: response.statusCode, headers: answered, body: Buffer.from(text) }),
      };
      const request = Object.assign(new EventEmitter(), { method, url: path, headers });
      server.emit('request', request, response);
      request.emit(
        'data',
        typeof body === 'string'
          ? Buffer.from(body)
          : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      );
      request.emit('end');
    });

/** Nothing new is answered after `close`, and it waits for what is under way. */
const closable = (answer: Answer): { readonly answer: Answer; readonly close: () => Promise<void> } => {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  return {
    answer: async request => {
      if (closed) throw new Error('the embedded database is closed');
      const answering = answer(request);
      underWay.add(answering);
      try {
        return await answering;
      } finally {
        underWay.delete(answering);
      }
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
};

/** A DynamoDB in this thread, on disk below `dataDir` or in memory. */
export const openEmbeddedDynamodb = async (dataDir: string): Promise<EmbeddedDynamodb> => {
  const path = dataDir === IN_MEMORY ? null : join(dataDir, 'dynamodb');
  const failed = (error: unknown): EmbeddedDynamodb => {
    const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    const code = cause.code ?? '';
    return {
      kind: code === 'LEVEL_LOCKED' ? 'locked' : 'unusable',
      error: explain(path ?? IN_MEMORY, code, cause.message),
    };
  };
  try {
    if (path !== null) await makeFolder(path);
  } catch (error) {
    return failed(error);
  }
  lastOpened = null;
  const server = dynalite({
    ...(path !== null && { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const database = lastOpened as Level | null;
  try {
    await database?.open();
  } catch (error) {
    return failed(error);
  }
  const { answer, close } = closable(answerWith(server));
  return {
    kind: 'open',
    address: { kind: 'embedded', answer },
    close: async () => {
      await close();
      await database?.close();
    },
  };
};
