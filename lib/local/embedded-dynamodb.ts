import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DynamodbAddress, Perform } from '../aws/dynamodb-client.ts';
import { systemClock } from '../domain/clock.ts';
import { compactWhenQuiet } from './compaction.ts';
import { createDynalite } from './dynalite.ts';

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

/** Nothing new is performed after `close`, and it waits for what is under way. */
const closable = (perform: Perform): { readonly perform: Perform; readonly close: () => Promise<void> } => {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  return {
    perform: async (operation, input) => {
      if (closed) throw new Error('the embedded database is closed');
      const performing = perform(operation, input);
      underWay.add(performing);
      try {
        return await performing;
      } finally {
        underWay.delete(performing);
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
  const dynalite = createDynalite(path);
  const { database } = dynalite;
  try {
    await database?.open();
  } catch (error) {
    return failed(error);
  }
  const { perform, close } = closable(dynalite.perform);
  const closing = new AbortController();
  const compaction =
    database &&
    path !== null &&
    compactWhenQuiet({ clock: systemClock, signal: closing.signal }, database, path);
  return {
    kind: 'open',
    address: { kind: 'embedded', perform },
    close: async () => {
      closing.abort();
      await close();
      await compaction;
      await database?.close();
    },
  };
};
