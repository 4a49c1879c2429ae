import type { Clock } from '../domain/clock.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { Probe } from '../domain/probe.ts';
import type { ProbeResult } from '../domain/result.ts';
import type { ReadSecret } from '../domain/secrets.ts';
import { type Answer, type Ask, type Asks, failed, measured } from './answer.ts';
import { askDns } from './dns.ts';
import { createExec } from './exec.ts';
import { askHttp } from './http.ts';
import { connectHttp } from './http-connection.ts';
import type { ConnectHttp } from './http-exchange.ts';
import { judge, type Verdict, verdicts } from './judge.ts';
import { createKeptConnections } from './kept-connections.ts';
import { createSecureContexts } from './secure-context.ts';
import { createSockets } from './socket.ts';
import { askTcp } from './tcp.ts';
import { messageOf } from './text.ts';
import { askTls } from './tls.ts';

export type ProbeDeps = {
  readonly clock: Clock;
  readonly readSecret: ReadSecret;
  /** For the programs of `exec`; they do not get `PEREGRINE_SECRET_…`. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Of Peregrine, for the user-agent. */
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

const bug = (error: unknown): Answer =>
  failed(measured(0), { reason: 'internal', error: `this is a bug: ${messageOf(error)}` });

// The map's types tie each scheme to its own check, which TypeScript cannot follow through an index.
const askOf = (asks: Asks, { check }: Endpoint): Ask => asks[check.scheme] as Ask;

/** Never throws: an answer that cannot be judged is a bug of ours, and so the check's result. */
const judged = (endpoint: Endpoint, answer: Answer): ProbeResult => {
  try {
    return judge(endpoint, answer);
  } catch (error) {
    return judge(endpoint, bug(error));
  }
};

export const probeWith =
  (asks: Asks): Probe =>
  (endpoint, signal) =>
    askOf(asks, endpoint)(endpoint, signal).then(
      answer => judged(endpoint, answer),
      error => judged(endpoint, bug(error)),
    );

/** A check's result together with the verdict of each of its tests. */
export type Inspection = { readonly result: ProbeResult; readonly tests: readonly Verdict[] };

export const inspectWith =
  (asks: Asks) =>
  async (endpoint: Endpoint, signal: AbortSignal): Promise<Inspection> => {
    const answer = await askOf(asks, endpoint)(endpoint, signal).catch(bug);
    return { result: judge(endpoint, answer), tests: verdicts(endpoint, answer) };
  };
