import type { DeliveryReport } from '../../engine/events/observer.ts';

/** An attempt to deliver, as the API and the log show it. */
export const externalDelivery = ({ transition, target, outcome, attempt }: DeliveryReport) => ({
  transition_id: transition.id,
  endpoint: transition.ruleId,
  target,
  outcome: outcome.kind,
  attempt,
  error: outcome.kind === 'accepted' ? null : outcome.error,
});
