import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Keeps nothing on disk. */
export const IN_MEMORY = ':memory:';

/** What lies in a data folder. `log` and `logIndex` are SQLite's. */
export type Files = {
  readonly folder: string;
  readonly database: string;
  readonly log: string;
  readonly logIndex: string;
  readonly witness: string;
};

export const filesIn = (folder: string): Files => {
  const database = join(folder, 'peregrine.db');
  return {
    folder,
    database,
    log: `${database}-wal`,
    logIndex: `${database}-shm`,
    witness: join(folder, 'peregrine.witness'),
  };
};

/** Where versions before 0.2 kept a LevelDB. */
export const levelDbIn = (folder: string): string => join(folder, 'dynamodb');

/** Not `recursive`: that never returns where a folder cannot be made although its parent is there, as in /proc. */
export const makeFolder = (path: string): void => {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path);
  }
};
