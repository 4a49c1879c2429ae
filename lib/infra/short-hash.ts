import { createHash } from 'node:crypto';

/** For ids of constructs, in which a path, an address and others that look alike must stay apart. */
export const shortHash = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 12);
