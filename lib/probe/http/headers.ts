/** Names and values of field lines. */
const LINE = /^([^:\r\n]+):[ \t]*([^\r\n]*?)[ \t]*$/gm;

/** The first value of a header; `name` in lower case. */
export const headerValue = (fields: string, name: string): string | null => {
  for (const [, found, value] of fields.matchAll(LINE))
    if (found?.length === name.length && found.toLowerCase() === name) return value ?? null;
  return null;
};

/** Lower-case names; repeated ones joined by `, `. */
export const headerMap = (fields: string): { readonly [name: string]: string } => {
  const map: { [name: string]: string } = Object.create(null);
  for (const [, found = '', value = ''] of fields.matchAll(LINE)) {
    const name = found.toLowerCase();
    map[name] = map[name] === undefined ? value : `${map[name]}, ${value}`;
  }
  return map;
};
