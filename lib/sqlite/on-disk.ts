import { statSync } from 'node:fs';
import type { Clock } from '../domain/clock.ts';
import type { Files } from './files.ts';
import { type Handle, openHandle } from './handle.ts';
import type { Sql } from './statements.ts';
import { openWitness } from './witness.ts';
import { keepLogSmall } from './write-ahead-log.ts';
import { writeBack } from './write-out.ts';

const identityOf = (path: string): string | null => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
};

const identitiesOf = ({ database, log, logIndex }: Files): string =>
  [database, log, logIndex].map(identityOf).join();

export type OnDisk = {
  /** The database as it is open now, with its files where they belong; throws while they cannot be there. */
  readonly handle: () => Handle;
  readonly onCommit: (sql: Sql, commits: number) => void;
  readonly close: () => void;
};

type OnDiskDeps = {
  readonly clock: Clock;
  readonly incarnation: string;
  /** Before `first` was opened all was in the database itself. */
  readonly logWasEmpty: boolean;
  readonly onNotice: (notice: string) => void;
};

/** Keeps a database in its files: before each commit it looks whether they are still there (8 µs), so that nothing is
 *  acknowledged that only a deleted file holds. Files that went are written again from what is open, as soon as that can
 *  be; until then each commit fails. */
export const keepOnDisk = (
  { clock, incarnation, logWasEmpty, onNotice }: OnDiskDeps,
  files: Files,
  first: Handle,
): OnDisk => {
  let handle: Handle | null = first;
  let expected = identitiesOf(files);
  let witness = openWitness(clock, files.witness);
  let commits = Number(first.sql('SELECT commits FROM identity').get()?.commits);
  let emptiedAt = logWasEmpty ? commits : 0;

  const testify = (): void => witness.write({ incarnation, commits, emptiedAt });
  const keepLog = keepLogSmall(files, () => {
    emptiedAt = commits;
    testify();
  });

  testify();

  const reopen = (): Handle => {
    const opened = openHandle(files.database);
    opened.sql('SELECT incarnation FROM identity').get();
    handle = opened;
    expected = identitiesOf(files);
    witness.close();
    witness = openWitness(clock, files.witness);
    testify();
    return opened;
  };

  const replaceFiles = (open: Handle): Handle => {
    writeBack(open.exec, files);
    // It removes the log by its name as it closes: that must not be the new one.
    handle = null;
    open.close();
    const opened = reopen();
    onNotice(`${files.database} was deleted or replaced: it was written again, and nothing is lost`);
    return opened;
  };

  return {
    handle: () => {
      if (handle === null) return reopen();
      return identitiesOf(files) === expected ? handle : replaceFiles(handle);
    },
    onCommit: (sql, now) => {
      commits = now;
      testify();
      keepLog(sql);
    },
    close: () => {
      handle?.close();
      witness.close();
    },
  };
};
