import type { Endpoint } from '../../domain/endpoint.ts';
import type { CheckReport } from '../../engine/events/observer.ts';
import type { EndpointStatus } from '../../engine/measures/status.ts';
import type { SentCheck, SentStatus } from './messages.ts';

export const sentCheck = ({ endpoint, atMs, lateMs, result }: CheckReport): SentCheck => ({
  id: endpoint.id,
  atMs,
  lateMs,
  result,
});

export const sentStatus = ({ endpoint, last, ...status }: EndpointStatus): SentStatus => ({
  ...status,
  id: endpoint.id,
  last: last && sentCheck(last),
});

export const checkOf = (endpoint: Endpoint, { atMs, lateMs, result }: SentCheck): CheckReport => ({
  endpoint,
  atMs,
  lateMs,
  result,
});

export const statusOf = (endpoint: Endpoint, { state, last, ...status }: SentStatus): EndpointStatus => ({
  endpoint,
  state,
  last: last && checkOf(endpoint, last),
  ticks: status.ticks,
  latency: status.latency,
  response: status.response,
});
