import { MONITOR_NAMESPACE } from '../../domain/metric.ts';
import type { ApiKey, Destination, Target } from '../../domain/target.ts';
import type { TargetName } from '../../domain/target-name.ts';
import { placeholdersIn } from '../../domain/template.ts';
import { type Draft, error, type Path } from '../problem/place.ts';
import { keyInfo } from '../schema/key.ts';
import { destinations, inlineTargetShape, type TargetKeys, targetSchema } from '../schema/target-schema.ts';

const RUN_TIMEOUT_MS = 10_000;
const MAX_PER_SECOND = 10;

type Destined =
  | Exclude<(typeof destinations)[number], 'post_service'>
  | NonNullable<TargetKeys['post_service']>;

const usesData = (keys: TargetKeys): boolean =>
  (['data_source', 'data_detail_type', 'data_details_json', 'data_resources'] as const).some(
    key => keys[key] !== undefined,
  );

/** Amazon EventBridge was once named CloudWatch Events, and files still say so. */
const isCloudWatchEvents = (keys: TargetKeys): boolean =>
  keys.post_service === 'aws-cloudwatch' && usesData(keys);

const destined = (keys: TargetKeys): Destined | null => {
  if (isCloudWatchEvents(keys)) return 'aws-eventbridge';
  if (keys.post_service !== undefined) return keys.post_service;
  return (
    destinations.find((key): key is Exclude<typeof key, 'post_service'> => keys[key] !== undefined) ?? null
  );
};

export const hasDestination = (keys: TargetKeys): boolean => destined(keys) !== null;

const needed: { readonly [destination in Destined]?: 'topic_arn' | 'function_arn' | 'queue_url' } = {
  'aws-sns': 'topic_arn',
  'aws-lambda': 'function_arn',
  'aws-sqs': 'queue_url',
};

const ownKeys = (keys: TargetKeys): readonly (keyof TargetKeys)[] =>
  Object.keys(keys).filter((key): key is keyof TargetKeys => Object.hasOwn(targetSchema.shape, key));

const misplaced = (own: TargetKeys, to: Destined | null, path: Path): readonly Draft[] =>
  ownKeys(own).flatMap(key => {
    const destinationsOfKey = keyInfo(targetSchema.shape[key])?.for;
    if (destinationsOfKey === undefined || destinationsOfKey.includes(to ?? '')) return [];
    const names = destinationsOfKey.join(', ');
    return to === null
      ? [error([...path, key], `${key} needs ${names}`, 'Add it', { onKey: true })]
      : [error([...path, key], `${key} is for ${names}, not for ${to}`, 'Remove it', { onKey: true })];
  });

const remarks = (own: TargetKeys, keys: TargetKeys, path: Path): readonly Draft[] => {
  const drafts: Draft[] = [];
  if (own.post_api_key?.param_value !== undefined)
    drafts.push({
      severity: 'warning',
      path: [...path, 'post_api_key', 'param_value'],
      onKey: true,
      message: 'secrets do not belong in files',
      fix: 'Put the key into a secret and write its name in param_secret',
    });
  if (own.post_service !== undefined && isCloudWatchEvents(keys))
    drafts.push({
      severity: 'note',
      path: [...path, 'post_service'],
      message: 'with data_* keys aws-cloudwatch means EventBridge, once named CloudWatch Events',
      fix: 'Write aws-eventbridge',
    });
  return drafts;
};

/** What is wrong with a target's keys. `own` stand at `path`; `keys` are those and what they inherit. */
export const targetProblems = (own: TargetKeys, keys: TargetKeys, path: Path): readonly Draft[] => {
  const to = destined(keys);
  const drafts = [...misplaced(own, to, path), ...remarks(own, keys, path)];
  const missing = to === null ? undefined : needed[to];
  if (missing !== undefined && own.post_service !== undefined && keys[missing] === undefined)
    drafts.push(error([...path, 'post_service'], `${to} needs ${missing}`, `Add ${missing}`));
  if (own.post_endpoint !== undefined && placeholdersIn(own.post_endpoint).length > 0)
    drafts.push(
      error(
        [...path, 'post_endpoint'],
        'post_endpoint cannot hold {placeholders}',
        'Put them into post_json_info or post_headers',
      ),
    );
  return drafts;
};

/** Keys of a target that stand straight on an endpoint; there `timeout` is the check's. */
export const inlineKeys = (keys: TargetKeys): TargetKeys =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => Object.hasOwn(inlineTargetShape, key)));

const apiKey = ({ post_api_key: key }: TargetKeys): ApiKey | null => {
  if (key === undefined) return null;
  return {
    name: key.param_name ?? 'authorization',
    in: key.param_in ?? 'query',
    key:
      key.param_secret !== undefined
        ? { kind: 'secret', secret: key.param_secret }
        : { kind: 'value', value: key.param_value ?? '' },
  };
};

const destination = (keys: TargetKeys, to: Destined): Destination => {
  switch (to) {
    case 'post_endpoint':
      return {
        kind: 'webhook',
        url: keys.post_endpoint ?? '',
        method: keys.post_method ?? 'POST',
        headers: keys.post_headers ?? {},
        body: keys.post_json_info ?? null,
        apiKey: apiKey(keys),
      };
    case 'aws-eventbridge':
      return {
        kind: 'eventbridge',
        eventBus: keys.event_bus ?? null,
        source: keys.data_source ?? 'peregrine',
        detailType: keys.data_detail_type ?? 'endpoint transition',
        detail: keys.data_details_json ?? null,
        resources: keys.data_resources ?? [],
      };
    case 'aws-cloudwatch':
      return {
        kind: 'cloudwatch',
        namespace: keys.metric_namespace ?? MONITOR_NAMESPACE,
        resolutionS: keys.metric_resolution === '1s' ? 1 : 60,
        alarm: keys.alarm ?? false,
      };
    case 'aws-sns':
      return { kind: 'sns', topicArn: keys.topic_arn ?? '' };
    case 'aws-lambda':
      return { kind: 'lambda', functionArn: keys.function_arn ?? '' };
    case 'aws-sqs':
      return { kind: 'sqs', queueUrl: keys.queue_url ?? '' };
    case 'recipients':
      return { kind: 'recipients', recipients: keys.recipients ?? [] };
    case 'run':
      return { kind: 'run', command: keys.run ?? [], timeoutMs: keys.timeout ?? RUN_TIMEOUT_MS };
    default:
      return to satisfies never;
  }
};

/** null: the keys name no destination. Of keys with problems the result is of no use. */
export const resolveTarget = (name: string, source: string, keys: TargetKeys): Target | null => {
  const to = destined(keys);
  if (to === null) return null;
  return {
    name: name as TargetName,
    source,
    on: keys.on ?? ['fail', 'ok', 'unknown', 'reminder'],
    maxPerSecond: keys.max_per_second ?? MAX_PER_SECOND,
    to: destination(keys, to),
  };
};
