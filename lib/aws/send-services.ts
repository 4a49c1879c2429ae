import type { AwsSendDeps } from './send-client.ts';
import { cloudWatchSender } from './send-cloudwatch.ts';
import { eventBridgeSender } from './send-eventbridge.ts';
import { lambdaSender } from './send-lambda.ts';
import { recipientsSender } from './send-recipients.ts';
import { snsSender } from './send-sns.ts';
import { sqsSender } from './send-sqs.ts';

/** Real sends from one machine, with the credentials of its environment. */
export const awsSenders = (deps: AwsSendDeps & { readonly print: (line: string) => void }) => ({
  eventbridge: eventBridgeSender(deps),
  cloudwatch: cloudWatchSender(deps),
  sns: snsSender(deps),
  sqs: sqsSender(deps),
  lambda: lambdaSender(deps),
  recipients: recipientsSender(deps),
});
