import type { EndpointId } from '../../domain/endpoint.ts';
import type { EndpointStatus, LoopStatus } from '../../engine/measures/status.ts';
import type { History } from '../../engine/ports/history.ts';

export type WorkerUsage = {
  /** From 1. */
  readonly number: number;
  readonly endpoints: number;
  readonly cpuS: number;
  readonly residentBytes: number;
};

/** What the API shows. */
export type Source = {
  readonly version: string;
  readonly status: () => LoopStatus;
  /** Begins anew at each call. Read a few at a time with other work between, so it may change on the way. */
  readonly endpoints: () => Iterable<EndpointStatus> | AsyncIterable<EndpointStatus>;
  readonly endpoint: (id: EndpointId) => EndpointStatus | null | Promise<EndpointStatus | null>;
  readonly history: Pick<History, 'list'>;
  /** The processes that share the endpoints. */
  readonly workers?: () => readonly WorkerUsage[];
};
