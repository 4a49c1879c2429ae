/** Names and values of field lines as they came; a value may go on in the next line. */
const LINE = /^([^:\r\n]+):[ \t]*((?:[^\r\n]|\r\n[ \t])*?)[ \t]*$/gm;

const unfolded = (value: string): string =>
  value.includes('\r') ? value.replace(/[ \t]*\r\n[ \t]+/g, ' ') : value;

/** The first value of a header; `name` in lower case. */
export const headerValue = (fields: string, name: string): string | null => {
  for (const [, found, value] of fields.matchAll(LINE))
    if (found?.length === name.length && found.toLowerCase() === name) return unfolded(value ?? '');
  return null;
};

/** Lower-case names; repeated ones joined by `, `. */
export const headerMap = (fields: string): { readonly [name: string]: string } => {
  const map: { [name: string]: string } = Object.create(null);
  for (const [, found, value] of fields.matchAll(LINE)) {
    const name = (found ?? '').toLowerCase();
    map[name] = map[name] === undefined ? unfolded(value ?? '') : `${map[name]}, ${unfolded(value ?? '')}`;
  }
  return map;
};
