import type { Place } from './connection.ts';
import { IN_MEMORY } from './files.ts';
import { openHandle } from './handle.ts';
import { createTables } from './schema.ts';

/** A database that is gone when it is closed. */
export const openInMemory = (incarnation: string): Place & { readonly close: () => void } => {
  const handle = openHandle(IN_MEMORY);
  createTables(handle, incarnation);
  return {
    name: 'the database in memory',
    handle: () => handle,
    handleToWrite: () => handle,
    onCommit: () => {},
    makeRoom: () => {},
    close: () => handle.close(),
  };
};
