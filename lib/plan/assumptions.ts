/** What the engine and the stack do, in figures that cost money. Whoever changes them there changes them here. */

const MINUTES = 60 * 24 * 30;
/** 30 days. */
export const MONTH = { minutes: MINUTES, seconds: MINUTES * 60 } as const;

/** A schedule brings one invocation a minute to each jobset. One that finds the jobset held leaves at once. */
export const LEAVE_S = 0.06;

export const loop = {
  renewEveryS: 3,
  checkpointEveryS: 30,
  /** 15 minutes, less the time in which a successor is sure to come. */
  lifeS: 13 * 60,
  /** Both workers live: start of the new one, end of the old one. */
  handOverS: 2,
  /** The epoch from the register, the lease, the request and the release; a checkpoint comes on top. */
  handOverWrites: 4,
} as const;

export const burst = {
  /** Lease, states, checkpoint, metrics and release: about ten calls one after another. */
  callsS: 0.2,
  /** All endpoints are asked at once; so long until the slowest has answered. */
  answersS: 0.25,
  /** The epoch from the register, the lease, the release; the checkpoint comes on top. */
  writes: 3,
  /** The lease; the states and the checkpoint come on top. */
  reads: 1,
} as const;

export const sweep = { memoryMb: 256, seconds: 0.1, readsBesideLeases: 1 } as const;

/** A worker that is used again the next minute keeps the values of secrets so long. */
export const SECRET_KEPT_MINUTES = 10;

/** A row of a checkpoint is the endpoint's id and so much. */
export const CHECKPOINT_ROW_BYTES = 52;
/** Besides the rows: keys, names of attributes, epoch. */
export const CHECKPOINT_ITEM_BYTES = 100;

/** How often the state of a rule that `depends_on` names and another jobset runs is read, one item each. */
export const FOREIGN_READ_EVERY_S = 5;

export const transitions = {
  perEndpoint: 10,
  /** State (2 KB with the transition in it), history (2 KB) and its index (2 KB), acknowledgement (2 KB). */
  writes: 8,
  historyMonths: 3,
  /** In the history and in its index. */
  storedBytes: 3000,
  /** Written by the worker for each of them. */
  logBytes: 1000,
} as const;

/** A worker's start and end. Else the functions log only transitions and what goes wrong, and Lambda itself nothing. */
export const LOG_BYTES_PER_LIFE = 500;

/** LatenessMs; the other metrics of the monitor cost only for the hours in which something is wrong. */
export const MONITOR_METRICS = 1;
/** Without the one on invalid files, which only a deployment has that allows them. */
export const MONITOR_ALARMS = 9;
export const DASHBOARDS = 1;
export const METRICS_PER_CALL = 1000;

/** State, Up and LatencyMs of an endpoint with an aws-cloudwatch target. */
export const ENDPOINT_METRICS = 3;
