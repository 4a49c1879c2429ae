/** A secret's value by the name that files use; null when there is none. */
export type ReadSecret = (name: string) => string | null;
