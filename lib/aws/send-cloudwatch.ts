import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { RenderedAs } from '../domain/rendered.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion } from './send-client.ts';

export const cloudWatchSender = (deps: AwsSendDeps) => {
  const clientIn = clientPerRegion(deps, config => new CloudWatchClient(config));
  return (
    { rendered }: { readonly rendered: RenderedAs<'cloudwatch'> },
    signal: AbortSignal,
  ): Promise<Outcome> =>
    attempt(deps.clock, 'CloudWatch', signal, async abortSignal => {
      const { namespace, dimensions, resolutionS, metrics, atMs } = rendered;
      const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      const MetricData = metrics.map(({ name, value }) => ({
        MetricName: name,
        Value: value,
        Timestamp: new Date(atMs),
        Dimensions,
        StorageResolution: resolutionS,
      }));
      await clientIn(null).send(new PutMetricDataCommand({ Namespace: namespace, MetricData }), {
        abortSignal,
      });
      return { kind: 'accepted' };
    });
};
