export type Lines = (offset: number) => { readonly line: number; readonly col: number };

/** Line and column, both from 1, of an offset: one pass over the text, then a binary search each. */
export const linesOf = (text: string): Lines => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return offset => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, col: offset - (starts[low] ?? 0) + 1 };
  };
};
