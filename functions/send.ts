import type { Publish } from '../lib/aws/publish.ts';
import type { cloudWatchSender } from '../lib/aws/send-cloudwatch.ts';
import { fifoId } from '../lib/aws/send-fifo.ts';
import { channelId, isChannelDestination } from '../lib/domain/channel.ts';
import type { Json } from '../lib/domain/json.ts';
import type { Rendered } from '../lib/domain/rendered.ts';
import type { Target } from '../lib/domain/target.ts';
import type { Transition } from '../lib/domain/transition.ts';
import type { Outcome, Send } from '../lib/engine/ports/send.ts';
import { externalTransition } from '../lib/wording/external.ts';
import { type RenderContext, render } from '../lib/wording/render.ts';

export type SendDeps = RenderContext & {
  readonly targetNamed: (name: string) => Target | undefined;
  readonly publish: Publish;
  readonly putMetrics: ReturnType<typeof cloudWatchSender>;
};

const refused = (error: string): Outcome => ({ kind: 'refused', error });

const MAX_HEADER_LENGTH = 512;

/** EventBridge takes printable ASCII in a header, and no empty one. */
const sendableHeaders = (headers: { readonly [name: string]: string }): Json =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value
        .replace(/[^\x20-\x7e]/gu, '?')
        .trim()
        .slice(0, MAX_HEADER_LENGTH) || '-',
    ]),
  );

/** EventBridge hands a text to SNS as a JSON string: line ends would arrive as `\n`. */
const inOneLine = (text: string): string => text.replaceAll('\n', ' | ');

/** What the channel's rule takes out of the event. `to` is what the rule matches: EventBridge matches leaves only. */
const bodyFor = (to: string, rendered: Rendered, { ruleId }: Transition): Json => {
  switch (rendered.kind) {
    case 'webhook':
      return { to, headers: sendableHeaders(rendered.headers), body: rendered.body ?? {} };
    case 'sns':
    case 'recipients':
      return { to, subject: rendered.subject, text: inOneLine(rendered.text) };
    case 'lambda':
      return { to, payload: rendered.payload };
    case 'sqs':
      return { to, body: rendered.body, group: fifoId(ruleId) };
    case 'eventbridge':
    case 'cloudwatch':
    case 'run':
      return null;
    default:
      return rendered satisfies never;
  }
};

/** Sends of a deployed worker: it talks to EventBridge and CloudWatch alone, and the bus passes the rest on. */
export const createSend = (deps: SendDeps): Send => {
  const { publish, putMetrics } = deps;

  const give = (target: Target, transition: Transition, signal: AbortSignal): Promise<Outcome> | Outcome => {
    const rendered = render(target, transition, deps);
    if (rendered.kind === 'eventbridge') return publish(rendered, signal);
    if (rendered.kind === 'cloudwatch') return putMetrics({ rendered }, signal);
    if (!isChannelDestination(target.to))
      return refused(
        'run works on one machine only: a Lambda has nothing to run. Put the command into a function and use post_service: aws-lambda',
      );
    const channel = channelId(target.to, target);
    return publish(
      {
        kind: 'deliveries',
        transitionId: transition.id,
        transition: externalTransition(transition),
        deliveries: { [channel]: bodyFor(channel, rendered, transition) },
        atMs: transition.atMs,
      },
      signal,
    );
  };

  return async (name, transition, signal) => {
    const target = deps.targetNamed(name);
    if (target === undefined) return refused(`no file defines the target "${name}" any more`);
    try {
      return await give(target, transition, signal);
    } catch (error) {
      return { kind: 'failed', error: (error as Error).message, afterMs: null };
    }
  };
};
