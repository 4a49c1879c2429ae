/** What the function that runs jobsets is given. */
export type Worker = { readonly memoryMb: number };

/** What a worker can run out of. */
export const resources = ['cpu', 'sockets', 'memory', 'processes'] as const;
export type Resource = (typeof resources)[number];
/** CPU is the share of one vCPU, memory is in MB, the others are counted. */
export type Needs = { readonly [resource in Resource]: number };

export const workers: readonly Worker[] = [256, 512, 1024, 1769, 3008].map(memoryMb => ({ memoryMb }));

/** A function has one vCPU at so much memory, and less in proportion to less (AWS Lambda: Configure function memory). */
const MB_OF_A_VCPU = 1769;
/** What is left is for hand-overs, storms of transitions and slow answers. */
const USABLE_RATIO = 0.6;
/** RSS of Node 24 with the worker's SDK clients and undici loaded: 87 MB. */
const BASE_MB = 95;
/** Open files for checks, of the 1,024 that Lambda gives: the others are for the AWS clients, and 32 programs at once hold 4 each. */
const SOCKETS = 800;
/** The probe starts at most 32 at once. */
const PROCESSES = 20;

/** A worker is one thread: a second vCPU is of no use to it. */
export const vcpusOf = ({ memoryMb }: Worker): number => Math.min(1, memoryMb / MB_OF_A_VCPU);

/** What a worker's endpoints may need together. */
export const limitsOf = (worker: Worker): Needs => ({
  cpu: USABLE_RATIO * vcpusOf(worker),
  sockets: SOCKETS,
  memory: USABLE_RATIO * worker.memoryMb - BASE_MB,
  processes: PROCESSES,
});

/** The scarcest resource that a worker has too little of; null where it has enough of all. */
export const exceeded = (needs: Needs, worker: Worker): Resource | null => {
  const limits = limitsOf(worker);
  const taken = (resource: Resource): number => needs[resource] / limits[resource];
  const scarcest = resources.reduce((most, one) => (taken(one) > taken(most) ? one : most));
  return taken(scarcest) > 1 ? scarcest : null;
};
