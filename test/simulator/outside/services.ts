import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import type { Probe } from '../../../lib/domain/probe.ts';
import type { FailureReason, ProbeResult } from '../../../lib/domain/result.ts';
import type { SimulatedProcess } from '../machine/process.ts';
import type { Scheduler } from '../machine/scheduler.ts';
import type { See, Under } from '../observation.ts';
import { type EndpointPlan, modeAt } from '../world/world.ts';

const unmeasured = {
  phases: { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null },
  statusCode: null,
  exitCode: null,
  certDaysLeft: null,
  retries: 0,
  values: {},
};

const ok = (latencyMs: number): ProbeResult => ({
  ...unmeasured,
  latencyMs,
  ok: true,
  reason: null,
  error: null,
});
const failed = (latencyMs: number, reason: FailureReason, error: string): ProbeResult => ({
  ...unmeasured,
  latencyMs,
  ok: false,
  reason,
  error,
});

const REFUSES_AFTER_MS = 1;

/** What is true of a service, whoever asks. */
export const isUp = (plan: EndpointPlan, atMs: number): boolean => modeAt(plan.service, atMs, 'up') === 'up';

type ServicesDeps = {
  readonly scheduler: Scheduler;
  readonly process: SimulatedProcess;
  readonly plans: ReadonlyMap<string, EndpointPlan>;
  readonly see: See;
  readonly under: () => Under;
};

/** The last question to an endpoint, and what was true then. */
export type Question = { readonly askedAtMs: number; readonly up: boolean };

/** Asks services of which it is known how they are. Measures as a real probe does: on the process's own clock, from the
 *  question until the answer is read. */
export const createServices = ({ scheduler, process, plans, see, under }: ServicesDeps) => {
  const questions = new Map<string, Question>();

  const answerOf = (plan: EndpointPlan, up: boolean, latencyMs: number): ProbeResult => {
    if (!up) return failed(latencyMs, 'connect', 'connection refused');
    return plan.latencyLimitMs !== null && latencyMs > plan.latencyLimitMs
      ? failed(latencyMs, 'test', `latency_ms is ${latencyMs}, not below ${plan.latencyLimitMs}`)
      : ok(latencyMs);
  };

  const probe: Probe = (endpoint: Endpoint, done) => signal => {
    const plan = plans.get(endpoint.id) as EndpointPlan;
    const mode = modeAt(plan.service, scheduler.nowMs(), 'up');
    const up = mode === 'up';
    const startMs = process.clock.monotonicMs();
    let over = false;
    questions.set(endpoint.id, { askedAtMs: scheduler.nowMs(), up });
    see({ ...under(), kind: 'asked', id: endpoint.id, up });
    const end = (resultAfter: (latencyMs: number) => ProbeResult): void => {
      signal.removeEventListener('abort', timeOut);
      see({ ...under(), kind: 'answered', id: endpoint.id });
      done(resultAfter(process.clock.monotonicMs() - startMs));
    };
    // Whoever aborts closes the connection, whatever comes after that.
    const timeOut = (): void => {
      over = true;
      process.answer(0, () => end(latencyMs => failed(latencyMs, 'timeout', 'no answer in time')));
    };
    signal.addEventListener('abort', timeOut, { once: true });
    if (mode === 'silent') return;
    process.answer(up ? plan.answersAfterMs : REFUSES_AFTER_MS, () => {
      if (!over) end(latencyMs => answerOf(plan, up, latencyMs));
    });
  };

  return { probe, questionTo: (id: string): Question | undefined => questions.get(id) };
};
