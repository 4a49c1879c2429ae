/** Answers whether an id comes for the first time, of so many that came last. */
export const firstTime = (remembered: number): ((id: string) => boolean) => {
  const known = new Set<string>();
  return id => {
    if (known.has(id)) return false;
    known.add(id);
    if (known.size > remembered) known.delete(known.values().next().value as string);
    return true;
  };
};
