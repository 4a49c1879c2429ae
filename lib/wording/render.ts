import type { Json } from '../domain/json.ts';
import type { Rendered, RenderedAs } from '../domain/rendered.ts';
import type { Destination, Target } from '../domain/target.ts';
import { commonPlaceholders, type Lookup, renderJson, renderText } from '../domain/template.ts';
import type { Transition } from '../domain/transition.ts';
import { externalTransition } from './external.ts';
import { humanDuration, notificationOf } from './notification.ts';

export type RenderContext = {
  /** Where the monitor runs; null: no place that has a name. */
  readonly region: string | null;
};

type CommonPlaceholder = (typeof commonPlaceholders)[number];

const commonValues = (
  { region }: RenderContext,
  transition: Transition,
): { readonly [placeholder in CommonPlaceholder]: Json } => ({
  name: transition.subject.name,
  id: transition.ruleId,
  group: transition.subject.group,
  state: transition.state,
  previous_state: transition.previousState,
  since: new Date(transition.sinceMs).toISOString(),
  previous_duration:
    transition.previousDurationMs === null ? null : humanDuration(transition.previousDurationMs),
  error: transition.error,
  latency_ms: transition.latencyMs === null ? null : Math.round(transition.latencyMs),
  status_code: transition.statusCode,
  transition_id: transition.id,
  description: transition.subject.description,
  runbook: transition.subject.runbook,
  region,
});

const LABEL = 'label.';

/** A placeholder without a value is null: alone it stays null, in a text it is empty. */
const lookupIn = (context: RenderContext, transition: Transition): Lookup => {
  // Most webhooks send the whole transition and ask for none.
  let common: { readonly [name: string]: Json } | null = null;
  const { labels } = transition.subject;
  return name => {
    common ??= commonValues(context, transition);
    if (Object.hasOwn(common, name)) return common[name] ?? null;
    const label = name.startsWith(LABEL) ? name.slice(LABEL.length) : null;
    if (label !== null && Object.hasOwn(labels, label)) return labels[label] ?? null;
    return Object.hasOwn(transition.values, name) ? (transition.values[name] ?? null) : null;
  };
};

/** Among them the line breaks that would end a header. */
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

type Webhook = Extract<Destination, { readonly kind: 'webhook' }>;

const bodyOf = ({ body, method }: Webhook, transition: Transition, lookup: Lookup): Json => {
  if (body !== null) return renderJson(body, lookup);
  return method === 'GET' || method === 'HEAD' ? null : externalTransition(transition);
};

const renderWebhook = (to: Webhook, transition: Transition, lookup: Lookup): RenderedAs<'webhook'> => {
  const own = Object.entries(to.headers).map(([name, value]) => [
    name.toLowerCase(),
    renderText(value, lookup).replace(CONTROL_CHARACTERS, ' ').trim(),
  ]);
  return {
    kind: 'webhook',
    method: to.method,
    url: to.url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'peregrine',
      'idempotency-key': transition.id,
      ...Object.fromEntries(own),
    },
    body: bodyOf(to, transition, lookup),
  };
};

/** A reminder is no change of state, and an unknown state has no value. */
const metricsOf = ({ kind, state }: Transition): RenderedAs<'cloudwatch'>['metrics'] => [
  ...(state === 'unknown' ? [] : [{ name: 'State', value: state === 'ok' ? 1 : 0 }]),
  ...(kind === 'reminder' ? [] : [{ name: 'Transitions', value: 1 }]),
];

/** Longer than any message a person wrote, far below the kernel's 128 KiB for one variable. */
const MAX_VARIABLE_LENGTH = 8192;

/** Every common placeholder in upper case, and the transition's kind and reason. */
const variablesOf = (transition: Transition, lookup: Lookup): RenderedAs<'run'>['env'] => {
  const values: readonly (readonly [string, string])[] = [
    ...commonPlaceholders.map(name => [name, renderText(`{${name}}`, lookup)] as const),
    ['kind', transition.kind],
    ['reason', transition.reason ?? ''],
  ];
  return Object.fromEntries(
    values.map(([name, value]) => [
      `PEREGRINE_${name.toUpperCase()}`,
      value.replaceAll('\0', '').slice(0, MAX_VARIABLE_LENGTH),
    ]),
  );
};

/** EventBridge allows no more. */
const MAX_SOURCE_LENGTH = 256;
const MAX_DETAIL_TYPE_LENGTH = 128;

/** What is sent to a target, but for its API key. */
export const render = (target: Target, transition: Transition, context: RenderContext): Rendered => {
  const { to } = target;
  const lookup = lookupIn(context, transition);
  switch (to.kind) {
    case 'webhook':
      return renderWebhook(to, transition, lookup);
    case 'eventbridge':
      return {
        kind: to.kind,
        eventBus: to.eventBus,
        source: renderText(to.source, lookup).slice(0, MAX_SOURCE_LENGTH),
        detailType: renderText(to.detailType, lookup).slice(0, MAX_DETAIL_TYPE_LENGTH),
        detail: to.detail === null ? externalTransition(transition) : renderJson(to.detail, lookup),
        resources: to.resources.map(resource => renderText(resource, lookup)),
        atMs: transition.atMs,
      };
    case 'cloudwatch':
      return {
        kind: to.kind,
        namespace: to.namespace,
        dimensions: { Endpoint: transition.ruleId },
        resolutionS: to.resolutionS,
        metrics: metricsOf(transition),
        atMs: transition.atMs,
      };
    case 'sns':
      return { kind: to.kind, topicArn: to.topicArn, ...notificationOf(transition) };
    case 'lambda':
      return { kind: to.kind, functionArn: to.functionArn, payload: externalTransition(transition) };
    case 'sqs':
      return { kind: to.kind, queueUrl: to.queueUrl, body: externalTransition(transition) };
    case 'recipients':
      return { kind: to.kind, recipients: to.recipients, ...notificationOf(transition) };
    case 'run':
      return {
        kind: to.kind,
        command: to.command,
        timeoutMs: to.timeoutMs,
        stdin: externalTransition(transition),
        env: variablesOf(transition, lookup),
      };
    default:
      return to satisfies never;
  }
};
