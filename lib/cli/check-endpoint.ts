import type { Config } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { Rendered } from '../domain/rendered.ts';
import type { ProbeResult } from '../domain/result.ts';
import { newRuleState, type RuleState, type Transition } from '../domain/transition.ts';
import type { TestResult } from '../probe/answer/judge.ts';
import { withTimeout } from '../probe/answer/with-timeout.ts';
import type { ConnectHttp } from '../probe/http/exchange.ts';
import { createProbes, inspectWith, type ProbeDeps } from '../probe/probes.ts';
import { askSelf } from '../probe/self.ts';
import { applyResult } from '../rule/apply.ts';
import { render } from '../wording/render.ts';

export type Once = {
  readonly result: ProbeResult;
  readonly tests: readonly TestResult[];
  /** What each target would get if this result changed the state. */
  readonly deliveries: readonly { readonly target: string; readonly rendered: Rendered | 'not wanted' }[];
};

const unmeasured = {
  invalidFiles: [],
  latenessMs: 0,
  missedTicks: 0,
  scalingLimitHit: false,
  endpoints: 0,
  endpointsFit: 0,
  targetFailures: 0,
  storeFailures: 0,
};

/** As if the endpoint had been in the other state since `sinceMs`, and this result changed it at once. */
const transitionTo = ({ rule }: Endpoint, result: ProbeResult, nowMs: number): Transition | null => {
  const other = result.ok ? 'fail' : 'ok';
  const before: RuleState = { ...newRuleState, state: other, announced: other, sinceMs: nowMs };
  const impatient = { ...rule, failureThreshold: 1, successThreshold: 1 };
  return applyResult(impatient, before, result, nowMs, nowMs, {
    whySuppressed: () => null,
    incarnation: null,
  }).transition;
};

export type OnceDeps = Omit<ProbeDeps, 'maxKept'> & {
  readonly region: string | null;
  readonly connect: ConnectHttp;
};

/** Checks an endpoint once and sends nothing. */
export const checkOnce = async (deps: OnceDeps, { targets }: Config, endpoint: Endpoint): Promise<Once> => {
  const probes = createProbes({ ...deps, maxKept: 0 }, deps.connect);
  const inspect = withTimeout(deps.clock, inspectWith({ ...probes.asks, self: askSelf(() => unmeasured) }));
  const { result, tests } = await inspect(endpoint);
  probes.close();
  const transition = transitionTo(endpoint, result, deps.clock.nowMs());
  const deliveries = targets
    .filter(({ name }) => transition !== null && endpoint.targets.includes(name))
    .map(target => ({
      target: target.name,
      rendered:
        transition && target.on.includes(transition.kind)
          ? render(target, transition, deps)
          : ('not wanted' as const),
    }));
  return { result, tests, deliveries };
};
