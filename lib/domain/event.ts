/** One fact: dotted lower-case name, one scalar. */
export type Event = {
  readonly name: string;
  readonly value: number | string;
  readonly atMs: number;
};
