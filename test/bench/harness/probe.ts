import { systemClock } from '../../../lib/domain/clock.ts';
import type { Probe } from '../../../lib/domain/probe.ts';
import { version } from '../../../lib/local/version.ts';
import { createProbes, probeWith } from '../../../lib/probe/probes.ts';
import { askSelf } from '../../../lib/probe/self.ts';

const noVitals = () => {
  throw new Error('no benchmark asks for self');
};

/** The product's own probes, wired as `npm start` wires them. */
export const openProbe = (): { readonly probe: Probe; readonly close: () => void } => {
  const probes = createProbes({
    clock: systemClock,
    readSecret: () => null,
    environment: process.env,
    version,
    maxKept: Number.POSITIVE_INFINITY,
  });
  return { probe: probeWith({ ...probes.asks, self: askSelf(noVitals) }), close: probes.close };
};
