import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Compiled, compile, type FileVersion } from './compile.ts';
import { findFiles } from './find-files.ts';
import { byPlace, type Problem } from './problem/problem.ts';
import { readBytes, type Source } from './read.ts';
import { inTurns } from './resolve/resumable.ts';
import { decode, MAX_FILE_BYTES } from './yaml/decode.ts';

/** A folder's files, compiled. Pass it to the next `loadFolder` of the same folder. */
export type Loaded = Compiled & { readonly kind: 'loaded' };
export type LoadResult =
  | Loaded
  /** `message` is one clause for a person. */
  | { readonly kind: 'no-folder'; readonly message: string };

const READS_AT_ONCE = 4;

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

const bytesOf = async (path: string): Promise<Bytes> => {
  try {
    const found = await stat(path);
    if (!found.isFile())
      return {
        kind: 'problem',
        problem: problemOf(shown(path), 'error', 'this is not a regular file', 'Remove it'),
      };
    // One byte more than allowed is enough to be refused as too large.
    const isLarge = found.size > MAX_FILE_BYTES;
    return { kind: 'bytes', bytes: isLarge ? new Uint8Array(MAX_FILE_BYTES + 1) : await readFile(path) };
  } catch (error) {
    return { kind: 'problem', problem: cannotRead(shown(path), error) };
  }
};

/** It may have changed since: then the next load, which comes for that, has the right places. */
const textOf = (path: string): string => {
  try {
    return decode(readFileSync(path)).text;
  } catch {
    return '';
  }
};

const toSource = (path: string, found: Bytes, known: ReadonlyMap<string, FileVersion>): Source => {
  const file = shown(path);
  return found.kind === 'bytes'
    ? { file, text: () => textOf(path), read: readBytes(file, found.bytes, known.get(file)?.read) }
    : { file, text: () => '', read: { digest: '', layers: null, problems: [found.problem] } };
};

/** Parses one file at a time: between two of them the checks go on. */
const readAll = async (
  paths: readonly string[],
  known: ReadonlyMap<string, FileVersion>,
): Promise<readonly Source[]> => {
  const sources: Source[] = [];
  for (let at = 0; at < paths.length; at += READS_AT_ONCE) {
    const some = paths.slice(at, at + READS_AT_ONCE);
    for (const [index, found] of (await Promise.all(some.map(bytesOf))).entries()) {
      sources.push(toSource(some[index] ?? '', found, known));
      await setImmediate();
    }
  }
  return sources;
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
  const sources = await readAll(
    found.files.filter(path => path.endsWith('.yml')),
    known,
  );
  const compiled = await inTurns(compile(sources, known));
  const ofFolder = [
    ...found.unreadable.map(({ path, error }) => cannotRead(shown(path), error)),
    ...found.files
      .filter(path => path.endsWith('.yaml'))
      .map(path => problemOf(shown(path), 'warning', 'only *.yml files are read', 'Rename it to .yml')),
  ];
  return { kind: 'loaded', ...compiled, problems: [...compiled.problems, ...ofFolder].sort(byPlace) };
};
