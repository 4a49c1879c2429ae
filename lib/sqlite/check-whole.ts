import type { DatabaseSync } from 'node:sqlite';

/** What a state or an id depends on. */
const SMALL_TABLES = ['identity', 'rule', 'pending', 'checkpoint', 'checkpoint_part', 'lease', 'jobset'];
/** A second. */
const MOST_BYTES = 256 * 1024 * 1024;
const NEWEST = 10_000;

const quickCheck = (handle: DatabaseSync, table: string): string | null => {
  const row = handle.prepare(`PRAGMA quick_check${table && `(${table})`}`).get();
  const [found] = Object.values(row ?? {});
  return found === 'ok' ? null : String(found).split('\n').join('; ');
};

const bytesOf = (handle: DatabaseSync): number => {
  const { bytes } = handle
    .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
    .get() as { readonly bytes: number };
  return bytes;
};

/** Looks whether a database is whole, and says what is not; throws where it cannot even be looked at. Of a large one only
 *  the newest part of the history is looked at: what is damaged before that fails when it is listed, and takes no state
 *  back. */
export const findDamage = (handle: DatabaseSync): string | null => {
  if (bytesOf(handle) <= MOST_BYTES) return quickCheck(handle, '');
  for (const table of SMALL_TABLES) {
    const damage = quickCheck(handle, table);
    if (damage !== null) return damage;
  }
  handle
    .prepare(`SELECT sum(length(transition_json)) FROM (SELECT transition_json FROM history
    ORDER BY at_ms DESC LIMIT ${NEWEST})`)
    .get();
  return null;
};
