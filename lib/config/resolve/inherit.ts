import type { EndpointKeys } from '../schema/endpoint-schema.ts';

type Keys = Partial<EndpointKeys>;

/** Groups of keys of which a closer one sets aside the others. */
export const alternatives: readonly (readonly (keyof EndpointKeys)[])[] = [
  ['interval', 'cron_schedule'],
  ['test', 'test_shell'],
  ['basic_auth', 'bearer_secret'],
  ['post_endpoint', 'post_service', 'recipients', 'run'],
];

const merged: ReadonlySet<string> = new Set(['labels', 'post_json_info', 'data_details_json']);
/** Their names are the same in upper and lower case. */
const mergedHeaders: ReadonlySet<string> = new Set(['headers', 'post_headers']);

type Map = { readonly [key: string]: unknown };

const mergeHeaders = (far: Map, close: Map): Map => {
  const taken = new Set(Object.keys(close).map(name => name.toLowerCase()));
  return {
    ...Object.fromEntries(Object.entries(far).filter(([name]) => !taken.has(name.toLowerCase()))),
    ...close,
  };
};

/** The closest value wins, key by key; maps merge, lists replace. */
export const inherit = (far: Keys, close: Keys): Keys => {
  const setAside = alternatives.filter(group => group.some(key => close[key] !== undefined)).flat();
  const result: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(far))
    if (!setAside.includes(key as keyof EndpointKeys)) result[key] = value;
  for (const [key, value] of Object.entries(close)) {
    const inherited = result[key] as Map | undefined;
    if (inherited === undefined) result[key] = value;
    else if (mergedHeaders.has(key)) result[key] = mergeHeaders(inherited, value as Map);
    else result[key] = merged.has(key) ? { ...inherited, ...(value as Map) } : value;
  }
  return result as Keys;
};
