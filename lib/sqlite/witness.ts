import { closeSync, constants, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import type { Clock } from '../domain/clock.ts';

/** What a file beside the database says of it. The database itself cannot tell that it is an older copy. */
export type Witnessed = {
  readonly incarnation: string;
  /** As many commits were made. */
  readonly commits: number;
  /** As many were in the database when its log was emptied for the last time: the log that is there now begins there. */
  readonly emptiedAt: number;
  /** When it was written. */
  readonly atMs: number;
};

/** All of it is written over each time: that needs no space. */
const BYTES = 160;
/** From what it says to what the file system says of its last change. */
const MOST_APART_MS = 5000;

/** Null: there is none, or it is not whole. `isTouched`: somebody else wrote it, as whoever restores a folder does. */
export const readWitness = (path: string): (Witnessed & { readonly isTouched: boolean }) | null => {
  try {
    const witnessed = JSON.parse(readFileSync(path, 'utf8')) as Witnessed;
    return { ...witnessed, isTouched: Math.abs(statSync(path).ctimeMs - witnessed.atMs) > MOST_APART_MS };
  } catch {
    return null;
  }
};

export type Witness = {
  /** 3 µs: not waited for until it is on the disk, for after a power failure it may be older than the database. Never
   *  throws: one that cannot be written tells less later. */
  readonly write: (witnessed: Omit<Witnessed, 'atMs'>) => void;
  readonly close: () => void;
};

export const openWitness = (clock: Clock, path: string): Witness => {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT);
  return {
    write: witnessed => {
      const text = JSON.stringify({ ...witnessed, atMs: clock.nowMs() } satisfies Witnessed);
      try {
        writeSync(file, text.padEnd(BYTES - 1).concat('\n'), 0);
      } catch {}
    },
    close: () => closeSync(file),
  };
};
