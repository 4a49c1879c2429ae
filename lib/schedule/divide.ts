import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { EndpointId } from '../domain/endpoint.ts';
import type { Jobset } from '../domain/jobset.ts';
import { hash } from './grid.ts';

/** By the low bits of the hash, because the high ones say when in its interval an endpoint is due: so the load of each
 *  is as flat as that of all. */
export const partOf = (id: EndpointId, parts: number): number => hash(id) % parts;

/** All but `self`, divided evenly among the workers of one machine. An endpoint stays where it is while others come and
 *  go. */
export const divide = (config: Config, parts: number): readonly Jobset[] => {
  const endpoints = Map.groupBy(watchedEndpoints(config), ({ id }) => partOf(id, parts));
  return Array.from({ length: parts }, (_, part): Jobset => {
    const mine = endpoints.get(part) ?? [];
    const named = new Set(mine.flatMap(({ targets }) => targets));
    return {
      id: `local-${part}-of-${parts}`,
      kind: 'loop',
      config: { endpoints: mine, targets: config.targets.filter(({ name }) => named.has(name)) },
    };
  });
};
