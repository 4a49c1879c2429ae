import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export type Children = {
  /** 5 µs. */
  readonly none: () => boolean;
  /** The oldest child's process group; null: there is no child. */
  readonly groupOfOldest: () => number | null;
  readonly close: () => void;
};

const groupOf = (id: number): number | null => {
  try {
    // The name, in parentheses, may hold anything; behind it stand state, parent and group.
    const [, , group] = (readFileSync(`/proc/${id}/stat`, 'latin1').split(') ').at(-1) ?? '').split(' ');
    return Number(group);
  } catch {
    return null;
  }
};

/** Children of a process with one thread. Throws where the kernel does not tell. */
export const childrenOf = (id: number): Children => {
  const file = openSync(`/proc/${id}/task/${id}/children`, 'r');
  const ids = Buffer.alloc(16);
  const read = (): number => {
    try {
      return readSync(file, ids, 0, ids.length, 0);
    } catch {
      // The process itself is gone.
      return 0;
    }
  };
  return {
    none: () => read() === 0,
    groupOfOldest: () => {
      const [oldest] = ids.toString('latin1', 0, read()).split(' ');
      return oldest ? groupOf(Number(oldest)) : null;
    },
    close: () => closeSync(file),
  };
};
