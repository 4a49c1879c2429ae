import type { Json } from './json.ts';
import type { MetricResolution } from './metric.ts';
import type { TargetName } from './target-name.ts';
import type { TransitionKind } from './transition.ts';

/** Where transitions go, compiled from YAML. Strings inside `Json` may hold {placeholders}. */
export type Target = {
  readonly name: TargetName;
  /** Where it is defined, for messages: `shop.yml:3`. */
  readonly source: string;
  readonly on: readonly TransitionKind[];
  /** Deliveries per second; what is over waits. */
  readonly maxPerSecond: number;
  readonly to: Destination;
};

export type Destination =
  | {
      readonly kind: 'webhook';
      readonly url: string;
      readonly method: string;
      readonly headers: { readonly [name: string]: string };
      /** null: the whole transition. */
      readonly body: Json | null;
      readonly apiKey: ApiKey | null;
    }
  | {
      readonly kind: 'eventbridge';
      /** null: the monitor's own bus. */
      readonly eventBus: string | null;
      readonly source: string;
      readonly detailType: string;
      /** null: the whole transition. */
      readonly detail: Json | null;
      readonly resources: readonly string[];
    }
  | {
      readonly kind: 'cloudwatch';
      readonly namespace: string;
      readonly resolutionS: MetricResolution;
      readonly alarm: boolean;
    }
  | { readonly kind: 'sns'; readonly topicArn: string }
  | { readonly kind: 'lambda'; readonly functionArn: string }
  | { readonly kind: 'sqs'; readonly queueUrl: string }
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] }
  | { readonly kind: 'run'; readonly command: readonly string[]; readonly timeoutMs: number };

export type ApiKey = {
  readonly name: string;
  readonly in: 'query' | 'header' | 'basic' | 'bearer';
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'value'; readonly value: string };
};
