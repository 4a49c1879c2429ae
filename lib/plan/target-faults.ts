import type { Target } from '../domain/target.ts';
import type { Fault } from './fault.ts';
import { queueOf } from './queue-arn.ts';
import { arnFaults, partitionFaults, regionFaults } from './region-faults.ts';
import { webhookFaults } from './webhook-faults.ts';

const EVENT_BUS =
  /^(?:[\w.\-/]{1,256}|arn:aws[a-z-]*:events:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:event-bus\/[\w.\-/]{1,256})$/;
const TOPIC = /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/;
/** Nobody may be permitted to call `$LATEST` by that name. */
const FUNCTION = /^arn:[^:]+:lambda:[^:]+:\d{12}:function:[\w-]{1,140}(?::[\w-]{1,128})?$/;

/** What is wrong with where one target sends to, once it is AWS that sends. */
export const targetFaults = ({ to }: Target, region: string | null): readonly Fault[] => {
  switch (to.kind) {
    case 'run':
      return [
        {
          message: 'runs a command, and a Lambda has nothing to run',
          fix: 'Put it into a function and use post_service: aws-lambda',
        },
      ];
    case 'webhook':
      return webhookFaults(to);
    case 'eventbridge':
      return to.eventBus === null ? [] : busFaults(to.eventBus);
    case 'sns':
      return [...topicFaults(to.topicArn), ...arnFaults('topic_arn', to.topicArn, region)];
    case 'lambda':
      return [...functionFaults(to.functionArn), ...arnFaults('function_arn', to.functionArn, region)];
    case 'sqs':
      return queueFaults(to.queueUrl, region);
    case 'cloudwatch':
    case 'recipients':
      return [];
    default:
      return to satisfies never;
  }
};

const busFaults = (eventBus: string): readonly Fault[] => {
  if (!EVENT_BUS.test(eventBus))
    return [
      {
        message: `has event_bus "${eventBus}", which is neither a name nor an ARN`,
        fix: 'Write a name of letters, digits and . - _ /, or arn:aws:events:eu-west-1:123456789012:event-bus/ops',
      },
    ];
  return eventBus.startsWith('arn:') ? partitionFaults('event_bus', eventBus) : [];
};

const topicFaults = (topicArn: string): readonly Fault[] => {
  if (!TOPIC.test(topicArn))
    return [
      {
        message: `has topic_arn ${topicArn}, which is not the ARN of a topic`,
        fix: 'Leave out what follows the name of the topic: arn:aws:sns:eu-west-1:123456789012:ops',
      },
    ];
  return topicArn.endsWith('.fifo')
    ? [
        {
          message: 'is a FIFO topic, which EventBridge does not publish on',
          fix: 'Use a standard topic, or aws-sqs with a FIFO queue',
        },
      ]
    : [];
};

const functionFaults = (functionArn: string): readonly Fault[] =>
  FUNCTION.test(functionArn)
    ? []
    : [
        {
          message: `has function_arn ${functionArn}, which is not the ARN of a function, its alias or version`,
          fix: 'Write arn:aws:lambda:eu-west-1:123456789012:function:ops, without :$LATEST',
        },
      ];

const queueFaults = (queueUrl: string, region: string | null): readonly Fault[] => {
  const queue = queueOf(queueUrl);
  return queue === null || queue.region.startsWith('cn-') !== queueUrl.includes('.amazonaws.com.cn/')
    ? [
        {
          message: `has queue_url "${queueUrl}", which is not the URL of a queue`,
          fix: 'Write https://sqs.eu-west-1.amazonaws.com/123456789012/ops',
        },
      ]
    : regionFaults('queue_url', queue.region, region);
};
