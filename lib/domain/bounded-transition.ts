import type { Json } from './json.ts';
import type { Transition } from './transition.ts';

/** 50 pending transitions of this size take half of the 400 KB an item may have; a usual one has 0.6 KB. */
export const MAX_TRANSITION_BYTES = 4 * 1024;

/** What texts, values (lists and maps in them too) and labels are cut to, in turn, until the whole is small enough. */
const CUTS = [
  { chars: 1024, entries: 16, labels: 16 },
  { chars: 256, entries: 8, labels: 16 },
  { chars: 256, entries: 0, labels: 16 },
  { chars: 32, entries: 0, labels: 0 },
] as const;
type Cut = (typeof CUTS)[number];

const cutText = (text: string, { chars }: Cut): string =>
  text.length > chars ? `${text.slice(0, chars - 1)}…` : text;

// `Array.isArray` does not narrow readonly arrays.
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const cutJson = (value: Json, cut: Cut): Json => {
  if (typeof value === 'string') return cutText(value, cut);
  if (value === null || typeof value !== 'object') return value;
  const cutItem = (item: Json): Json => cutJson(item, cut);
  return isList(value) ? value.slice(0, cut.entries).map(cutItem) : cutMap(value, cutItem, cut.entries);
};

const cutMap = <Value>(
  map: { readonly [key: string]: Value },
  cutValue: (value: Value) => Value,
  entries: number,
): { readonly [key: string]: Value } =>
  Object.fromEntries(
    Object.entries(map)
      .slice(0, entries)
      .map(([key, value]) => [key, cutValue(value)]),
  );

const cutTransition = (transition: Transition, cut: Cut): Transition => {
  const text = (value: string): string => cutText(value, cut);
  const textOrNull = (value: string | null): string | null => (value === null ? null : text(value));
  const { error, values, subject } = transition;
  return {
    ...transition,
    error: textOrNull(error),
    values: cutMap(values, value => cutJson(value, cut), cut.entries),
    subject: {
      name: text(subject.name),
      group: textOrNull(subject.group),
      labels: cutMap(subject.labels, text, cut.labels),
      description: textOrNull(subject.description),
      runbook: textOrNull(subject.runbook),
    },
  };
};

const fits = (json: string): boolean =>
  json.length * 3 <= MAX_TRANSITION_BYTES || Buffer.byteLength(json) <= MAX_TRANSITION_BYTES;

/** A transition's JSON in `MAX_TRANSITION_BYTES` at most: what is too large loses the ends of its texts first, then
 *  its values, then its labels. Only what is read back from the store is affected. */
export const boundedTransition = (transition: Transition): string => {
  let json = JSON.stringify(transition);
  for (const cut of CUTS) {
    if (fits(json)) break;
    json = JSON.stringify(cutTransition(transition, cut));
  }
  return json;
};
