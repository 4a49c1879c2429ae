import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { Endpoint, EndpointId } from '../domain/endpoint.ts';
import type { Jobset, JobsetKind } from '../domain/jobset.ts';
import { isSelf } from '../domain/self.ts';
import { hash } from './grid.ts';
import { kindOf, loadOf, loadOfAll } from './load.ts';
import { selfOf } from './self-of.ts';
import { exceeded, type Resource, type Worker } from './worker-size.ts';

/** An endpoint for which a worker of its own would be too small, and of what it has too little. */
export type TooHeavy = { readonly endpoint: Endpoint; readonly resource: Resource };

export type Packing = {
  /** Loops first, each kind by its number. */
  readonly jobsets: readonly Jobset[];
  readonly tooHeavy: readonly TooHeavy[];
};

/** The endpoints whose hash ends in the `depth` bits of `index`. */
type Bucket = { readonly index: number; readonly depth: number; readonly endpoints: readonly Endpoint[] };

const HASH_BITS = 32;

/** Low bits, because the high ones say when in its interval an endpoint is due. */
const halves = ({ index, depth, endpoints }: Bucket): readonly Bucket[] => {
  const isUpper = ({ id }: Endpoint): boolean => ((hash(id) >>> depth) & 1) === 1;
  return [
    { index, depth: depth + 1, endpoints: endpoints.filter(endpoint => !isUpper(endpoint)) },
    { index: index + 2 ** depth, depth: depth + 1, endpoints: endpoints.filter(isUpper) },
  ];
};

/** Extendible hashing (Fagin and others, 1979) with the names of linear hashing: of a bucket that is split, one half
 *  keeps its number. So one endpoint more moves nothing, or only those of the bucket that it makes too heavy. */
const fitting = (bucket: Bucket, worker: Worker): readonly Bucket[] => {
  const { depth, endpoints } = bucket;
  if (endpoints.length === 0) return [];
  if (endpoints.length === 1 || depth === HASH_BITS) return [bucket];
  return exceeded(loadOfAll(endpoints).needs, worker) === null
    ? [bucket]
    : halves(bucket).flatMap(half => fitting(half, worker));
};

/** `depends_on: [self]` means the monitor that runs the endpoint. */
const dependingOn =
  (self: EndpointId, copy: EndpointId) =>
  (endpoint: Endpoint): Endpoint => {
    const { rule } = endpoint;
    if (!rule.dependsOn.includes(self)) return endpoint;
    return { ...endpoint, rule: { ...rule, dependsOn: rule.dependsOn.map(id => (id === self ? copy : id)) } };
  };

const jobsetOf = (config: Config, kind: JobsetKind, { index, endpoints }: Bucket): Jobset => {
  const id = `${kind}-${index}`;
  const self = config.endpoints.find(isSelf);
  const copy = self && selfOf(self, id, kind);
  const all = copy ? [...endpoints.map(dependingOn(self.id, copy.id)), copy] : endpoints;
  const named = new Set(all.flatMap(({ targets }) => targets));
  return {
    id,
    kind,
    config: { endpoints: all, targets: config.targets.filter(({ name }) => named.has(name)) },
  };
};

/** Divides the endpoints among workers of one size by what they need at worst. One that is too heavy has a jobset of
 *  its own. */
export const packJobsets = (config: Config, worker: Worker): Packing => {
  const endpoints = watchedEndpoints(config);
  const pack = (kind: JobsetKind): readonly Jobset[] => {
    const ofKind = endpoints.filter(endpoint => kindOf(endpoint) === kind);
    return fitting({ index: 0, depth: 0, endpoints: ofKind }, worker)
      .toSorted((a, b) => a.index - b.index)
      .map(bucket => jobsetOf(config, kind, bucket));
  };
  const tooHeavy = endpoints.flatMap(endpoint => {
    const resource = exceeded(loadOf(endpoint).needs, worker);
    return resource === null ? [] : [{ endpoint, resource }];
  });
  return { jobsets: [...pack('loop'), ...pack('burst')], tooHeavy };
};
