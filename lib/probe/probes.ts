import type { Clock } from '../domain/clock.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { Probe } from '../domain/probe.ts';
import type { ProbeResult } from '../domain/result.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import type { Ask, Asks } from './answer/answer.ts';
import { judge, type TestResult, testResults, wantedOf } from './answer/judge.ts';
import { askDns } from './dns.ts';
import { createExec } from './exec/exec.ts';
import { connectHttp } from './http/connection.ts';
import type { ConnectHttp } from './http/exchange.ts';
import { askHttp } from './http/http.ts';
import { createKeptConnections } from './http/kept-connections.ts';
import { createSecureContexts } from './socket/secure-context.ts';
import { createSockets } from './socket/socket.ts';
import { askTcp } from './socket/tcp.ts';
import { askTls } from './socket/tls.ts';

export type ProbeDeps = {
  readonly clock: Clock;
  readonly readSecret: ReadSecret;
  /** For the programs of `exec`; they do not get `PEREGRINE_SECRET_…`. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Version of Peregrine, for the user-agent. */
  readonly version: string;
  /** Connections that may wait for their endpoint's next check, each an open file. */
  readonly maxKept: number;
};

export type Probes = {
  /** All but `self`, which only its composition can answer. */
  readonly asks: Omit<Asks, 'self'>;
  /** Closes kept connections and ends what is still running. */
  readonly close: () => void;
};

/** `connect` is the client that http checks go through. */
export const createProbes = (deps: ProbeDeps, connect: ConnectHttp = connectHttp): Probes => {
  const { clock } = deps;
  const sockets = createSockets(clock);
  const exec = createExec(deps);
  const secureContext = createSecureContexts(clock);
  const kept = createKeptConnections(clock, deps.maxKept);
  const http = askHttp({ ...deps, sockets, secureContext, connect, kept });
  return {
    asks: {
      http,
      https: http,
      tcp: askTcp({ clock, sockets }),
      tls: askTls({ clock, sockets, secureContext }),
      dns: askDns({ clock }),
      exec: exec.ask,
    },
    close: () => {
      kept.close();
      sockets.close();
      exec.close();
    },
  };
};

// The map's types tie each scheme to its own check, which TypeScript cannot follow through an index.
const askOf = (asks: Asks, { check }: Endpoint): Ask => asks[check.scheme] as Ask;

export const probeWith =
  (asks: Asks): Probe =>
  (endpoint, done) => {
    const wanted = wantedOf(endpoint);
    return askOf(asks, endpoint)(endpoint, answer => done(judge(wanted, answer)));
  };

/** A check's result together with that of each of its tests. */
export type Inspection = { readonly result: ProbeResult; readonly tests: readonly TestResult[] };

/** Checks an endpoint once, for a person. */
export const inspectWith =
  (asks: Asks) =>
  (endpoint: Endpoint, signal: AbortSignal): Promise<Inspection> =>
    new Promise(resolve =>
      askOf(asks, endpoint)(endpoint, answer =>
        resolve({ result: judge(wantedOf(endpoint), answer), tests: testResults(endpoint, answer) }),
      )(signal),
    );
