import type { Endpoint } from '../../domain/endpoint.ts';
import type { Target } from '../../domain/target.ts';
import type { Draft } from '../problem/place.ts';
import type { EndpointKeys } from '../schema/endpoint-schema.ts';
import { inherit } from './inherit.ts';
import type { Layers } from './layers.ts';
import { resolveEndpoint } from './resolve-endpoint.ts';
import { resolveTarget } from './resolve-target.ts';

/** A file's endpoints and targets with every default resolved, before names are looked up in other files. */
export type ResolvedFile = {
  readonly layers: Layers;
  readonly endpoints: readonly Endpoint[];
  readonly self: Endpoint | null;
  readonly targets: readonly Target[];
  /** Targets that endpoints define themselves, `self` included. */
  readonly inlineTargets: ReadonlyMap<Endpoint, readonly Target[]>;
  readonly problems: readonly Draft[];
};

const resolve = (layers: Layers, chain: readonly EndpointKeys[]): ResolvedFile => {
  const defaults = chain.reduce<EndpointKeys>(inherit, {});
  const resolveEntry = ({ name, source, keys }: (typeof layers.endpoints)[number]) =>
    resolveEndpoint({ name, path: [name], source, own: keys, defaults });
  const endpoints = layers.endpoints.map(resolveEntry);
  const self = layers.self === null ? null : resolveEntry(layers.self);
  const all = self === null ? endpoints : [...endpoints, self];
  const withTargets = all.filter(({ targets }) => targets.length > 0);
  return {
    layers,
    endpoints: endpoints.map(({ endpoint }) => endpoint),
    self: self?.endpoint ?? null,
    inlineTargets: new Map(withTargets.map(({ endpoint, targets }) => [endpoint, targets])),
    targets: layers.targets.flatMap(({ name, source, keys }) => resolveTarget(name, source, keys) ?? []),
    problems: all.flatMap(({ problems }) => problems),
  };
};

type Memo = { readonly chain: readonly EndpointKeys[]; readonly resolved: ResolvedFile };
const memos = new WeakMap<Layers, Memo>();

/** `chain`: the defaults that reach the file, farthest first. Remembers its last answer for each file, so that a
 *  reload resolves only what changed. */
export const resolveFile = (layers: Layers, chain: readonly EndpointKeys[]): ResolvedFile => {
  const memo = memos.get(layers);
  if (memo?.chain.length === chain.length && memo.chain.every((each, index) => each === chain[index]))
    return memo.resolved;
  const resolved = resolve(layers, chain);
  memos.set(layers, { chain, resolved });
  return resolved;
};
