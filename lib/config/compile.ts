import { basename, dirname } from 'node:path/posix';
import type { Config } from '../domain/config.ts';
import type { Draft } from './problem/place.ts';
import { byPlace, type Problem } from './problem/problem.ts';
import { place, type Read, type Source } from './read.ts';
import { link, type Part } from './resolve/link.ts';
import { type ResolvedFile, resolveFile } from './resolve/resolve-file.ts';
import type { Resumable } from './resolve/resumable.ts';
import type { EndpointKeys } from './schema/endpoint-schema.ts';

/** A file and, of its versions so far, the last valid one. */
export type FileVersion = { readonly read: Read; readonly valid: ResolvedFile | null };

export type Compiled = {
  readonly config: Config;
  /** By file and place. */
  readonly problems: readonly Problem[];
  /** Files that are ignored or run in an older version. */
  readonly invalidFiles: readonly string[];
  readonly files: ReadonlyMap<string, FileVersion>;
};

type DefaultsOf = (folder: string) => EndpointKeys | null;

/** The defaults that reach a file, farthest first: of `defaults.yml` from the root down, then its own. */
const chainOf = (file: string, own: EndpointKeys, defaultsOf: DefaultsOf): readonly EndpointKeys[] => {
  const folders: string[] = [];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  const inherited = folders.flatMap(folder =>
    basename(file) === 'defaults.yml' && folder === dirname(file) ? [] : (defaultsOf(folder) ?? []),
  );
  return [...inherited, own];
};

const isError = ({ severity }: { readonly severity: Problem['severity'] }) => severity === 'error';

type Round = {
  readonly parts: readonly Part[];
  readonly config: Config;
  readonly drafts: ReadonlyMap<string, readonly Draft[]>;
};

/** Compiles all files but those in `ignored`, which are there in their last valid version or not at all. */
function* compileOnce(
  sources: readonly Source[],
  ignored: ReadonlySet<string>,
  lastValid: (file: string) => ResolvedFile | null,
): Resumable<Round> {
  const byFile = new Map(sources.map(source => [source.file, source]));
  const layersOf = ({ file, read }: Source) =>
    (ignored.has(file) ? lastValid(file)?.layers : read.layers) ?? null;
  const defaultsOf: DefaultsOf = folder => {
    const source = byFile.get(folder === '.' ? 'defaults.yml' : `${folder}/defaults.yml`.replace('//', '/'));
    return source === undefined ? null : (layersOf(source)?.defaults ?? null);
  };
  const parts: Part[] = [];
  for (const { file, read } of sources) {
    const { layers } = read;
    const outdated = ignored.has(file) || layers === null;
    const resolved = outdated
      ? lastValid(file)
      : resolveFile(layers, chainOf(file, layers.defaults, defaultsOf));
    if (resolved !== null) parts.push({ file, outdated, resolved });
    yield;
  }
  const ignoredTexts = sources.filter(({ file }) => ignored.has(file)).map(({ text }) => text());
  const { config, problems } = yield* link(parts, name =>
    ignoredTexts.some(text => text === '' || text.includes(name)),
  );
  const drafts = new Map<string, readonly Draft[]>();
  for (const { file, outdated, resolved } of parts)
    if (!outdated) drafts.set(file, [...resolved.problems, ...(problems.get(file) ?? [])]);
  return { parts, config, drafts };
}

/** Compiles files, in order. A file with an error is ignored as a whole, or stays as it last was valid; because
 *  others may have built on it, everything is then compiled again without it, until no error is left. */
export function* compile(
  sources: readonly Source[],
  previous: ReadonlyMap<string, FileVersion>,
): Resumable<Compiled> {
  const lastValid = (file: string) => previous.get(file)?.valid ?? null;
  const ignored = new Set(sources.filter(({ read }) => read.layers === null).map(({ file }) => file));
  const draftsOfIgnored = new Map<string, readonly Draft[]>();
  let round = yield* compileOnce(sources, ignored, lastValid);
  for (;;) {
    const bad = [...round.drafts].filter(([, drafts]) => drafts.some(isError));
    if (bad.length === 0) break;
    for (const [file, drafts] of bad) {
      ignored.add(file);
      draftsOfIgnored.set(file, drafts);
    }
    round = yield* compileOnce(sources, ignored, lastValid);
  }
  const draftsOf = (file: string) => draftsOfIgnored.get(file) ?? round.drafts.get(file) ?? [];
  const resolvedOf = new Map(round.parts.map(({ file, resolved }) => [file, resolved]));
  return {
    config: round.config,
    problems: sources
      .flatMap(({ file, text, read }) => [...read.problems, ...place(file, text, draftsOf(file))])
      .sort(byPlace),
    invalidFiles: sources.filter(({ file }) => ignored.has(file)).map(({ file }) => file),
    files: new Map(sources.map(({ file, read }) => [file, { read, valid: resolvedOf.get(file) ?? null }])),
  };
}
