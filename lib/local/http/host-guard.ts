import { isIP } from 'node:net';

const HOST = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i;

const isLoopback = (name: string): boolean =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name === '::1' ||
  (isIP(name) === 4 && name.startsWith('127.'));

export const isWildcard = (listenHost: string): boolean => listenHost === '0.0.0.0' || listenHost === '::';

/** Whether a `Host` header names this machine. A page elsewhere can point its own name at 127.0.0.1 and read
 *  what is served there (DNS rebinding), so a name must be known; an IP address cannot be rebound. */
export const hostGuard = (
  listenHost: string,
  machineName: string,
): ((header: string | undefined) => boolean) => {
  const names = new Set(
    [listenHost, ...(isWildcard(listenHost) ? [machineName] : [])].map(name => name.toLowerCase()),
  );
  return header => {
    const match = HOST.exec(header ?? '');
    const name = (match?.[1] ?? match?.[2])?.toLowerCase();
    if (name === undefined) return false;
    return isLoopback(name) || names.has(name) || (isWildcard(listenHost) && isIP(name) !== 0);
  };
};

/** Browsers say which page asks; only a page of this very server may. */
export const isForeignOrigin = (origin: string | undefined, host: string | undefined): boolean =>
  origin !== undefined && URL.parse(origin)?.host !== URL.parse(`http://${host}`)?.host;
