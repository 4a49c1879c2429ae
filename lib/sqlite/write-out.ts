import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Files } from './files.ts';
import { makeFolder } from './files.ts';

const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Writes all that a database holds now into a new file, which is whole and on the disk once it has its name. What is
 *  written to the database meanwhile is not in it. */
export const writeCopy = (
  exec: (text: string) => void,
  path: string,
  finish: (unfinished: string) => void = () => {},
): void => {
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
    exec(`VACUUM INTO '${unfinished.replaceAll("'", "''")}'`);
    finish(unfinished);
    sync(unfinished);
    renameSync(unfinished, path);
    sync(dirname(path));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
};

const assertUnused = (path: string): void => {
  const found = new DatabaseSync(path, { timeout: 0 });
  try {
    found.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
  } catch (error) {
    // What is no database is used by nobody.
    if ((error as { readonly errcode?: number }).errcode === 5) throw error;
  } finally {
    found.close();
  }
};

/** Puts a database whose files were deleted or replaced while it was open into its folder again: whoever has a file open
 *  can still read it. What was put in its place is set aside, unless another process uses it. `isInPlace`: only the other
 *  files are gone. */
export const writeBack = (exec: (text: string) => void, files: Files, isInPlace: boolean): void => {
  const { folder, database, log, logIndex } = files;
  makeFolder(folder);
  if (!isInPlace && existsSync(database)) {
    assertUnused(database);
    renameSync(database, `${database}.found`);
  }
  for (const path of [log, logIndex]) rmSync(path, { force: true });
  writeCopy(exec, database);
};
