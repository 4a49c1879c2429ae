import type { Json } from '../../domain/json.ts';
import { commonPlaceholders, placeholdersIn } from '../../domain/template.ts';
import { type Draft, error, type Path } from '../problem/place.ts';
import { quoted } from '../problem/show.ts';
import { didYouMean } from '../problem/suggest.ts';
import { label } from '../schema/schema-problems.ts';
import type { TargetKeys } from '../schema/target-schema.ts';
import { unquotedPlaceholder } from '../schema/values.ts';

const TEMPLATES = [
  'post_headers',
  'post_json_info',
  'data_source',
  'data_detail_type',
  'data_details_json',
  'data_resources',
] as const;

const common: ReadonlySet<string> = new Set(commonPlaceholders);

/** A placeholder that some endpoint's answer gives a value. */
type IsValue = (name: string) => boolean;

const inText = (template: string, path: Path, isValue: IsValue, values: Iterable<string>): readonly Draft[] =>
  placeholdersIn(template)
    .filter(name => !common.has(name) && !/^label\../.test(name) && !isValue(name))
    .map(name => {
      const otherwise = 'Name it in response_json_values, or write "{{" for a literal brace';
      const fix = didYouMean(name, [...commonPlaceholders, ...values], otherwise);
      return error(path, `${label(path)}: ${quoted(`{${name}}`)} is not a placeholder`, fix);
    });

const walk = (template: Json, path: Path, isValue: IsValue, values: Iterable<string>): readonly Draft[] => {
  if (typeof template === 'string') return inText(template, path, isValue, values);
  if (template === null || typeof template !== 'object') return [];
  const unquoted = path.length > 2 ? unquotedPlaceholder(template) : null;
  if (unquoted !== null)
    return [error(path, `${label(path)} is a YAML map, not a placeholder`, `Quote it: "${unquoted}"`)];
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(template)
    ? template.map((item: Json, index) => [index, item] as const)
    : Object.entries(template as { [key: string]: Json });
  return entries.flatMap(([key, value]) => walk(value, [...path, key], isValue, values));
};

/** Every placeholder in a target's keys that no transition could fill. */
export const templateProblems = (
  keys: TargetKeys,
  path: Path,
  isValue: IsValue,
  values: Iterable<string>,
): readonly Draft[] =>
  TEMPLATES.flatMap(key => {
    const template = keys[key];
    return template === undefined ? [] : walk(template, [...path, key], isValue, values);
  });
