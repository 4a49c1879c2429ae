export type FailureKind = 'locked' | 'full' | 'unwritable' | 'no-folder' | 'no-locks' | 'damaged' | 'other';

/** By the primary result codes of https://sqlite.org/rescode.html: those that concern the database, not a statement. */
const primary: ReadonlyMap<number, FailureKind> = new Map([
  [3, 'unwritable'], // PERM
  [5, 'locked'], // BUSY
  [6, 'locked'], // LOCKED
  [7, 'other'], // NOMEM
  [8, 'unwritable'], // READONLY
  [10, 'other'], // IOERR
  [11, 'damaged'], // CORRUPT
  [13, 'full'], // FULL
  [14, 'unwritable'], // CANTOPEN
  [15, 'no-locks'], // PROTOCOL
  [26, 'damaged'], // NOTADB
]);

/** Kinds of IOERR that say more. */
const extended: ReadonlyMap<number, FailureKind> = new Map([
  [2058, 'no-locks'], // IOERR_UNLOCK
  [2314, 'no-locks'], // IOERR_RDLOCK
  [3594, 'no-locks'], // IOERR_CHECKRESERVEDLOCK
  [3850, 'no-locks'], // IOERR_LOCK
  [4618, 'no-locks'], // IOERR_SHMOPEN
  [4874, 'full'], // IOERR_SHMSIZE
  [5130, 'no-locks'], // IOERR_SHMLOCK
  [5386, 'no-locks'], // IOERR_SHMMAP
]);

const ofFiles: ReadonlyMap<string, FailureKind> = new Map([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EACCES', 'unwritable'],
  ['EPERM', 'unwritable'],
  ['EROFS', 'unwritable'],
  ['ENOENT', 'unwritable'],
  ['ENOTDIR', 'no-folder'],
  ['EEXIST', 'no-folder'],
]);

type Failed = Error & { readonly code?: string; readonly errcode?: number; readonly syscall?: string };

/** Null: the error does not concern the database but what was asked of it. */
export const failureOf = (error: unknown): FailureKind | null => {
  const { code, errcode, syscall } = error as Failed;
  if (code === 'ERR_SQLITE_ERROR' && errcode !== undefined)
    return extended.get(errcode) ?? primary.get(errcode & 0xff) ?? null;
  if (code === 'ERR_INVALID_STATE') return 'other';
  return syscall === undefined ? null : (ofFiles.get(code ?? '') ?? 'other');
};

/** What is wrong with a database or its folder, and what to do. `path` is what a person knows it by. */
export const inWords = (path: string, failure: FailureKind, detail: string): string => {
  switch (failure) {
    case 'locked':
      return `${path} is in use by another process. Stop it, or name another folder.`;
    case 'full':
      return `${path} cannot be written: the disk is full. Free some space, or name another folder.`;
    case 'unwritable':
      return `${path} cannot be written (${detail}). Give this user the right to write it, or name another folder.`;
    case 'no-folder':
      return `${path} cannot be a folder: a file is in its place. Move the file away, or name another folder.`;
    case 'no-locks':
      return `${path} is on a file system that does not lock files (${detail}), so two monitors could write it at once. Name a folder on a local disk.`;
    case 'damaged':
      return `${path} is damaged (${detail}). Restore it from a backup, or move it away to start with no states and no history.`;
    case 'other':
      return `${path} cannot be used: ${detail}.`;
    default:
      return failure satisfies never;
  }
};
