import type { Config } from '../../domain/config.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import type { RuleId } from '../../domain/rule.ts';
import { SELF } from '../../domain/self.ts';
import type { Target } from '../../domain/target.ts';
import type { TargetName } from '../../domain/target-name.ts';
import { selfValues } from '../../domain/vitals.ts';
import { type Draft, error, type Path } from '../problem/place.ts';
import { quoted } from '../problem/show.ts';
import { didYouMean } from '../problem/suggest.ts';
import type { EndpointKeys } from '../schema/endpoint-schema.ts';
import { cyclesIn } from './cycles.ts';
import { toId } from './endpoint-id.ts';
import { builtInSelf } from './resolve-endpoint.ts';
import type { ResolvedFile } from './resolve-file.ts';
import type { Resumable } from './resumable.ts';
import { templateProblems } from './templates.ts';

/** One file's part in the whole. `outdated`: the last valid version of a file that is invalid now; it gives way
 *  to the others and what it lacks is left out in silence, for its own problems are reported already. */
export type Part = { readonly file: string; readonly resolved: ResolvedFile; readonly outdated: boolean };

export type Linked = { readonly config: Config; readonly problems: ReadonlyMap<string, readonly Draft[]> };

type Add = (part: Part, drafts: readonly Draft[]) => void;

/** The first holder of each name; every later one is a problem that names both places. */
function* unique<T>(
  parts: readonly Part[],
  things: (part: Part) => readonly T[],
  nameOf: (thing: T) => string,
  clash: (later: T, first: T) => Draft,
  add: Add,
): Resumable<ReadonlyMap<string, T>> {
  const holders = new Map<string, T>();
  for (const part of [...parts.filter(each => !each.outdated), ...parts.filter(each => each.outdated)]) {
    for (const thing of things(part)) {
      const first = holders.get(nameOf(thing));
      if (first === undefined) holders.set(nameOf(thing), thing);
      else if (!part.outdated) add(part, [clash(thing, first)]);
    }
    yield;
  }
  return holders;
}

const endpointClash = (later: Endpoint, first: Endpoint): Draft =>
  error(
    [later.name],
    later.name === first.name
      ? `the endpoint ${quoted(later.name)} is also at ${first.source}`
      : `${quoted(later.name)} has the same id, ${quoted(later.id)}, as ${quoted(first.name)} at ${first.source}`,
    'Rename one of them',
    { onKey: true },
  );

const targetClash = (later: Target, first: Target): Draft =>
  error(
    ['targets', later.name],
    `the target ${quoted(later.name)} is also at ${first.source}`,
    'Rename one of them',
    {
      onKey: true,
    },
  );

const selfClash = (_: Endpoint, { source }: Endpoint): Draft =>
  error(['self'], `self is also at ${source}`, 'Keep one of them', { onKey: true });

type Names = {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly targets: ReadonlyMap<string, Target>;
  /** Whether a file that is ignored now may define the name. */
  readonly mayExist: (name: string) => boolean;
};

const lookUp = (
  kind: 'target' | 'endpoint',
  name: string,
  path: Path,
  known: () => Iterable<string>,
  { mayExist }: Names,
): Draft =>
  mayExist(name)
    ? {
        severity: 'warning',
        path,
        message: `there is no ${kind} ${quoted(name)} while a file that mentions it is ignored`,
        fix: 'Correct that file',
      }
    : error(
        path,
        `there is no ${kind} ${quoted(name)}`,
        didYouMean(name, known(), 'Define it, or remove the name'),
      );

/** Names in one map of keys that nothing has. */
const danglingNames = (keys: EndpointKeys, path: Path, names: Names): readonly Draft[] => [
  ...(keys.targets ?? []).flatMap((target, index) =>
    typeof target !== 'string' || names.targets.has(target)
      ? []
      : [lookUp('target', target, [...path, 'targets', index], () => names.targets.keys(), names)],
  ),
  ...(keys.depends_on ?? []).flatMap((name, index) => {
    const at = [...path, 'depends_on', index];
    const id = toId(name);
    if (path[0] !== 'defaults' && id === toId(String(path[0])))
      return [error(at, `${quoted(name)} depends on itself`, 'Remove it')];
    const known = () => Array.from(names.endpoints.values(), ({ name: each }) => each);
    return id === SELF || names.endpoints.has(id) ? [] : [lookUp('endpoint', name, at, known, names)];
  }),
];

const templatesOf = (
  { resolved: { layers } }: Part,
  values: ReadonlySet<string>,
  names: Names,
): readonly Draft[] => {
  const isValue = (name: string) => values.has(name) || names.mayExist(name);
  return [
    ...layers.targets.flatMap(({ keys, name }) => templateProblems(keys, ['targets', name], isValue, values)),
    ...templateProblems(layers.defaults, ['defaults'], isValue, values),
    ...(layers.defaults.targets ?? []).flatMap((target, index) =>
      typeof target === 'string'
        ? []
        : templateProblems(target, ['defaults', 'targets', index], isValue, values),
    ),
  ];
};

const reportCycles = (parts: readonly Part[], endpoints: ReadonlyMap<string, Endpoint>, add: Add) => {
  const cycles = cyclesIn(endpoints);
  if (cycles.size === 0) return cycles;
  for (const part of parts)
    for (const endpoint of part.resolved.endpoints) {
      const cycle = cycles.get(endpoint.id);
      // An endpoint that depends on itself is reported where it says so.
      if (
        cycle === undefined ||
        cycle.length === 2 ||
        part.outdated ||
        endpoints.get(endpoint.id) !== endpoint
      )
        continue;
      const names = cycle.map(id => endpoints.get(id)?.name ?? id).join(' → ');
      add(part, [
        error(
          [endpoint.name, 'depends_on'],
          `depends_on goes in a circle: ${names}`,
          'Remove one of the names',
        ),
      ]);
    }
  return cycles;
};

/** Leaves out the names that nothing has, and dependencies that would close a circle. */
const tidy = (endpoint: Endpoint, names: Names, isCyclic: boolean): Endpoint => {
  const inline = `${endpoint.id}/`;
  const hasTarget = (name: TargetName) => name.startsWith(inline) || names.targets.has(name);
  const hasEndpoint = (id: RuleId) => id === SELF || names.endpoints.has(id);
  const { dependsOn } = endpoint.rule;
  if (!isCyclic && endpoint.targets.every(hasTarget) && dependsOn.every(hasEndpoint)) return endpoint;
  return {
    ...endpoint,
    targets: endpoint.targets.filter(hasTarget),
    rule: { ...endpoint.rule, dependsOn: isCyclic ? [] : dependsOn.filter(hasEndpoint) },
  };
};

/** Puts all files together: what only several files together can get wrong. */
export function* link(parts: readonly Part[], mayExist: (name: string) => boolean): Resumable<Linked> {
  const problems = new Map<string, Draft[]>(parts.map(({ file }) => [file, []]));
  const add: Add = ({ file }, drafts) => {
    problems.get(file)?.push(...drafts);
  };
  const endpoints = yield* unique(
    parts,
    part => part.resolved.endpoints,
    ({ id }) => id,
    endpointClash,
    add,
  );
  const targets = yield* unique(
    parts,
    part => part.resolved.targets,
    target => target.name,
    targetClash,
    add,
  );
  const selves = yield* unique(
    parts,
    ({ resolved: { self } }) => (self === null ? [] : [self]),
    () => SELF,
    selfClash,
    add,
  );
  const names: Names = { endpoints, targets, mayExist };
  const values = new Set<string>(selfValues);
  for (const { jsonValues } of endpoints.values()) for (const value of jsonValues) values.add(value);

  for (const part of parts) {
    if (part.outdated) continue;
    const { layers } = part.resolved;
    add(part, danglingNames(layers.defaults, ['defaults'], names));
    for (const { keys, name } of layers.endpoints) add(part, danglingNames(keys, [name], names));
    if (layers.self !== null) add(part, danglingNames(layers.self.keys, [SELF], names));
    add(part, templatesOf(part, values, names));
    yield;
  }
  const cycles = reportCycles(parts, endpoints, add);

  const config: { readonly endpoints: Endpoint[]; readonly targets: Target[] } = {
    endpoints: [],
    targets: [],
  };
  const inlineTargets: Target[] = [];
  const take = (endpoint: Endpoint, part?: Part) => {
    config.endpoints.push(tidy(endpoint, names, cycles.has(endpoint.id)));
    inlineTargets.push(...(part?.resolved.inlineTargets.get(endpoint) ?? []));
  };
  for (const part of parts) {
    const { resolved } = part;
    for (const each of resolved.endpoints) if (endpoints.get(each.id) === each) take(each, part);
    config.targets.push(...resolved.targets.filter(target => targets.get(target.name) === target));
    yield;
  }
  const self = selves.get(SELF) ?? builtInSelf;
  take(
    self,
    parts.find(({ resolved }) => resolved.self === self),
  );
  return { config: { ...config, targets: [...config.targets, ...inlineTargets] }, problems };
}
