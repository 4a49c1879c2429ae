import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { findDamage } from './check-whole.ts';
import type { Files } from './files.ts';
import { drawIncarnation, type Identity, whyAnew } from './incarnation.ts';
import { APPLICATION_ID, createTables, GIVES_BACK, SCHEMA_VERSION } from './schema.ts';
import { readWitness, type Witnessed } from './witness.ts';

export type Prepared =
  | {
      readonly kind: 'ready';
      /** What a person should know of it. */
      readonly notices: readonly string[];
    }
  /** `reason` follows the path in a sentence. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'damaged'; readonly detail: string };

const identityIn = (handle: DatabaseSync): Identity => {
  const row = handle.prepare('SELECT incarnation, commits, copied FROM identity').get();
  const { incarnation, commits, copied } = row as { incarnation: string; commits: number; copied: number };
  return { incarnation, commits, copied: copied === 1 };
};

/** The smallest page that SQLite knows. It would take what is shorter for a new database. */
const LEAST_BYTES = 512;

/** What the file holds without its log; null: nothing that can be read. */
const identityWithoutLog = (path: string): Identity | null => {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  try {
    const handle = new DatabaseSync(url, { readOnly: true });
    try {
      return identityIn(handle);
    } finally {
      handle.close();
    }
  } catch {
    return null;
  }
};

/** SQLite would write the log of the database that stood here into the one that was put in its place. */
const setForeignLogAside = (
  { database, log, logIndex }: Files,
  witnessed: Witnessed | null,
): string | null => {
  if (!existsSync(log)) return null;
  const file = identityWithoutLog(database);
  if (file === null || !witnessed) return null;
  const isForeign =
    file.copied || file.incarnation !== witnessed.incarnation || file.commits < witnessed.emptiedAt;
  if (!isForeign) return null;
  renameSync(log, `${log}.old`);
  rmSync(logIndex, { force: true });
  return `${log} is of the database that was there before: it is set aside as ${log}.old`;
};

const pragma = (handle: DatabaseSync, name: string): number =>
  Number(Object.values(handle.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

const whyForeign = (handle: DatabaseSync): string | null => {
  const version = pragma(handle, 'user_version');
  if (pragma(handle, 'application_id') !== APPLICATION_ID)
    return 'is a database of another program. Move it away, or name another folder.';
  if (version > SCHEMA_VERSION)
    return `was written by a newer version of the monitor (tables ${version}, this one knows ${SCHEMA_VERSION}). Start that version, or name another folder.`;
  return null;
};

/** Also where a first start ended before there were tables. */
const isEmpty = (handle: DatabaseSync): boolean =>
  pragma(handle, 'application_id') === 0 &&
  handle.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0;

type Look = {
  readonly path: string;
  readonly wasThere: boolean;
  readonly witnessed: ReturnType<typeof readWitness>;
  readonly random: () => number;
};

const begin = (handle: DatabaseSync, { path, wasThere, witnessed, random }: Look): Prepared => {
  if (isEmpty(handle)) {
    createTables({ exec: text => handle.exec(text) }, drawIncarnation(random));
    const lost = `${path} was ${wasThere ? 'empty' : 'gone'}: the monitor starts with no states and no history`;
    return { kind: 'ready', notices: witnessed ? [lost] : [] };
  }
  const foreign = whyForeign(handle);
  if (foreign !== null) return { kind: 'refused', reason: foreign };
  const damage = findDamage(handle);
  if (damage !== null) return { kind: 'damaged', detail: damage };
  const why = whyAnew(identityIn(handle), witnessed);
  if (why === null) return { kind: 'ready', notices: [] };
  const incarnation = drawIncarnation(random);
  handle.prepare('UPDATE identity SET incarnation = ?, copied = 0').run(incarnation);
  const notice = `${path}: ${why}. The monitor goes on from its states; new transitions carry "${incarnation}" in their ids`;
  return { kind: 'ready', notices: [notice] };
};

/** Looks at a database before it is used, alone: whoever else has it open makes this throw as SQLITE_BUSY. `opening` is left
 *  in it, so that of two who open it at once the earlier one knows that it has to yield. */
export const prepareDatabase = (
  files: Files,
  { random, opening }: { readonly random: () => number; readonly opening: string },
): Prepared => {
  const path = files.database;
  const witnessed = readWitness(files.witness);
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes && bytes < LEAST_BYTES) return { kind: 'damaged', detail: `it was cut to ${bytes} bytes` };
  const aside = bytes ? setForeignLogAside(files, witnessed) : null;
  const handle = new DatabaseSync(path, { timeout: 0 });
  try {
    if (!bytes) handle.exec(GIVES_BACK);
    handle.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    const prepared = begin(handle, { path, wasThere: bytes !== undefined, witnessed, random });
    if (prepared.kind !== 'ready') return prepared;
    handle.prepare('UPDATE identity SET opening = ?').run(opening);
    // The log of what is adopted must never be taken for a foreign one: from here on it is empty.
    handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return { ...prepared, notices: [...(aside === null ? [] : [aside]), ...prepared.notices] };
  } finally {
    handle.close();
  }
};
