import { statSync } from 'node:fs';
import type { Clock } from '../domain/clock.ts';
import type { Place } from './connection.ts';
import type { Files } from './files.ts';
import { type Handle, openHandle } from './handle.ts';
import { openWitness } from './witness.ts';
import { emptyLog, keepLogSmall } from './write-ahead-log.ts';
import { writeBack } from './write-out.ts';

const identityOf = (path: string): string | null => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
};

const identitiesOf = ({ database, log, logIndex }: Files): string =>
  [database, log, logIndex].map(identityOf).join();

type OnDiskDeps = {
  readonly clock: Clock;
  readonly incarnation: string;
  readonly onNotice: (notice: string) => void;
};

/** Keeps a database in its files; its log was empty before `first` was opened. Before each commit it looks whether the
 *  files are still there (8 µs), so that nothing is acknowledged that only a deleted file holds. Files that went are
 *  written again from what is open, as soon as that can be; until then each commit fails. */
export const keepOnDisk = (
  { clock, incarnation, onNotice }: OnDiskDeps,
  files: Files,
  first: Handle,
): Place & { readonly close: () => void } => {
  let handle: Handle | null = first;
  let expected = identitiesOf(files);
  let witness = openWitness(clock, files.witness);
  let commits = Number(first.sql('SELECT commits FROM identity').get()?.commits);
  let emptiedAt = commits;

  const testify = (): void => witness.write({ incarnation, commits, emptiedAt });
  const onEmptied = (): void => {
    emptiedAt = commits;
    testify();
  };
  const keepLog = keepLogSmall(files, onEmptied);
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
    const isInPlace = identityOf(files.database) === expected.split(',')[0];
    writeBack(open.exec, files, isInPlace);
    // It removes the log by its name as it closes: that must not be the new one.
    handle = null;
    open.close();
    const opened = reopen();
    onNotice(`${files.database} was deleted or replaced: it was written again, and nothing is lost`);
    return opened;
  };

  return {
    name: files.database,
    handle: () => handle ?? reopen(),
    handleToWrite: () => {
      if (handle === null) return reopen();
      return identitiesOf(files) === expected ? handle : replaceFiles(handle);
    },
    onCommit: (sql, now) => {
      commits = now;
      testify();
      keepLog(sql);
    },
    makeRoom: () => {
      try {
        if (handle !== null && emptyLog(handle.sql)) onEmptied();
      } catch {
        // There is no space for that either.
      }
    },
    close: () => {
      handle?.close();
      witness.close();
    },
  };
};
