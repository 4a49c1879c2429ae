/** The right to run a jobset. */
export type Lease = {
  readonly jobset: string;
  readonly owner: string;
  /** Fencing token: every acquisition gets a greater one than all before it, of whatever jobset, so that a rule which
   *  moves to another jobset keeps its order. */
  readonly epoch: number;
  readonly expiresAtMs: number;
  /** Hash of the config that the owner runs. */
  readonly configHash: string;
  /** When the owner must end; null: never. */
  readonly deadlineAtMs: number | null;
  /** Another worker asks the owner to hand over. */
  readonly handOverRequested: boolean;
};
