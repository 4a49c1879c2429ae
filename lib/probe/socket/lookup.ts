import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** `dns.lookup` */
type Lookup = (hostname: string, options: LookupAllOptions, done: Done) => void;

/** The system's lookup, once at a time for each name. It cannot be cancelled and holds one of a few threads
 *  until the resolver gives up, far beyond a check's timeout: without this, checks of one dead name would
 *  take all threads and queue without bound. */
export const createLookup = (lookup: Lookup): LookupFunction => {
  const waiting = new Map<string, Done[]>();
  return (hostname, options, callback) => {
    // With happy eyeballs net asks for all addresses and takes a list.
    const done = callback as unknown as Done;
    const others = waiting.get(hostname);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    const all = [done];
    waiting.set(hostname, all);
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      waiting.delete(hostname);
      for (const each of all) each(error, addresses);
    });
  };
};
