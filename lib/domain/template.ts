import type { Json } from './json.ts';

/** What any notification may name, besides `label.<label>` and the endpoint's `response_json_values`. */
export const commonPlaceholders = [
  'name',
  'id',
  'group',
  'state',
  'previous_state',
  'since',
  'previous_duration',
  'error',
  'latency_ms',
  'status_code',
  'transition_id',
  'description',
  'runbook',
  'region',
] as const;

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string };

/** `{{` and `}}` are literal braces; a brace that opens no placeholder stands for itself. */
const PART = /\{\{|\}\}|\{([^{}\s]+)\}|[^{}]+|[{}]/g;

const parseTemplate = (text: string): readonly Part[] =>
  Array.from(text.matchAll(PART), ([match, name]): Part => {
    if (name !== undefined) return { kind: 'placeholder', name };
    return { kind: 'text', text: match === '{{' ? '{' : match === '}}' ? '}' : match };
  });

/** Every placeholder in the strings of `template`, at any depth; map keys are not templates. */
export const placeholdersIn = (template: Json): readonly string[] => {
  if (typeof template === 'string')
    return parseTemplate(template).flatMap(part => (part.kind === 'placeholder' ? [part.name] : []));
  if (template === null || typeof template !== 'object') return [];
  return Object.values(template).flatMap(placeholdersIn);
};

export type Lookup = (placeholder: string) => Json;

const asText = (value: Json): string =>
  value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

export const renderText = (template: string, lookup: Lookup): string =>
  parseTemplate(template)
    .map(part => (part.kind === 'text' ? part.text : asText(lookup(part.name))))
    .join('');

/** A string that is exactly one placeholder keeps its value's type. */
export const renderJson = (template: Json, lookup: Lookup): Json => {
  if (typeof template === 'string') {
    const [part, ...more] = parseTemplate(template);
    return part?.kind === 'placeholder' && more.length === 0
      ? lookup(part.name)
      : renderText(template, lookup);
  }
  if (Array.isArray(template)) return template.map(item => renderJson(item, lookup));
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, renderJson(value, lookup)]));
};
