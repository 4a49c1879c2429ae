import type { Scheme } from '../../domain/endpoint.ts';
import { type Draft, error, type Path } from '../problem/place.ts';
import { quoted } from '../problem/show.ts';
import { type EndpointKeys, schemes } from '../schema/endpoint-schema.ts';
import { checkExpression } from '../schema/success-test.ts';
import type { TargetKeys } from '../schema/target-schema.ts';
import { detached } from '../yaml/detached.ts';
import type { Lines } from '../yaml/lines.ts';
import type { Written } from '../yaml/plain-yaml.ts';
import { conflicts } from './definition.ts';
import { hasDestination, inlineKeys, targetProblems } from './resolve-target.ts';

type Entry<Keys> = {
  readonly name: string;
  /** `endpoints/shop.yml:14` */
  readonly source: string;
  readonly keys: Keys;
};

/** What one valid file says, before defaults and other files have a part in it. */
export type Layers = {
  readonly defaults: EndpointKeys;
  readonly endpoints: readonly Entry<EndpointKeys>[];
  readonly targets: readonly Entry<TargetKeys>[];
  readonly self: Entry<EndpointKeys> | null;
};

/** A file's contents, valid by the schema. */
export type FileData = {
  readonly defaults?: EndpointKeys | null | undefined;
  readonly targets?: { readonly [name: string]: TargetKeys } | null | undefined;
  readonly self?: EndpointKeys | null | undefined;
  readonly endpoints: readonly (readonly [name: string, keys: EndpointKeys | null])[];
};

export const toLayers = (file: string, lines: Lines, { top, targets }: Written, data: FileData): Layers => {
  const entry = <Keys>(name: string, keys: Keys, offset: number | undefined): Entry<Keys> => ({
    name,
    source: offset === undefined ? file : detached(`${file}:${lines(offset).line}`),
    keys,
  });
  return {
    defaults: data.defaults ?? {},
    endpoints: data.endpoints.map(([name, keys]) => entry(name, keys ?? {}, top.get(name))),
    targets: Object.entries(data.targets ?? {}).map(([name, keys]) => entry(name, keys, targets.get(name))),
    self: data.self === undefined ? null : entry('self', data.self ?? {}, top.get('self')),
  };
};

const anySchemeTakes = (expression: string, scheme: Scheme | undefined): readonly Draft[] => {
  const checks = (scheme === undefined ? schemes : [scheme]).map(each => checkExpression(each, expression));
  const [first] = checks;
  if (first?.kind !== 'invalid' || checks.some(check => check.kind === 'valid')) return [];
  return [
    error(['defaults', 'success_test'], `success_test: ${first.message}`, first.fix, { skip: first.skip }),
  ];
};

const namedTargetProblems = (keys: TargetKeys, path: Path): readonly Draft[] => [
  ...conflicts(keys, path),
  ...targetProblems(keys, keys, path),
  ...(hasDestination(keys)
    ? []
    : [
        error(
          path,
          `the target ${quoted(String(path.at(-1)))} has no destination`,
          'Add post_endpoint, post_service, recipients or run',
          { onKey: true },
        ),
      ]),
];

const defaultsProblems = (defaults: EndpointKeys): readonly Draft[] => {
  const straight = inlineKeys(defaults);
  const tests = typeof defaults.success_test === 'string' ? [defaults.success_test] : [];
  return [
    ...conflicts(defaults, ['defaults']),
    ...(hasDestination(straight) ? targetProblems(straight, straight, ['defaults']) : []),
    ...(defaults.targets ?? []).flatMap((target, index) =>
      typeof target === 'string' ? [] : namedTargetProblems(target, ['defaults', 'targets', index]),
    ),
    ...tests.flatMap(test => anySchemeTakes(test, defaults.scheme)),
  ];
};

/** What is wrong with a file's defaults and targets, whatever the other files say. */
export const layersProblems = ({ defaults, targets }: Layers): readonly Draft[] => [
  ...defaultsProblems(defaults),
  ...targets.flatMap(({ name, keys }) => namedTargetProblems(keys, ['targets', name])),
];
