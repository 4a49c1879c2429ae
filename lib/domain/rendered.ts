import type { Json } from './json.ts';
import type { MetricResolution } from './metric.ts';

/** What a transition becomes for one target, by kind of destination: plain JSON without secrets.
 *  The sender adds the API key. */
export type Rendered =
  | {
      readonly kind: 'webhook';
      readonly method: string;
      readonly url: string;
      /** Names in lower case. */
      readonly headers: { readonly [name: string]: string };
      /** null: none. */
      readonly body: Json;
    }
  | {
      readonly kind: 'eventbridge';
      /** null: the monitor's own bus. */
      readonly eventBus: string | null;
      readonly source: string;
      readonly detailType: string;
      readonly detail: Json;
      readonly resources: readonly string[];
      readonly atMs: number;
    }
  | {
      readonly kind: 'cloudwatch';
      readonly namespace: string;
      readonly dimensions: { readonly [name: string]: string };
      readonly resolutionS: MetricResolution;
      readonly metrics: readonly { readonly name: string; readonly value: number }[];
      readonly atMs: number;
    }
  | { readonly kind: 'sns'; readonly topicArn: string; readonly subject: string; readonly text: string }
  | { readonly kind: 'lambda'; readonly functionArn: string; readonly payload: Json }
  | { readonly kind: 'sqs'; readonly queueUrl: string; readonly body: Json }
  | {
      readonly kind: 'recipients';
      readonly recipients: readonly string[];
      readonly subject: string;
      readonly text: string;
    }
  | {
      readonly kind: 'run';
      readonly command: readonly string[];
      readonly timeoutMs: number;
      readonly stdin: Json;
      readonly env: { readonly [variable: string]: string };
    };

export type RenderedAs<Kind extends Rendered['kind']> = Extract<Rendered, { readonly kind: Kind }>;
