import type { Endpoint } from '../../lib/domain/endpoint.ts';
import type { Probe } from '../../lib/domain/probe.ts';
import type { ProbeResult } from '../../lib/domain/result.ts';

type Promised = (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeResult>;

/** A probe of a function that promises its results. */
export const probeOf =
  (check: Promised): Probe =>
  (endpoint, done) =>
  signal =>
    void check(endpoint, signal).then(done);

/** The results of a probe as promises; checks of one endpoint are prepared once. */
export const promised = (probe: Probe): Promised => {
  const prepared = new WeakMap<Endpoint, Promised>();
  const prepare = (endpoint: Endpoint): Promised => {
    let resolveOne = (_: ProbeResult): void => {};
    const run = probe(endpoint, result => resolveOne(result));
    return (_, signal) =>
      new Promise(resolve => {
        resolveOne = resolve;
        run(signal);
      });
  };
  return (endpoint, signal) => {
    const check = prepared.get(endpoint) ?? prepare(endpoint);
    prepared.set(endpoint, check);
    return check(endpoint, signal);
  };
};
