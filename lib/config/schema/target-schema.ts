import * as z from 'zod';
import { transitionKinds } from '../../domain/transition.ts';
import { key } from './key.ts';
import {
  duration,
  flag,
  jsonMap,
  oneOf,
  rejected,
  secretName,
  text,
  textMap,
  webUrl,
  word,
} from './values.ts';

const services = ['aws-eventbridge', 'aws-cloudwatch', 'aws-sns', 'aws-lambda', 'aws-sqs'] as const;

const WEBHOOK = ['post_endpoint'];
const EVENTBRIDGE = ['aws-eventbridge'];
const CLOUDWATCH = ['aws-cloudwatch'];

export const HEADER_FIX = 'Name a header with letters, digits and "-"';
/** What HTTP calls a token; the names of header fields. */
export const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const arn = (service: string, example: string) =>
  word(
    `Write the whole ARN: ${example}`,
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:[\\w.:/$-]+$`),
  );

const RECIPIENT = 'Write an e-mail address, or a phone number such as +15550100';
const recipient = z
  .union([z.string(), z.int()], RECIPIENT)
  // Without quotes YAML reads +15550100 as a number.
  .transform(value => (typeof value === 'number' ? `+${value}` : value))
  .refine(value => /^(?:\+[1-9]\d{6,14}|[^@\s{}]+@[^@\s{}]+)$/.test(value), RECIPIENT);

/** Without what separates it from the password, and without what CloudFormation would fill in. */
const USER_NAME = /^[^:{}\p{Cc}]+$/u;

const NOT_FROM_A_FILE = 'credentials come from the role; remove them';

const apiKey = z
  .strictObject(
    {
      param_name: key(text('Write the name of the parameter or header', 512), {
        help: 'Name of the query parameter or header; with `basic`, the user name',
      }),
      param_in: key(oneOf(['query', 'header', 'basic', 'bearer']), {
        help: 'How the key is sent',
        default: '`query`',
      }),
      param_secret: key(secretName(), { help: 'Name of the secret that holds the key' }),
      param_value: key(text('Write the name of a secret in param_secret instead'), {
        help: 'The key itself. Secrets do not belong in files: use `param_secret`',
      }),
    },
    'Write a map: { param_name: api_key, param_secret: name-of-the-secret }',
  )
  .refine(keys => (keys.param_secret === undefined) !== (keys.param_value === undefined), {
    error: 'Give it param_secret, the name of a secret',
  })
  .refine(keys => keys.param_in === 'bearer' || keys.param_name !== undefined, {
    error: 'Give it param_name, the name of the parameter, header or user',
  })
  .refine(
    ({ param_in, param_name }) =>
      param_name === undefined || param_in === 'basic' || HEADER_NAME.test(param_name),
    { path: ['param_name'], error: 'Write letters, digits and "-"' },
  )
  .refine(
    ({ param_in, param_name }) =>
      param_name === undefined || param_in !== 'basic' || USER_NAME.test(param_name),
    { path: ['param_name'], error: 'Write a user name without ":", "{" and "}"' },
  );

/** The keys of a target that may also stand straight on an endpoint. */
export const inlineTargetShape = {
  on: key(z.array(oneOf(transitionKinds), 'Write a list: [fail, ok]').min(1, 'Write a list: [fail, ok]'), {
    help: 'Which transitions are delivered: `fail`, `ok`, `unknown`, `initial` (the first `ok` after `unknown`), `reminder`',
    default: '`[fail, ok, unknown, reminder]`',
  }),
  max_per_second: key(
    z.number('Write a number').min(0.01, 'Write 0.01 or more').max(10_000, 'Write 10000 or less'),
    {
      help: 'Deliveries per second; what is over waits, nothing is dropped',
      default: '`10`',
    },
  ),
  post_endpoint: key(webUrl(), { help: 'A webhook: the address that each transition is sent to' }),
  post_method: key(oneOf(['POST', 'PUT', 'PATCH', 'GET', 'DELETE']), {
    help: 'HTTP method of the webhook',
    for: WEBHOOK,
    default: '`POST`',
  }),
  post_headers: key(textMap('Write a map: { X-Team: "{group}" }', HEADER_NAME, HEADER_FIX), {
    help: 'Headers of the webhook; values may hold {placeholders}',
    for: WEBHOOK,
    default: '`{}`',
  }),
  post_json_info: key(jsonMap('{ title: "{name} is {state}" }'), {
    help: 'Body of the webhook; strings may hold {placeholders}',
    for: WEBHOOK,
    default: 'the whole transition',
  }),
  post_api_key: key(apiKey, {
    help: 'The key that the webhook asks for, by the name of a secret',
    for: WEBHOOK,
  }),
  post_service: key(oneOf(services), { help: 'An AWS service that takes the transitions' }),
  event_bus: key(text('Write the name or ARN of an event bus', 400), {
    help: 'Event bus',
    for: EVENTBRIDGE,
    default: "the monitor's own bus",
  }),
  data_source: key(
    text('Write a short text', 256).refine(
      source => !source.startsWith('aws.'),
      'Choose one that does not start with "aws.", which is reserved',
    ),
    { help: 'Source of the event; may hold {placeholders}', for: EVENTBRIDGE, default: '`peregrine`' },
  ),
  data_detail_type: key(text('Write a short text', 128), {
    help: 'Detail type of the event; may hold {placeholders}',
    for: EVENTBRIDGE,
    default: '`endpoint transition`',
  }),
  data_details_json: key(jsonMap('{ status: "{status}" }'), {
    help: 'Detail of the event; strings may hold {placeholders}',
    for: EVENTBRIDGE,
    default: 'the whole transition',
  }),
  data_resources: key(z.array(text(), 'Write a list of texts').max(10, 'Write at most 10'), {
    help: 'Resources of the event; may hold {placeholders}',
    for: EVENTBRIDGE,
    default: '`[]`',
  }),
  metric_namespace: key(
    word('Write letters, digits and . - _ / #, not starting with "AWS/"', /^(?!AWS\/)[\w.\-/#]{1,255}$/),
    { help: 'CloudWatch namespace of the metrics', for: CLOUDWATCH, default: '`Peregrine`' },
  ),
  metric_resolution: key(oneOf(['60s', '1s']), {
    help: 'How fine the metrics are in time; `1s` is sent every 10 s, at six times the price of the calls',
    for: CLOUDWATCH,
    default: '`60s`',
  }),
  alarm: key(flag(), { help: 'Also make an alarm on the metrics', for: CLOUDWATCH, default: '`false`' }),
  topic_arn: key(arn('sns', 'arn:aws:sns:eu-west-1:123456789012:ops'), {
    help: 'The topic',
    for: ['aws-sns'],
  }),
  function_arn: key(arn('lambda', 'arn:aws:lambda:eu-west-1:123456789012:function:ops'), {
    help: 'The function',
    for: ['aws-lambda'],
  }),
  queue_url: key(webUrl(), { help: 'The queue', for: ['aws-sqs'] }),
  recipients: key(
    z.array(recipient, `Write a list: [ops@example.com]`).min(1, RECIPIENT).max(100, 'Write at most 100'),
    {
      help: 'E-mail addresses and phone numbers (`+15550100`)',
    },
  ),
  run: key(
    z
      .array(text(), 'Write a list: the program and its arguments, such as ["/bin/sh", "-c", "…"]')
      .min(1, 'Write a list: the program and its arguments'),
    {
      help: 'A command without a shell; the transition comes as JSON on stdin and as `PEREGRINE_*` variables',
    },
  ),
  aws_key: rejected(NOT_FROM_A_FILE),
  aws_secret: rejected(NOT_FROM_A_FILE),
};

const targetShape = {
  ...inlineTargetShape,
  timeout: key(duration(1), { help: 'How long the command may take', for: ['run'], default: '`10s`' }),
};

export const targetSchema = z.strictObject(targetShape, 'Write a map of keys').meta({ id: 'target' });
export type TargetKeys = z.infer<typeof targetSchema>;

/** The keys that say where to; a target has one of them. */
export const destinations = ['post_endpoint', 'post_service', 'recipients', 'run'] as const;
