import { createHash } from 'node:crypto';
import { type Document, isMap } from 'yaml';
import type * as z from 'zod';
import { type Draft, keyText, offsetOf } from './problem/place.ts';
import type { Problem } from './problem/problem.ts';
import { type FileData, type Layers, layersProblems, toLayers } from './resolve/layers.ts';
import { quickCheck } from './resolve/quick-check.ts';
import type { EndpointKeys } from './schema/endpoint-schema.ts';
import { fileSchema } from './schema/file-schema.ts';
import { schemaProblems } from './schema/schema-problems.ts';
import { decode } from './yaml/decode.ts';
import { type Lines, linesOf } from './yaml/lines.ts';
import { readPlain, type Written } from './yaml/plain-yaml.ts';
import { parseText, type SyntaxProblem } from './yaml/syntax.ts';
import { toData } from './yaml/to-data.ts';

/** What one version of a file says; `layers` is null where it has an error. */
export type Read = {
  /** Hash of its bytes; empty where they cannot be read. */
  readonly digest: string;
  readonly layers: Layers | null;
  readonly problems: readonly Problem[];
};

/** A file as it stands now. Its text is wanted only where it has a problem, and is read again then: of 100,000
 *  endpoints all texts together are 40 MB. */
export type Source = { readonly file: string; readonly text: () => string; readonly read: Read };

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
export const place = (file: string, text: () => string, drafts: readonly Draft[]): readonly Problem[] =>
  drafts.length === 0 ? [] : placeIn(file, text(), parseText(text()).document, drafts);

const keyOffsets = (map: unknown): ReadonlyMap<string, number> =>
  new Map(
    isMap(map)
      ? map.items.map(({ key }) => [
          keyText(key) ?? '',
          (key as { range?: readonly number[] } | null)?.range?.[0] ?? 0,
        ])
      : [],
  );

const writtenIn = ({ contents }: Document, data: unknown): Written => ({
  data,
  top: keyOffsets(contents),
  targets: keyOffsets(isMap(contents) ? contents.get('targets') : null),
});

const fileDataIn = ({ defaults, targets, self, ...others }: z.infer<typeof fileSchema>): FileData => ({
  defaults,
  targets,
  self,
  endpoints: Object.entries(others as { readonly [name: string]: EndpointKeys | null }),
});

const isError = ({ severity }: Draft) => severity === 'error';

const readText = (file: string, text: string): Omit<Read, 'digest'> => {
  const lines = linesOf(text);
  const invalid = (problems: readonly Problem[]) => ({ layers: null, problems });
  const valid = (written: Written, data: FileData) => {
    const layers = toLayers(file, lines, written, data);
    const drafts = layersProblems(layers);
    return { layers: drafts.some(isError) ? null : layers, problems: place(file, () => text, drafts) };
  };

  const plain = readPlain(text);
  const quick = plain && quickCheck(plain.data ?? {});
  if (plain && quick) return valid(plain, quick);

  const { document, problems: syntaxProblems } = parseText(text);
  if (syntaxProblems.length > 0) return invalid(placeSyntax(file, lines, syntaxProblems));
  const { data, problems: dataProblems } = toData(document, lines);
  if (dataProblems.length > 0) return invalid(placeSyntax(file, lines, dataProblems));
  const parsed = fileSchema.safeParse(data ?? {});
  return parsed.success
    ? valid(writtenIn(document, data), fileDataIn(parsed.data))
    : invalid(placeIn(file, text, document, schemaProblems(parsed.error.issues, data)));
};

/** What a file's bytes say; if they are those of `known`, that. Never throws; an empty file is one without endpoints. */
export const readBytes = (file: string, bytes: Uint8Array, known?: Read): Read => {
  const digest = createHash('sha256').update(bytes).digest('base64');
  if (known?.digest === digest) return known;
  const decoded = decode(bytes);
  const read =
    decoded.kind === 'bad'
      ? { layers: null, problems: placeSyntax(file, linesOf(decoded.text), [decoded]) }
      : readText(file, decoded.text);
  return { digest, ...read };
};
