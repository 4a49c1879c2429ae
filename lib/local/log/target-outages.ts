import type { DeliveryReport } from '../../engine/events/observer.ts';
import { humanDuration } from '../../wording/notification.ts';
import type { Entry } from './entry.ts';

/** So many failed attempts in a row are told one by one. */
const TOLD_ONE_BY_ONE = 3;

type Outage = { readonly sinceMs: number; failed: number };

/** What the log says of deliveries: an outage of a target once, with its end, and not each attempt. */
export const createTargetOutages = () => {
  /** By target, since it last took something. At most one each. */
  const outages = new Map<string, Outage>();

  const onFailed = (report: DeliveryReport, error: string, nowMs: number): readonly Entry[] => {
    const outage = outages.get(report.target) ?? { sinceMs: nowMs, failed: 0 };
    outages.set(report.target, outage);
    outage.failed++;
    if (outage.failed <= TOLD_ONE_BY_ONE) return [{ kind: 'delivery', report }];
    if (outage.failed > TOLD_ONE_BY_ONE + 1) return [];
    const problem = `the target "${report.target}" takes nothing: ${error}. What is for it waits, and it is tried until it does; further attempts are counted, not told`;
    return [{ kind: 'problem', problem }];
  };

  const onAccepted = (report: DeliveryReport, nowMs: number): readonly Entry[] => {
    const outage = outages.get(report.target);
    outages.delete(report.target);
    if (!outage || outage.failed <= TOLD_ONE_BY_ONE) return [{ kind: 'delivery', report }];
    const lasted = humanDuration(nowMs - outage.sinceMs);
    const message = `the target "${report.target}" takes deliveries again, after ${lasted} and ${outage.failed} failed attempts`;
    return [
      { kind: 'note', message },
      { kind: 'delivery', report },
    ];
  };

  return {
    entriesFor: (report: DeliveryReport, nowMs: number): readonly Entry[] => {
      const { outcome } = report;
      switch (outcome.kind) {
        case 'failed':
          return onFailed(report, outcome.error, nowMs);
        case 'accepted':
          return onAccepted(report, nowMs);
        case 'refused':
          return [{ kind: 'delivery', report }];
        default:
          return outcome satisfies never;
      }
    },
  };
};
