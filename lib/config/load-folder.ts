import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { type Compiled, compile, type FileVersion } from './compile.ts';
import { MAX_FILE_BYTES } from './decode.ts';
import { findFiles } from './find-files.ts';
import { byPlace, type Problem } from './problem.ts';
import { readSource, type Source } from './read.ts';

/** A folder's files, compiled. Pass it to the next `loadFolder` of the same folder. */
export type Loaded = Compiled & { readonly kind: 'loaded' };
export type LoadResult =
  | Loaded
  /** `message` is one clause for a person. */
  | { readonly kind: 'no-folder'; readonly message: string };

const READS_AT_ONCE = 16;

/** As the user would write it from where they stand. */
const shown = (path: string): string => {
  const short = relative('', path);
  return (short.startsWith('..') || isAbsolute(short) ? path : short || '.').split(sep).join('/');
};

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? 'unknown error';

const reasons: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'it is a link to itself',
  ENOENT: 'it is a link to nothing, or was just removed',
};

const problemOf = (file: string, severity: Problem['severity'], message: string, fix: string): Problem => ({
  file,
  line: 1,
  col: 1,
  severity,
  message,
  fix,
});

const cannotRead = (file: string, error: unknown): Problem => {
  const code = codeOf(error);
  return problemOf(
    file,
    'error',
    `this cannot be read: ${reasons[code] ?? code}`,
    'Make it readable, or remove it',
  );
};

type Bytes =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'problem'; readonly problem: Problem };

const readBytes = async (path: string, file: string): Promise<Bytes> => {
  try {
    const found = await stat(path);
    if (!found.isFile())
      return {
        kind: 'problem',
        problem: problemOf(file, 'error', 'this is not a regular file', 'Remove it'),
      };
    // One byte more than allowed is enough to be refused as too large.
    const isLarge = found.size > MAX_FILE_BYTES;
    return { kind: 'bytes', bytes: isLarge ? new Uint8Array(MAX_FILE_BYTES + 1) : await readFile(path) };
  } catch (error) {
    return { kind: 'problem', problem: cannotRead(file, error) };
  }
};

const readOne = async (path: string, known: ReadonlyMap<string, FileVersion>): Promise<Source> => {
  const file = shown(path);
  const result = await readBytes(path, file);
  return result.kind === 'bytes'
    ? readSource(file, result.bytes, known.get(file)?.read)
    : { file, text: () => '', read: { digest: '', layers: null, problems: [result.problem] } };
};

const inBatches = async <T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += READS_AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + READS_AT_ONCE).map(run))));
  return results;
};

const noFolder = async (folder: string): Promise<string | null> => {
  const name = shown(folder);
  try {
    return (await stat(folder)).isDirectory() ? null : `${name} is not a folder`;
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT'
      ? `the folder ${name} does not exist`
      : `the folder ${name} cannot be read: ${reasons[code] ?? code}`;
  }
};

/** Reads and compiles every `*.yml` below a folder. With `previous`, files whose text did not change are not
 *  parsed again, and a file that became invalid stays as it last was valid. */
export const loadFolder = async (folder: string, previous?: Loaded): Promise<LoadResult> => {
  const message = await noFolder(folder);
  if (message !== null) return { kind: 'no-folder', message };
  const known: ReadonlyMap<string, FileVersion> = previous?.files ?? new Map();
  const found = await findFiles(folder);
  const reads = await inBatches(
    found.files.filter(path => path.endsWith('.yml')),
    path => readOne(path, known),
  );
  const compiled = compile(reads, known);
  const ofFolder = [
    ...found.unreadable.map(({ path, error }) => cannotRead(shown(path), error)),
    ...found.files
      .filter(path => path.endsWith('.yaml'))
      .map(path => problemOf(shown(path), 'warning', 'only *.yml files are read', 'Rename it to .yml')),
  ];
  return { kind: 'loaded', ...compiled, problems: [...compiled.problems, ...ofFolder].sort(byPlace) };
};
