import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Clock } from '../domain/clock.ts';
import type { History } from '../engine/ports/history.ts';
import type { LeaseStore } from '../engine/ports/lease-store.ts';
import type { RuleStore } from '../engine/ports/rule-store.ts';
import { createCommits } from './commits.ts';
import { connectionTo, type Place } from './connection.ts';
import type { Database } from './database.ts';
import { failureOf, inWords } from './failure.ts';
import { type Files, filesIn, IN_MEMORY, levelDbIn, makeFolder } from './files.ts';
import { openHandle } from './handle.ts';
import { createHistory, removeExpiredHistory } from './history.ts';
import { openInMemory } from './in-memory.ts';
import { drawIncarnation } from './incarnation.ts';
import { createLeaseStore, releaseAbandonedLease } from './lease-store.ts';
import { keepOnDisk } from './on-disk.ts';
import { type Prepared, prepareDatabase } from './prepare.ts';
import { createRuleStore } from './rule-store.ts';

export type OpenStore = {
  readonly kind: 'open';
  /** Travels in the ids of transitions: after versions that may come again it is another. */
  readonly incarnation: string;
  /** What was noticed when it was opened, for a person. */
  readonly notices: readonly string[];
  readonly store: RuleStore;
  readonly leases: LeaseStore;
  readonly history: History;
  /** Frees the lease of a process that died: nobody else has this database open. */
  readonly releaseAbandonedLease: (jobset: string, signal: AbortSignal) => Promise<void>;
  readonly removeExpired: (signal: AbortSignal) => Promise<number>;
  /** Answers what was asked for and frees the folder. */
  readonly close: () => void;
};

/** `error` says what is wrong with the folder and what to do. */
export type Unopened = { readonly kind: 'locked' | 'unusable'; readonly error: string };

export type OpenStoreDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  /** Hears what happens to the files while the store is open. */
  readonly onNotice: (notice: string) => void;
};

/** A backup holds a database for as long as it takes to copy; a monitor holds it for good. */
const LOCKED = { looks: 20, apartMs: 100 };

const storesOn = (db: Database, clock: Clock) => ({
  store: createRuleStore(db),
  leases: createLeaseStore(db),
  history: createHistory({ db, clock }),
  releaseAbandonedLease: releaseAbandonedLease(db),
  removeExpired: removeExpiredHistory({ db, clock }),
});

const storeAt = (
  place: Place & { readonly close: () => void },
  clock: Clock,
  known: Pick<OpenStore, 'incarnation' | 'notices'>,
): OpenStore => {
  const commits = createCommits(connectionTo(place));
  return {
    kind: 'open',
    ...known,
    ...storesOn(commits.database, clock),
    close: () => {
      commits.end();
      place.close();
    },
  };
};

const unopened = (path: string, error: unknown): Unopened => {
  const failure = failureOf(error) ?? 'other';
  return {
    kind: failure === 'locked' ? 'locked' : 'unusable',
    error: inWords(path, failure, (error as Error).message),
  };
};

type Identified = { readonly incarnation: string; readonly opening: string };

const openFiles = (
  deps: OpenStoreDeps,
  files: Files,
  prepare: () => Prepared,
  opening: string,
): OpenStore | Unopened => {
  const path = files.folder;
  const prepared = prepare();
  if (prepared.kind === 'refused') return { kind: 'unusable', error: `${files.database} ${prepared.reason}` };
  if (prepared.kind === 'damaged')
    return { kind: 'unusable', error: inWords(files.database, 'damaged', prepared.detail) };

  const handle = openHandle(files.database);
  const found = handle.sql('SELECT incarnation, opening FROM identity').get() as Identified;
  if (found.opening !== opening) {
    handle.close();
    return { kind: 'locked', error: inWords(path, 'locked', '') };
  }
  const { incarnation } = found;
  const place = keepOnDisk({ ...deps, incarnation }, files, handle);
  return storeAt(place, deps.clock, { incarnation, notices: prepared.notices });
};

/** The stores of one machine, in SQLite: on disk below `dataDir` or in memory. */
export const openStore = async (deps: OpenStoreDeps, dataDir: string): Promise<OpenStore | Unopened> => {
  if (dataDir === IN_MEMORY) {
    const incarnation = drawIncarnation(deps.random);
    return storeAt(openInMemory(incarnation), deps.clock, { incarnation, notices: [] });
  }
  const files = filesIn(dataDir);
  const old = levelDbIn(dataDir);
  try {
    makeFolder(dataDir);
    if (existsSync(old))
      return {
        kind: 'unusable',
        error: `${old} was written by an older version of the monitor. Move it away to start with no states and no history, or name another folder.`,
      };
    for (let look = 1; ; look++) {
      const opening = randomUUID();
      try {
        return openFiles(deps, files, () => prepareDatabase(files, { ...deps, opening }), opening);
      } catch (error) {
        if (failureOf(error) !== 'locked' || look === LOCKED.looks) throw error;
        await deps.clock.sleep(LOCKED.apartMs);
      }
    }
  } catch (error) {
    return unopened(dataDir, error);
  }
};
