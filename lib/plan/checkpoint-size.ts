import type { Endpoint } from '../domain/endpoint.ts';
import { CHECKPOINT_ITEM_BYTES, CHECKPOINT_ROW_BYTES } from './assumptions.ts';

const CHUNK_BYTES = 64 * 1024;

/** What a checkpoint of these endpoints is billed for: a write by the KB, a read by 4 KB, each item rounded up. Several
 *  chunks have a head of their own, which is also read before they are written. */
export const checkpointSize = (
  endpoints: readonly Endpoint[],
): { readonly writes: number; readonly reads: number; readonly readsToWrite: number } => {
  const bytes = endpoints.reduce((sum, { id }) => sum + id.length + CHECKPOINT_ROW_BYTES, 0);
  const chunks = Math.max(1, Math.ceil(bytes / CHUNK_BYTES));
  const each = bytes / chunks + CHECKPOINT_ITEM_BYTES;
  const heads = chunks > 1 ? 1 : 0;
  return {
    writes: chunks * Math.ceil(each / 1024) + heads,
    reads: chunks * Math.ceil(each / 4096) + heads,
    readsToWrite: heads,
  };
};
