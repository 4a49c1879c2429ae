/** Names and values of field lines. Blanks around a value are not taken off here: a long line with blanks inside would
 *  hold up everything for seconds. */
const LINE = /^([^:\r\n]+):([^\r\n]*)$/gm;

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/** Unlike `trim`, only of spaces and tabs. */
const withoutBlanks = (value: string): string => {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value[start])) start++;
  while (end > start && isBlank(value[end - 1])) end--;
  return value.slice(start, end);
};

/** The first value of a header; `name` in lower case. */
export const headerValue = (fields: string, name: string): string | null => {
  for (const [, found, value] of fields.matchAll(LINE))
    if (found?.length === name.length && found.toLowerCase() === name)
      return value === undefined ? null : withoutBlanks(value);
  return null;
};

/** Lower-case names; repeated ones joined by `, `. */
export const headerMap = (fields: string): { readonly [name: string]: string } => {
  const map: { [name: string]: string } = Object.create(null);
  for (const [, found = '', value = ''] of fields.matchAll(LINE)) {
    const name = found.toLowerCase();
    const text = withoutBlanks(value);
    map[name] = map[name] === undefined ? text : `${map[name]}, ${text}`;
  }
  return map;
};
