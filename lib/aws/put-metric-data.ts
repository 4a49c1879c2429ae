import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Metric } from '../domain/metric.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { fewPeriods, type MetricCall, metricCalls } from './metric-calls.ts';
import { attempt } from './send-attempt.ts';
import type { AwsSendDeps } from './send-client.ts';

const MAX_ATTEMPTS = 3;
const CALLS_AT_ONCE = 4;
/** A jobset's own metrics fit into one packet as they are. */
const COMPRESSED_FROM_BYTES = 4096;

type Answered = { readonly call: MetricCall; readonly outcome: Outcome };

const count = (answered: readonly Answered[]): number =>
  answered.reduce((sum, { call }) => sum + call.metrics.length, 0);

const told = (answered: readonly Answered[], total: number, what: string): readonly string[] => {
  const outcome = answered[0]?.outcome;
  if (outcome === undefined || outcome.kind === 'accepted') return [];
  return [`${count(answered)} of ${total} metrics were not taken, ${what}: ${outcome.error}`];
};

/** Puts metrics into CloudWatch. Never rejects and ends in time. What was not taken goes with the next metrics, so
 *  that no check is left out of a count; what CloudWatch will never take is dropped. Either is one problem. */
export const createPutMetricData = ({
  config,
  clock,
  onProblem,
}: AwsSendDeps & { readonly onProblem: (message: string) => void }) => {
  const client = new CloudWatchClient({
    ...config,
    maxAttempts: MAX_ATTEMPTS,
    requestMinCompressionSizeBytes: COMPRESSED_FROM_BYTES,
  });
  let left: readonly Metric[] = [];

  const put = ({ namespace, data }: MetricCall, signal: AbortSignal): Promise<Outcome> =>
    attempt(clock, 'CloudWatch', signal, async abortSignal => {
      await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: [...data] }), {
        abortSignal,
      });
      return { kind: 'accepted' };
    });

  return async (metrics: readonly Metric[], signal: AbortSignal): Promise<void> => {
    const calls = metricCalls([...left, ...metrics]).values();
    left = [];
    const answered: Answered[] = [];
    const putInTurn = async (): Promise<void> => {
      for (const call of calls) answered.push({ call, outcome: await put(call, signal) });
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, putInTurn));
    const failed = answered.filter(({ outcome }) => outcome.kind === 'failed');
    const refused = answered.filter(({ outcome }) => outcome.kind === 'refused');
    left = fewPeriods([...left, ...failed.flatMap(({ call }) => call.metrics)]);
    const total = count(answered);
    const problems = [
      ...told(failed, total, 'they will be sent again'),
      ...told(refused, total, 'they are dropped'),
    ];
    if (problems.length > 0) onProblem(problems.join('; '));
  };
};
