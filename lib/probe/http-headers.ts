/** Names and values in turn, as they came. */
export type RawHeaders = readonly Buffer[];

/** The first value of a header; `name` in lower case. */
export const headerValue = (raw: RawHeaders, name: string): string | null => {
  for (let index = 0; index < raw.length; index += 2) {
    const key = raw[index];
    // Most names differ in length already: this runs for each answer.
    if (key?.length === name.length && key.toString('latin1').toLowerCase() === name)
      return raw[index + 1]?.toString('latin1') ?? null;
  }
  return null;
};

/** Lower-case names; repeated ones joined by `, `. */
export const headerMap = (raw: RawHeaders): { readonly [name: string]: string } => {
  const map: { [name: string]: string } = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as Buffer).toString('latin1').toLowerCase();
    const value = (raw[index + 1] as Buffer).toString('latin1');
    map[name] = map[name] === undefined ? value : `${map[name]}, ${value}`;
  }
  return map;
};
