/** The right to run a jobset. */
export type Lease = {
  readonly jobset: string;
  readonly owner: string;
  /** Fencing token: +1 at each change of owner. */
  readonly epoch: number;
  readonly expiresAtMs: number;
  /** Of the config that the owner runs. */
  readonly configHash: string;
  /** Another worker asks the owner to hand over. */
  readonly handOverRequested: boolean;
};
