import type { Config } from '../../../lib/domain/config.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';
import { endpointId, endpointOf, targetName, targetOf } from '../../support/endpoints.ts';
import type { Edit, EndpointPlan, TargetPlan, World } from './world.ts';

/** A secret's value: it may be seen nowhere. */
export const SECRET = 'hunter2';

type Present = { readonly plan: EndpointPlan; readonly jobset: string; readonly status: Endpoint['status'] };

const compiled = ({ plan, status }: Present): Endpoint =>
  endpointOf(
    plan.id,
    {
      status,
      schedule: { kind: 'interval', everyMs: plan.everyMs, failEveryMs: plan.failEveryMs },
      timeoutMs: plan.timeoutMs,
      check: { scheme: 'tcp', host: SECRET, port: 1, send: null, expectBanner: null },
      targets: plan.targets.map(targetName),
    },
    {
      failureThreshold: plan.failureThreshold,
      successThreshold: plan.successThreshold,
      remindEveryMs: plan.remindEveryMs,
      staleAfterMs: plan.staleAfterMs,
      dependsOn: plan.dependsOn.map(endpointId),
    },
  );

const targetOfPlan = ({ name, maxPerSecond }: TargetPlan) =>
  targetOf(
    name,
    { maxPerSecond, on: ['fail', 'ok', 'unknown', 'initial', 'reminder'] },
    { kind: 'run', command: [SECRET], timeoutMs: 1000 },
  );

const edited = (present: Present, edit: Edit): Present | null => {
  switch (edit.kind) {
    case 'remove':
      return null;
    case 'add':
      return present;
    case 'disable':
      return { ...present, status: 'disabled' };
    case 'enable':
      return { ...present, status: 'enabled' };
    case 'move':
      return { ...present, jobset: edit.jobset };
    default:
      return edit satisfies never;
  }
};

/** What the files say at an instant. */
const presentAt = ({ endpoints, faults }: World, atMs: number): readonly Present[] => {
  const present = new Map(
    endpoints.map(plan => [plan.id, { plan, jobset: plan.jobset, status: 'enabled' } as Present]),
  );
  for (const fault of faults) {
    if (fault.kind !== 'edit' || fault.atMs > atMs) continue;
    const plan = endpoints.find(({ id }) => id === fault.edit.endpoint);
    if (!plan) continue;
    const before = present.get(plan.id) ?? { plan, jobset: plan.jobset, status: 'enabled' };
    const after = edited(before, fault.edit);
    if (after) present.set(plan.id, after);
    else present.delete(plan.id);
  }
  return [...present.values()];
};

export const configAt = (world: World, jobset: string, atMs: number): Config => ({
  endpoints: presentAt(world, atMs)
    .filter(present => present.jobset === jobset)
    .map(compiled),
  targets: world.targets.map(targetOfPlan),
});

/** What somebody wants watched at an instant. */
export const watchedAt = (world: World, atMs: number): readonly EndpointPlan[] =>
  presentAt(world, atMs)
    .filter(({ status }) => status === 'enabled')
    .map(({ plan }) => plan);
