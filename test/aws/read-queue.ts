import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { LocalAws } from './local-aws.ts';

export type ReadQueue = {
  /** As an endpoint file has it. */
  readonly url: string;
  /** All that came so far, oldest first. */
  readonly messages: () => Promise<readonly Message[]>;
};

/** A transition as external systems get it: what the tests look at. */
type Message = {
  readonly id: string;
  readonly endpoint: string;
  readonly state: string;
  readonly kind: string;
  readonly at_ms: number;
};

export const createQueue = async ({ sqs }: LocalAws, name: string): Promise<ReadQueue> => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const all: Message[] = [];
  return {
    url: `https://sqs.us-east-1.amazonaws.com/123456789012/${name}`,
    messages: async () => {
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return all;
        for (const { Body = '', ReceiptHandle } of Messages) {
          all.push(JSON.parse(Body));
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
};
