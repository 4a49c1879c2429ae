import type { Endpoint } from '../../lib/domain/endpoint.ts';
import type { Probe } from '../../lib/domain/probe.ts';
import type { ProbeResult } from '../../lib/domain/result.ts';

type Promised = (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeResult>;

/** A probe of a function that promises its results. */
export const probeOf =
  (check: Promised): Probe =>
  endpoint =>
  (signal, done) =>
    void check(endpoint, signal).then(done);

/** The results of a probe as promises; checks of one endpoint are prepared once. */
export const promised = (probe: Probe): Promised => {
  const prepared = new WeakMap<Endpoint, ReturnType<Probe>>();
  return (endpoint, signal) => {
    const run = prepared.get(endpoint) ?? probe(endpoint);
    prepared.set(endpoint, run);
    return new Promise(resolve => run(signal, resolve));
  };
};
