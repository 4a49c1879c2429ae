import type { EndpointId } from '../../domain/endpoint.ts';

/** One query parameter: `parse` gives undefined for a text that is not `expected`. */
export type Parameter<T> = {
  readonly parse: (text: string) => T | undefined;
  readonly expected: string;
  readonly absent: T;
};

export type Parameters = { readonly [name: string]: Parameter<unknown> };
export type Values<P extends Parameters> = {
  readonly [name in keyof P]: P[name] extends Parameter<infer T> ? T : never;
};

const listed = (names: readonly string[], word: 'and' | 'or'): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;

const LONGEST_QUOTE = 60;
export const quoted = (text: string): string =>
  JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);

/** Every parameter that was given must be known, given once and valid; else a message that says how to fix it. */
export const readQuery = <P extends Parameters>(
  query: URLSearchParams,
  parameters: P,
):
  | { readonly kind: 'query'; readonly values: Values<P> }
  | { readonly kind: 'invalid'; readonly message: string } => {
  const values = Object.fromEntries(Object.entries(parameters).map(([name, { absent }]) => [name, absent]));
  for (const [name, text] of query) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined) {
      const known = Object.keys(parameters);
      const hint = known.length === 0 ? 'This path takes none.' : `Use ${listed(known, 'or')}.`;
      return { kind: 'invalid', message: `unknown parameter ${quoted(name)}. ${hint}` };
    }
    if (query.getAll(name).length > 1)
      return { kind: 'invalid', message: `${name} is given more than once. Give it once.` };
    const value = parameter.parse(text);
    if (value === undefined)
      return { kind: 'invalid', message: `${name} is ${quoted(text)}. Use ${parameter.expected}.` };
    values[name] = value;
  }
  return { kind: 'query', values: values as Values<P> };
};

export const wholeNumber = (least: number, most: number, absent: number): Parameter<number> => ({
  parse: text => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  },
  expected: `a whole number from ${least} to ${most}`,
  absent,
});

const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
export const endpointId: Parameter<EndpointId | null> = {
  parse: text => (ID.test(text) ? (text as EndpointId) : undefined),
  expected: "an endpoint's id (lower-case letters, digits and dashes), as GET /api/endpoints lists them",
  absent: null,
};

/** Some of `choices`, with commas between; all of them when absent. */
export const someOf = <T extends string>(choices: readonly T[]): Parameter<ReadonlySet<T>> => ({
  parse: text => {
    const chosen = text.split(',').map(name => choices.find(choice => choice === name));
    return chosen.includes(undefined) ? undefined : new Set(chosen as T[]);
  },
  expected: `${listed(choices, 'and')}, or some of them with commas between`,
  absent: new Set(choices),
});
