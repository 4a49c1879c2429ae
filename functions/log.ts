import type { Logger } from '@aws-lambda-powertools/logger';
import type { Observer } from '../lib/engine/events/observer.ts';
import { externalTransition } from '../lib/wording/external.ts';

/** One line of JSON for each transition, each delivery that did not go through and each problem; none for a check. */
export const logObserver = (
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
): Required<Pick<Observer, 'onTransition' | 'onDelivery' | 'onProblem'>> => ({
  onTransition: transition =>
    logger.info(`${transition.subject.name} is ${transition.state}`, {
      kind: 'transition',
      transition: externalTransition(transition),
    }),
  onDelivery: ({ transition, target, outcome, attempt }) => {
    if (outcome.kind === 'accepted') return;
    logger.warn(`target "${target}" did not get ${transition.id}: ${outcome.error}`, {
      kind: 'delivery',
      delivery: {
        transition_id: transition.id,
        endpoint: transition.ruleId,
        target,
        outcome: outcome.kind,
        attempt,
      },
    });
  },
  onProblem: message => logger.error(message, { kind: 'problem' }),
});
