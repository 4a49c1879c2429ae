import * as z from 'zod';

export type KeyInfo = {
  readonly help: string;
  /** Schemes or destinations that the key is for; absent: all. */
  readonly for?: readonly string[];
  /** In Markdown; absent: the key has none. */
  readonly default?: string;
};

const infos = z.registry<KeyInfo>();

const forText = (names: readonly string[]): string => names.join(', ').replace('http, https', 'http(s)');

const sentences = ({ help, for: names, default: value }: KeyInfo): string =>
  [`${help}.`, names && `For ${forText(names)}.`, value && `Default: ${value}.`].filter(Boolean).join(' ');

/** An optional key of a map, with the text that editors and the reference show. */
export const key = <T extends z.ZodType>(schema: T, info: KeyInfo) => {
  const optional = schema.optional().describe(sentences(info));
  infos.add(optional, info);
  return optional;
};

export const keyInfo = (schema: z.ZodType): KeyInfo | undefined => infos.get(schema);

/** `http(s), exec`. */
export const appliesTo = (info: KeyInfo | undefined, all: string): string =>
  info?.for === undefined ? all : forText(info.for);
