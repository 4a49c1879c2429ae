import type { Check, Endpoint } from '../domain/endpoint.ts';
import type { JobsetKind } from '../domain/jobset.ts';
import { limitMs } from '../domain/probe.ts';
import { shortestPeriodMs, usualPeriodMs } from './periods.ts';
import type { Needs } from './worker-size.ts';

/** What endpoints ask of a worker. */
export type Load = {
  /** As long as no rule fails. */
  readonly checksPerSecond: number;
  /** All rules fail and are checked by their `interval_fail`, or a burst runs all that is due. */
  readonly peakChecksPerSecond: number;
  /** One check of each endpoint, in seconds of one vCPU. */
  readonly roundCpuS: number;
  /** At the peak. */
  readonly needs: Needs;
};

/** Bursts are for what is due once a minute or less often. */
const BURST_FROM_MS = 60_000;
/** A minute's checks are to be over in this time. */
const BURST_WITHIN_MS = 15_000;
/** Before the next invocation comes, and for no longer than it stays for endpoints that fail. */
const BURST_CHECK_WITHIN_MS = 50_000;

/** Forced results are made without a check, disabled endpoints have none. */
const isChecked = ({ status }: Endpoint): boolean => status === 'enabled';

const isSeldom = ({ status, schedule }: Endpoint): boolean =>
  status === 'disabled' || schedule.kind === 'cron' || schedule.everyMs >= BURST_FROM_MS;

/** A burst ends with its last check: one that may take longer would keep the others from their next minute. */
const isShort = (endpoint: Endpoint): boolean =>
  !isChecked(endpoint) || limitMs(endpoint) <= BURST_CHECK_WITHIN_MS;

export const kindOf = (endpoint: Endpoint): JobsetKind =>
  isSeldom(endpoint) && isShort(endpoint) ? 'burst' : 'loop';

/** CPU of one check in µs: engine, probe and kernel in the worker's thread, Node 24 on a 2.5 GHz core, loopback. A kept
 *  http connection: what a check more costs between 500 and 2,000 checks a second (103; up to 6,700 a second 40, which undici alone takes). Fewer
 *  checks cost up to 200 more each, for every one wakes a process that sleeps, which ends as soon as CPU is short. The
 *  others: measured at 100 to 500 a second, less what the waking takes; handshakes are whole ones, TLS 1.3. */
const CPU_US = {
  http: { kept: 100, fresh: 450 },
  https: { kept: 150, fresh: 2000 },
  tcp: 300,
  tls: 2000,
  /** Not measured: as a connection. */
  dns: 400,
  /** 2,000 to start it, and as much for the program itself. */
  exec: 4000,
  self: 10,
} as const;

/** Between two bursts, servers close the connections. */
const cpuUs = (check: Check, kind: JobsetKind): number =>
  check.scheme === 'http' || check.scheme === 'https'
    ? CPU_US[check.scheme][check.freshConnection || kind === 'burst' ? 'fresh' : 'kept']
    : CPU_US[check.scheme];

/** In KB: undici's client takes 29, a loop's slot with its two histograms 2; the local monitor as a whole, with its
 *  embedded database and before garbage is collected, grows by 104 (http) and 150 (https). */
const MEMORY_KB = { http: 60, https: 100, tcp: 20, tls: 60, dns: 20, exec: 20, self: 10 } as const;
const USUAL_BODY_BYTES = 1024 * 1024;

/** A larger limit than usual is there because such bodies come: one in flight, and its copy as text. */
const bodyMb = (check: Check): number =>
  'maxBodyBytes' in check && check.maxBodyBytes > USUAL_BODY_BYTES ? (2 * check.maxBodyBytes) / 1024 ** 2 : 0;

const isSocket = ({ scheme }: Check): boolean => scheme !== 'exec' && scheme !== 'self';
/** A program is expected to run so long. */
const PROGRAM_S = 0.1;

const computeLoad = (endpoint: Endpoint): Load => {
  const { check, schedule } = endpoint;
  const kind = kindOf(endpoint);
  const checks = isChecked(endpoint) ? 1 : 0;
  const shortestMs = shortestPeriodMs(schedule);
  const peakMs = kind === 'loop' ? shortestMs : Math.min(shortestMs, BURST_WITHIN_MS);
  const peakChecksPerSecond = (checks * 1000) / peakMs;
  const roundCpuS = (checks * cpuUs(check, kind)) / 1e6;
  return {
    checksPerSecond: (checks * 1000) / usualPeriodMs(schedule),
    peakChecksPerSecond,
    roundCpuS,
    needs: {
      cpu: peakChecksPerSecond * roundCpuS,
      sockets: isSocket(check) ? checks : 0,
      memory: MEMORY_KB[check.scheme] / 1024 + checks * bodyMb(check),
      processes: check.scheme === 'exec' ? peakChecksPerSecond * PROGRAM_S : 0,
    },
  };
};

const known = new WeakMap<Endpoint, Load>();

export const loadOf = (endpoint: Endpoint): Load => {
  const load = known.get(endpoint) ?? computeLoad(endpoint);
  known.set(endpoint, load);
  return load;
};

export const loadOfAll = (endpoints: readonly Endpoint[]): Load => {
  const sum = { checksPerSecond: 0, peakChecksPerSecond: 0, roundCpuS: 0 };
  const needs = { cpu: 0, sockets: 0, memory: 0, processes: 0 };
  for (const load of endpoints.map(loadOf)) {
    sum.checksPerSecond += load.checksPerSecond;
    sum.peakChecksPerSecond += load.peakChecksPerSecond;
    sum.roundCpuS += load.roundCpuS;
    needs.cpu += load.needs.cpu;
    needs.sockets += load.needs.sockets;
    needs.memory += load.needs.memory;
    needs.processes += load.needs.processes;
  }
  return { ...sum, needs };
};
