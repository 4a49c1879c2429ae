import { expect, test } from '@jest/globals';
import { compileFiles, endpointOf, targetsOf } from './compiled.ts';

test('a webhook with all its keys', () => {
  const [target] = targetsOf(`
targets:
  datadog:
    on: [fail, initial]
    max_per_second: 0.5
    post_endpoint: https://app.datadoghq.com/api/v1/events
    post_method: PUT
    post_headers: { X-Team: "{label.team}" }
    post_api_key: { param_name: api_key, param_in: header, param_secret: datadog-api-key }
    post_json_info:
      title: "{name} is {state}, {{literally}}"
      tags: ["endpoint:{id}", 5, true]
`);
  expect(target).toEqual({
    name: 'datadog',
    source: 'shop.yml:3',
    on: ['fail', 'initial'],
    maxPerSecond: 0.5,
    to: {
      kind: 'webhook',
      url: 'https://app.datadoghq.com/api/v1/events',
      method: 'PUT',
      headers: { 'X-Team': '{label.team}' },
      body: { title: '{name} is {state}, {{literally}}', tags: ['endpoint:{id}', 5, true] },
      apiKey: { name: 'api_key', in: 'header', key: { kind: 'secret', secret: 'datadog-api-key' } },
    },
  });
});

const arn = 'arn:aws:sns:eu-west-1:123456789012:ops';
const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:ops';

test.each([
  [
    'post_endpoint: https://example.com',
    { kind: 'webhook', url: 'https://example.com', method: 'POST', headers: {}, body: null, apiKey: null },
  ],
  [
    'post_service: aws-eventbridge',
    {
      kind: 'eventbridge',
      eventBus: null,
      source: 'peregrine',
      detailType: 'endpoint transition',
      detail: null,
      resources: [],
    },
  ],
  [
    'post_service: aws-cloudwatch',
    { kind: 'cloudwatch', namespace: 'Peregrine', resolutionS: 60, alarm: false },
  ],
  [
    '{ post_service: aws-cloudwatch, metric_namespace: Shop, metric_resolution: 1s, alarm: true }',
    { kind: 'cloudwatch', namespace: 'Shop', resolutionS: 1, alarm: true },
  ],
  [`{ post_service: aws-sns, topic_arn: "${arn}" }`, { kind: 'sns', topicArn: arn }],
  [`{ post_service: aws-lambda, function_arn: "${functionArn}" }`, { kind: 'lambda', functionArn }],
  [
    '{ post_service: aws-sqs, queue_url: "https://sqs.eu-west-1.amazonaws.com/123456789012/ops" }',
    { kind: 'sqs', queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/ops' },
  ],
  [
    'recipients: [ops@example.com, +15550100]',
    { kind: 'recipients', recipients: ['ops@example.com', '+15550100'] },
  ],
  ['run: [/bin/true]', { kind: 'run', command: ['/bin/true'], timeoutMs: 10_000 }],
  ['{ run: [/bin/true], timeout: 1m }', { kind: 'run', command: ['/bin/true'], timeoutMs: 60_000 }],
])('%s', (keys, to) => {
  const body = keys.startsWith('{') ? ` ${keys}` : `\n    ${keys}`;
  const [target] = targetsOf(`targets:\n  ops:${body}\n`);
  expect(target).toMatchObject({ name: 'ops', on: ['fail', 'ok', 'unknown', 'reminder'], maxPerSecond: 10 });
  expect(target?.to).toEqual(to);
});

test('a bearer key needs no name, and a key without a place goes into the query', () => {
  const [bearer, query] = targetsOf(`
targets:
  a: { post_endpoint: "https://example.com", post_api_key: { param_in: bearer, param_secret: token } }
  b: { post_endpoint: "https://example.com", post_api_key: { param_name: key, param_secret: token } }
`);
  expect(bearer?.to).toMatchObject({ apiKey: { in: 'bearer' } });
  expect(query?.to).toMatchObject({ apiKey: { in: 'query', name: 'key' } });
});

test('targets written on an endpoint are named after it, the one straight on it first', () => {
  const text = `
shop.example.com:
  timeout: 2s
  run: [/bin/true]
  targets:
    - ops
    - recipients: [shop@example.com]
    - ops
targets:
  ops:
    recipients: [ops@example.com]
`;
  expect(endpointOf(text).targets).toEqual(['shop-example-com/1', 'ops', 'shop-example-com/2']);
  expect(targetsOf(text).map(({ name, to }) => [name, to])).toEqual([
    ['ops', { kind: 'recipients', recipients: ['ops@example.com'] }],
    ['shop-example-com/1', { kind: 'run', command: ['/bin/true'], timeoutMs: 10_000 }],
    ['shop-example-com/2', { kind: 'recipients', recipients: ['shop@example.com'] }],
  ]);
});

test('a target may name the values of any endpoint', () => {
  const { problems } = compileFiles({
    'a.yml': 'a.example.com:\n  response_json_values: [checks.db]\n',
    'b.yml':
      'targets:\n  ops:\n    post_endpoint: https://example.com\n    post_json_info: { text: "{checks.db}" }\n',
  });
  expect(problems).toEqual([]);
});

test('data_* with aws-cloudwatch is EventBridge', () => {
  const { config, problems } = compileFiles({
    'a.yml': 'a.example.com:\n  post_service: aws-cloudwatch\n  data_source: shop\n',
  });
  expect(config.targets[0]?.to).toMatchObject({ kind: 'eventbridge', source: 'shop' });
  expect(problems.map(({ severity }) => severity)).toEqual(['note']);
});

test.each([
  ['{ param_name: "a b", param_in: header, param_secret: k }', 'Write letters, digits and "-"'],
  ['{ param_name: "{{resolve:secretsmanager:x}}", param_secret: k }', 'Write letters, digits and "-"'],
  ['{ param_name: "a:b", param_in: basic, param_secret: k }', 'Write a user name without ":", "{" and "}"'],
  [
    '{ param_name: "{{resolve}}", param_in: basic, param_secret: k }',
    'Write a user name without ":", "{" and "}"',
  ],
])('a key %s is refused at its name', (apiKey, fix) => {
  const { problems } = compileFiles({
    'shop.yml': `targets:\n  a:\n    post_endpoint: "https://example.com"\n    post_api_key: ${apiKey}\nshop.example.com: { targets: [a] }\n`,
  });
  expect(problems).toMatchObject([{ line: 4, col: expect.any(Number), fix }]);
});

test('what CloudFormation would fill in is no recipient', () => {
  const { problems } = compileFiles({
    'shop.yml': 'shop.example.com: { recipients: ["{{resolve:secretsmanager:x}}@example.com"] }\n',
  });
  expect(problems).toMatchObject([{ fix: 'Write an e-mail address, or a phone number such as +15550100' }]);
});
