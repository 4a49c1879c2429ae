import { type Compiled, compile, type FileVersion } from '../../lib/config/compile.ts';
import { formatProblem } from '../../lib/config/problem/problem.ts';
import { readBytes } from '../../lib/config/read.ts';
import { atOnce } from '../../lib/config/resolve/resumable.ts';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import type { Target } from '../../lib/domain/target.ts';

/** Texts by file name; keys are sorted as the folder would be. */
export type Files = { readonly [file: string]: string };

export const compileFiles = (files: Files, previous?: Compiled): Compiled => {
  const known: ReadonlyMap<string, FileVersion> = previous?.files ?? new Map();
  const sources = Object.keys(files)
    .sort()
    .map(file => {
      const text = files[file] ?? '';
      return { file, text: () => text, read: readBytes(file, Buffer.from(text), known.get(file)?.read) };
    });
  return atOnce(compile(sources, known));
};

export const said = ({ problems }: Compiled): readonly string[] => problems.map(formatProblem);

const valid = (text: string): Compiled => {
  const compiled = compileFiles({ 'shop.yml': text });
  if (compiled.problems.length > 0) throw new Error(said(compiled).join('\n'));
  return compiled;
};

/** The first endpoint of a valid file. */
export const endpointOf = (text: string): Endpoint => {
  const [endpoint] = valid(text).config.endpoints;
  if (endpoint === undefined) throw new Error('there is always self');
  return endpoint;
};

export const targetsOf = (text: string): readonly Target[] => valid(text).config.targets;

export const named = ({ config }: Compiled, name: string): Endpoint => {
  const endpoint = config.endpoints.find(each => each.name === name);
  if (endpoint === undefined) throw new Error(`no endpoint ${name}`);
  return endpoint;
};
