import { expect, test } from '@jest/globals';
import { compileFiles, said } from './compiled.ts';

/** The two endpoints that this format began with, as valid YAML. */
const seeds = `
www.fabricsounds.com/health:
  cron_schedule: "* * * * *"
  scheme: http
  response_json_values:
    - status
  success_test:
    key: status
    value: ok
  post_endpoint: https://app.datadoghq.com/api/v1/events
  post_api_key:
    param_name: api_key
    param_secret: datadog-api-key
  post_json_info:
    title: fabricsounds health
    text: health ok
    tags:
      - status: "{status}"

mixsig.fabricsounds.com/health:
  cron_schedule: "* * * * *"
  scheme: http
  response_json_values:
    - status
    - app
    - version
  success_test:
    key: status
    value: ok
  post_service: aws-cloudwatch
  data_detail_type: type1
  data_details_json: { status: "{status}", app: "{app}", version: "{version}" }
  data_source: mixsig.fabricsounds.com/health
  data_resources:
    - health
`;

test('the seeds load to what they meant', () => {
  const compiled = compileFiles({ 'seeds.yml': seeds });
  expect(said(compiled)).toEqual([
    'seeds.yml:30:17: note: with data_* keys aws-cloudwatch means EventBridge, once named CloudWatch Events. Write aws-eventbridge.',
  ]);
  expect(compiled.config.endpoints).toMatchObject([
    {
      id: 'www-fabricsounds-com-health',
      source: 'seeds.yml:2',
      schedule: { kind: 'cron', expression: '* * * * *', timezone: 'UTC', failEveryMs: null },
      timeoutMs: 5000,
      check: { scheme: 'http', url: 'http://www.fabricsounds.com/health', method: 'GET' },
      jsonValues: ['status'],
      successTests: [{ kind: 'equals', key: 'status', value: 'ok' }],
      rule: { staleAfterMs: 185_000 },
      targets: ['www-fabricsounds-com-health/1'],
    },
    {
      id: 'mixsig-fabricsounds-com-health',
      source: 'seeds.yml:20',
      jsonValues: ['status', 'app', 'version'],
      targets: ['mixsig-fabricsounds-com-health/1'],
    },
    { id: 'self' },
  ]);
  expect(compiled.config.targets).toEqual([
    {
      name: 'www-fabricsounds-com-health/1',
      source: 'seeds.yml:2',
      on: ['fail', 'ok', 'unknown', 'reminder'],
      maxPerSecond: 10,
      to: {
        kind: 'webhook',
        url: 'https://app.datadoghq.com/api/v1/events',
        method: 'POST',
        headers: {},
        body: { title: 'fabricsounds health', text: 'health ok', tags: [{ status: '{status}' }] },
        apiKey: { name: 'api_key', in: 'query', key: { kind: 'secret', secret: 'datadog-api-key' } },
      },
    },
    {
      name: 'mixsig-fabricsounds-com-health/1',
      source: 'seeds.yml:20',
      on: ['fail', 'ok', 'unknown', 'reminder'],
      maxPerSecond: 10,
      to: {
        kind: 'eventbridge',
        eventBus: null,
        source: 'mixsig.fabricsounds.com/health',
        detailType: 'type1',
        detail: { status: '{status}', app: '{app}', version: '{version}' },
        resources: ['health'],
      },
    },
  ]);
});
