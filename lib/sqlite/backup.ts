import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { failureOf, inWords } from './failure.ts';
import { filesIn } from './files.ts';
import { APPLICATION_ID } from './schema.ts';
import { writeCopy } from './write-out.ts';

export type BackedUp =
  | { readonly kind: 'written'; readonly bytes: number }
  /** `error` says what to do. */
  | { readonly kind: 'failed'; readonly error: string };

const failed = (error: string): BackedUp => ({ kind: 'failed', error });

/** While a monitor starts it has the database for itself. */
const WAIT_MS = 5000;

/** So that whoever starts with it knows that versions may come again. */
const markAsCopy = (path: string): void => {
  const copy = new DatabaseSync(path);
  try {
    copy.exec('UPDATE identity SET copied = 1');
  } finally {
    copy.close();
  }
};

const inWordsOf = (path: string, error: unknown): string =>
  inWords(path, failureOf(error) ?? 'other', (error as Error).message);

/** Copies the database of a data folder, as it was at one moment, into a new file. It reads beside a monitor that runs and
 *  holds up none of its saves; until it is through, the monitor's log grows. */
export const backUp = (dataDir: string, file: string): BackedUp => {
  const { database } = filesIn(dataDir);
  if (!existsSync(database))
    return failed(`there is no database in ${dataDir}. Name the folder that npm start uses: --data DIR.`);
  if (existsSync(file)) return failed(`${file} is already there. Name another file, or move it away.`);
  let source: DatabaseSync;
  try {
    source = new DatabaseSync(database, { timeout: WAIT_MS });
  } catch (error) {
    return failed(inWordsOf(database, error));
  }
  try {
    if (source.prepare('PRAGMA application_id').get()?.application_id !== APPLICATION_ID)
      return failed(`${database} is a database of another program.`);
  } catch (error) {
    source.close();
    return failed(inWordsOf(database, error));
  }
  try {
    writeCopy(text => source.exec(text), file, markAsCopy);
    return { kind: 'written', bytes: statSync(file).size };
  } catch (error) {
    return failed(inWordsOf(file, error));
  } finally {
    source.close();
  }
};
