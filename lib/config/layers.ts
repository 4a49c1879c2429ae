import { type Document, isMap } from 'yaml';
import type { Scheme } from '../domain/endpoint.ts';
import { decode } from './decode.ts';
import { conflicts } from './definition.ts';
import { type EndpointKeys, schemes } from './endpoint-schema.ts';
import { fileSchema, reservedKeys } from './file-schema.ts';
import { type Lines, linesOf } from './lines.ts';
import { type Draft, error, keyText, offsetOf, type Path } from './place.ts';
import type { Problem } from './problem.ts';
import { hasDestination, inlineKeys, targetProblems } from './resolve-target.ts';
import { schemaProblems } from './schema-problems.ts';
import { quoted } from './show.ts';
import { checkExpression } from './success-test.ts';
import { parseText, type SyntaxProblem } from './syntax.ts';
import type { TargetKeys } from './target-schema.ts';
import { toData } from './to-data.ts';

type Entry<Keys> = {
  readonly name: string;
  readonly path: Path;
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

/** One file as it was read; `layers` is null where it has an error. */
export type Read = {
  readonly file: string;
  readonly text: string;
  readonly layers: Layers | null;
  readonly problems: readonly Problem[];
};

const MAX_PROBLEMS = 100;

/** To find a place takes time in the size of the file: the first hundred problems are enough. */
const placed = <T>(all: readonly T[], placeOne: (one: T) => Problem): readonly Problem[] => {
  const problems = all.slice(0, MAX_PROBLEMS).map(placeOne);
  const last = problems.at(-1);
  if (last === undefined || all.length <= MAX_PROBLEMS) return problems;
  const message = `there are ${all.length - MAX_PROBLEMS} more problems in this file`;
  return [...problems, { ...last, message, fix: 'Solve the ones above first' }];
};

const placeSyntax = (file: string, lines: Lines, problems: readonly SyntaxProblem[]): readonly Problem[] =>
  placed(problems, ({ offset, message, fix }) => ({
    file,
    ...lines(offset),
    severity: 'error',
    message,
    fix,
  }));

const placeIn = (
  file: string,
  text: string,
  document: Document,
  drafts: readonly Draft[],
): readonly Problem[] => {
  if (drafts.length === 0) return [];
  const lines = linesOf(text);
  const errorsFirst = drafts.toSorted(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
  );
  return placed(errorsFirst, draft => ({
    file,
    ...lines(offsetOf(document, text, draft)),
    severity: draft.severity,
    message: draft.message,
    fix: draft.fix,
  }));
};

/** Drafts with their lines. Parses the text again: of a file without problems no position is ever needed. */
export const place = (file: string, text: string, drafts: readonly Draft[]): readonly Problem[] =>
  drafts.length === 0 ? [] : placeIn(file, text, parseText(text).document, drafts);

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

type FileData = {
  readonly defaults?: EndpointKeys | null;
  readonly targets?: { readonly [name: string]: TargetKeys } | null;
  readonly self?: EndpointKeys | null;
};

const sourcesIn = (file: string, map: unknown, lines: Lines): ReadonlyMap<string, string> =>
  new Map(
    isMap(map)
      ? map.items.map(({ key }) => [
          keyText(key) ?? '',
          `${file}:${lines((key as { range?: readonly number[] } | null)?.range?.[0] ?? 0).line}`,
        ])
      : [],
  );

const toLayers = (file: string, text: string, document: Document, data: FileData): Layers => {
  const lines = linesOf(text);
  const contents = document.contents;
  const top = sourcesIn(file, contents, lines);
  const inTargets = sourcesIn(file, isMap(contents) ? contents.get('targets') : null, lines);
  const endpoints = Object.entries(data as { readonly [name: string]: EndpointKeys | null })
    .filter(([name]) => !reservedKeys.includes(name))
    .map(([name, keys]) => ({ name, path: [name], source: top.get(name) ?? file, keys: keys ?? {} }));
  return {
    defaults: data.defaults ?? {},
    endpoints,
    targets: Object.entries(data.targets ?? {}).map(([name, keys]) => ({
      name,
      path: ['targets', name],
      source: inTargets.get(name) ?? file,
      keys,
    })),
    self:
      data.self === undefined
        ? null
        : { name: 'self', path: ['self'], source: top.get('self') ?? file, keys: data.self ?? {} },
  };
};

/** Reads one file's bytes. Never throws; an empty file is one without endpoints. */
export const readLayers = (file: string, bytes: Uint8Array): Read => {
  const decoded = decode(bytes);
  const { text } = decoded;
  const lines = linesOf(text);
  const invalid = (problems: readonly Problem[]): Read => ({
    file,
    text,
    layers: null,
    problems,
  });
  if (decoded.kind === 'bad') return invalid(placeSyntax(file, lines, [decoded]));

  const { document, problems: syntaxProblems } = parseText(text);
  if (syntaxProblems.length > 0) return invalid(placeSyntax(file, lines, syntaxProblems));
  const { data, problems: dataProblems } = toData(document, lines);
  if (dataProblems.length > 0) return invalid(placeSyntax(file, lines, dataProblems));

  const parsed = fileSchema.safeParse(data ?? {});
  if (!parsed.success)
    return invalid(placeIn(file, text, document, schemaProblems(parsed.error.issues, data)));
  const layers = toLayers(file, text, document, parsed.data as FileData);
  const drafts = [
    ...defaultsProblems(layers.defaults),
    ...layers.targets.flatMap(({ keys, path }) => namedTargetProblems(keys, path)),
  ];
  const problems = placeIn(file, text, document, drafts);
  const isValid = problems.every(({ severity }) => severity !== 'error');
  return { file, text, layers: isValid ? layers : null, problems };
};
