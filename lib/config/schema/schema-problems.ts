import * as z from 'zod';
import { type Draft, error, type Path } from '../problem/place.ts';
import { quoted, show } from '../problem/show.ts';
import { didYouMean } from '../problem/suggest.ts';
import { endpointSchema } from './endpoint-schema.ts';
import { fileSchema, reservedKeys } from './file-schema.ts';
import { unquotedPlaceholder } from './values.ts';

type Issue = z.core.$ZodIssue;

/** What may hold a secret that was written into the file: messages do not repeat it. */
const SENSITIVE = new Set([
  'basic_auth',
  'bearer_secret',
  'body',
  'headers',
  'post_api_key',
  'post_endpoint',
  'post_headers',
  'queue_url',
  'send',
  'url',
]);

const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, part)
        ? (value as { [key: string]: unknown })[part]
        : undefined,
    data,
  );

/** How a message names a key: without the endpoint or target that it belongs to, `post_api_key.param_in`. */
export const label = (path: Path): string => {
  const inside = path.slice(path[0] === 'targets' ? 2 : 1);
  if (path.length === 0) return 'the file';
  if (inside.length === 0) return quoted(String(path.at(-1)));
  return inside
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
};

const objectsOf = (schema: z.core.$ZodType): readonly z.ZodObject[] => {
  if (schema instanceof z.ZodObject) return [schema];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return objectsOf(schema.unwrap() as z.core.$ZodType);
  return schema instanceof z.ZodUnion ? schema.options.flatMap(objectsOf) : [];
};

const childrenOf = (schema: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return childrenOf(schema.unwrap() as z.core.$ZodType, part);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(option => childrenOf(option, part));
  if (schema instanceof z.ZodArray) return [schema.element as z.core.$ZodType];
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.core.$ZodType];
  if (!(schema instanceof z.ZodObject)) return [];
  const child = (Object.hasOwn(schema.shape, part) ? schema.shape[part] : schema.def.catchall) as
    | z.core.$ZodType
    | undefined;
  return child === undefined ? [] : [child];
};

const keysAt = (path: Path): readonly string[] =>
  path
    .reduce<readonly z.core.$ZodType[]>(
      (schemas, part) => schemas.flatMap(each => childrenOf(each, part)),
      [fileSchema],
    )
    .flatMap(objectsOf)
    .flatMap(object => Object.keys(object.shape));

const FEW = 8;

const unknownKey = (path: Path, key: string): Draft => {
  const known = keysAt(path);
  const otherwise = known.length <= FEW ? `Write ${known.join(', ')}` : 'Remove it';
  return error([...path, key], `${quoted(key)} is not a key here`, didYouMean(key, known, otherwise), {
    onKey: true,
  });
};

/** The branch of a union that was meant: of this kind of value, the one with the fewest issues. */
const meantBranch = (issues: readonly (readonly Issue[])[]): readonly Issue[] | null => {
  const close = issues.filter(
    branch => !branch.some(issue => issue.path.length === 0 && issue.code === 'invalid_type'),
  );
  const fewest = Math.min(...close.map(branch => branch.length));
  const [meant, another] = close.filter(branch => branch.length === fewest);
  return another === undefined ? (meant ?? null) : null;
};

const wrongValue = (path: Path, value: unknown, fix: string): Draft => {
  const name = label(path);
  const placeholder = unquotedPlaceholder(value);
  if (placeholder !== null && path.length > 1)
    return error(path, `${name} is a YAML map, not a placeholder`, `Quote it: "${placeholder}"`);
  const [top, ...inside] = path;
  if (inside.length === 0 && typeof top === 'string' && Object.hasOwn(endpointSchema.shape, top))
    return error(
      path,
      `${quoted(top)} is a key of an endpoint, not an endpoint`,
      "Indent it below an endpoint's name",
      { onKey: true },
    );
  if (path.some(part => SENSITIVE.has(String(part))) && typeof value !== 'object')
    return error(path, `${name} is not valid`, fix.replaceAll(String(value), '…'));
  return error(path, `${name} is ${show(value)}`, fix);
};

const expand = (issue: Issue, data: unknown, base: Path): readonly Draft[] => {
  const path = [...base, ...(issue.path as Path)];
  const value = valueAt(data, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(path, key));
  if (issue.code === 'invalid_key')
    return [
      error(path, `${quoted(String(path.at(-1)))} is not a name here`, issue.issues[0]?.message ?? '', {
        onKey: true,
      }),
    ];
  if (issue.code === 'invalid_type' && issue.expected === 'never')
    return [
      error(
        path,
        reservedKeys.includes(String(path.at(-1)))
          ? issue.message
          : `${path.at(-1)} is not accepted: ${issue.message}`,
        '',
        { onKey: true },
      ),
    ];
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors);
    if (meant !== null) return meant.flatMap(inner => expand(inner, data, path));
  }
  if (value === undefined && path.length > 0) {
    const fix = issue.message.startsWith('Invalid') ? 'Add it' : issue.message;
    return [error(path.slice(0, -1), `${label(path)} is missing`, fix, { onKey: true })];
  }
  if (issue.code === 'custom' && value !== null && typeof value === 'object')
    return [error(path, `${label(path)} is incomplete`, issue.message, { onKey: true })];
  const wrong = wrongValue(path, value, issue.message);
  // Where in the text it is wrong.
  const at: unknown = issue.code === 'custom' ? issue.params?.at : undefined;
  return [typeof at === 'number' ? { ...wrong, skip: at } : wrong];
};

export const schemaProblems = (issues: readonly Issue[], data: unknown): readonly Draft[] =>
  issues.flatMap(issue => expand(issue, data, []));
