import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Endpoint } from '../../lib/domain/endpoint.ts';
import { type AlarmedEndpoint, alarmStacks } from '../../lib/infra/endpoint-alarms.ts';
import { TABLE_ACTIONS } from '../../lib/infra/engine-permissions.ts';
import { everyTarget, manyEndpoints, oneEndpoint, type Template, templatesOf } from './stacks.ts';

type Resource = Template['Resources'][string];

const ofType = ({ Resources }: Template, type: string): readonly Resource[] =>
  Object.values(Resources).filter(({ Type }) => Type === type);
const propertiesOf = (template: Template, type: string) =>
  ofType(template, type).map(({ Properties }) => Properties);
const count = ({ Resources }: Template): number => Object.keys(Resources).length;

const monitorOf = async (...input: Parameters<typeof templatesOf>): Promise<Template> => {
  const { [`peregrine-${input[1]?.stage ?? 'prod'}`]: template } = await templatesOf(...input);
  if (template === undefined) throw new Error('there is no such stack');
  return template;
};

/** ARNs and the like as a person reads them: `arn:<AWS::Partition>:…`. */
const flat = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const {
    Ref: ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = value as { readonly [key: string]: unknown };
  if (typeof ref === 'string') return `<${ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  return (join as [string, unknown[]])[1].map(flat).join('');
};
const flatList = (value: unknown): readonly string[] => (Array.isArray(value) ? value : [value]).map(flat);

type Statement = { readonly Action: unknown; readonly Resource: unknown; readonly Effect: string };
const statementsOf = (template: Template): readonly Statement[] =>
  propertiesOf(template, 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

let one: Template;
let every: Template;
beforeAll(async () => {
  one = await monitorOf(oneEndpoint);
  every = await monitorOf(everyTarget, { repository: 'acme/monitor' });
});

test('the template of one endpoint is the one that was looked at', () => {
  const { Resources, Outputs } = structuredClone(one);
  for (const { Properties } of Object.values(Resources))
    if (Properties?.Code) {
      delete Properties.Code.S3Key;
      // As the plan chooses.
      delete Properties.MemorySize;
    }
  for (const resource of Object.values(Resources)) Reflect.deleteProperty(resource, 'Metadata');
  expect({ Resources, Outputs }).toMatchSnapshot();
});

describe('what holds data', () => {
  test('is kept when the stack goes, but not of an ephemeral one', async () => {
    const kept = (template: Template) =>
      ['AWS::DynamoDB::Table', 'AWS::Logs::LogGroup'].flatMap(type =>
        ofType(template, type).map(({ DeletionPolicy }) => DeletionPolicy),
      );
    expect(kept(one)).toEqual(['Retain', 'Retain', 'Retain']);
    expect(kept(await monitorOf(oneEndpoint, { ephemeral: 'true' }))).toEqual(['Delete', 'Delete', 'Delete']);
  });

  test('is on demand, recoverable to a point in time and forgets by itself', () => {
    expect(propertiesOf(one, 'AWS::DynamoDB::Table')).toMatchObject([
      {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAtS', Enabled: true },
      },
    ]);
  });

  test('logs are kept as long as was asked', async () => {
    const template = await monitorOf(oneEndpoint, { logRetentionDays: 7 });
    expect(propertiesOf(template, 'AWS::Logs::LogGroup')).toMatchObject([
      { RetentionInDays: 7 },
      { RetentionInDays: 7 },
    ]);
  });
});

describe('the functions', () => {
  test('are never started again by Lambda itself', () => {
    const async = propertiesOf(one, 'AWS::Lambda::EventInvokeConfig');
    expect(async.map(({ MaximumRetryAttempts }) => MaximumRetryAttempts)).toEqual([0, 0]);
    expect(async.map(({ MaximumEventAgeInSeconds }) => MaximumEventAgeInSeconds)).toEqual([60, 60]);
  });

  test('reserve two workers a jobset and three more, what was given, or nothing', async () => {
    const reserved = async (given: { readonly [key: string]: unknown }) =>
      propertiesOf(await monitorOf(oneEndpoint, given), 'AWS::Lambda::Function').map(
        ({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions,
      );
    expect(await reserved({})).toEqual([5, 1]);
    expect(await reserved({ reservedConcurrency: 9 })).toEqual([9, 1]);
    expect(await reserved({ reservedConcurrency: 'none' })).toEqual([undefined, undefined]);
  });

  test('stand in subnets where private endpoints are to be reached, and only the one that checks', async () => {
    const template = await monitorOf(oneEndpoint, {
      vpcId: 'vpc-0123abcd',
      subnetIds: 'subnet-0123abcd,subnet-4567abcd',
      securityGroupIds: 'sg-0123abcd',
    });
    expect(propertiesOf(template, 'AWS::Lambda::Function').map(({ VpcConfig }) => VpcConfig)).toEqual([
      { SubnetIds: ['subnet-0123abcd', 'subnet-4567abcd'], SecurityGroupIds: ['sg-0123abcd'] },
      undefined,
    ]);
    expect(ofType(template, 'AWS::EC2::SecurityGroup')).toEqual([]);
  });

  test('get a security group that lets nothing in where none is given', async () => {
    const template = await monitorOf(oneEndpoint, { vpcId: 'vpc-0123abcd', subnetIds: 'subnet-0123abcd' });
    const [group] = propertiesOf(template, 'AWS::EC2::SecurityGroup');
    expect(group).toMatchObject({ VpcId: 'vpc-0123abcd' });
    expect(group.SecurityGroupIngress).toBeUndefined();
  });
});

test('every jobset has a schedule of its own, each minute and never repeated', async () => {
  const template = await monitorOf(everyTarget);
  const schedules = propertiesOf(template, 'AWS::Scheduler::Schedule');
  expect(schedules.map(({ Name }) => Name)).toEqual(['loop-0', 'burst-0']);
  expect(schedules[0]).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Input: '{"jobset":"loop-0","scheduledAt":"<aws.scheduler.scheduled-time>"}',
      RetryPolicy: { MaximumRetryAttempts: 0 },
    },
  });
});

describe('what each target becomes', () => {
  const rules = () =>
    propertiesOf(every, 'AWS::Events::Rule').filter(({ EventPattern }) => EventPattern !== undefined);
  const ruleOf = (name: string) =>
    rules().find(({ Description }) => Description === `Peregrine prod: ${name}`) ?? {};

  test('a rule that knows its deliveries by their address, repeats for a day, then keeps them in the queue', () => {
    expect(rules()).toHaveLength(10);
    for (const { EventPattern, Targets } of rules()) {
      const { deliveries } = EventPattern.detail;
      const [channel = ''] = Object.keys(deliveries);
      expect(EventPattern).toEqual({
        source: ['peregrine.prod'],
        'detail-type': ['Peregrine Transition'],
        detail: { deliveries: { [channel]: { to: [channel] } } },
      });
      expect(Targets).toMatchObject([
        {
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringContaining('DeadLetters'), 'Arn'] } },
        },
      ]);
    }
  });

  test('a webhook: body and headers come out of the event', () => {
    const { Targets, EventPattern } = ruleOf('query');
    const [channel] = Object.keys(EventPattern.detail.deliveries);
    expect(Targets).toMatchObject([
      {
        InputPath: `$.detail.deliveries.${channel}.body`,
        HttpParameters: {
          HeaderParameters: {
            'idempotency-key': `$.detail.deliveries.${channel}.headers.idempotency-key`,
            'x-team': `$.detail.deliveries.${channel}.headers.x-team`,
          },
        },
      },
    ]);
  });

  test('max_per_second is the rate of the destination, in whole numbers', () => {
    const rates = propertiesOf(every, 'AWS::Events::ApiDestination').map(each => [
      each.InvocationEndpoint,
      each.HttpMethod,
      each.InvocationRateLimitPerSecond,
    ]);
    expect(rates.sort()).toEqual([
      ['https://basic.example.com/hooks', 'POST', 10],
      ['https://bearer.example.com/hooks', 'POST', 10],
      ['https://header.example.com/hooks', 'POST', 10],
      ['https://open.example.com/hooks', 'PUT', 3],
      ['https://query.example.com/hooks?v=1', 'POST', 1],
    ]);
  });

  test('the template names secrets and holds none', () => {
    const connections = propertiesOf(every, 'AWS::Events::Connection').map(
      ({ AuthParameters }) => AuthParameters,
    );
    const none = { ApiKeyAuthParameters: { ApiKeyName: 'x-peregrine-monitor', ApiKeyValue: 'prod' } };
    expect(connections).toHaveLength(5);
    for (const expected of [
      none,
      {
        ...none,
        InvocationHttpParameters: {
          QueryStringParameters: [
            { Key: 'api_key', Value: '{{resolve:secretsmanager:query-key}}', IsValueSecret: true },
          ],
        },
      },
      { ApiKeyAuthParameters: { ApiKeyName: 'x-key', ApiKeyValue: '{{resolve:secretsmanager:header-key}}' } },
      { BasicAuthParameters: { Username: 'monitor', Password: '{{resolve:secretsmanager:basic-key}}' } },
      {
        ApiKeyAuthParameters: {
          ApiKeyName: 'Authorization',
          ApiKeyValue: 'Bearer {{resolve:secretsmanager:bearer-key}}',
        },
      },
    ])
      expect(connections).toContainEqual(expected);
  });

  test('targets with one address and one key share all but their names', async () => {
    const template = await monitorOf({
      'a.yml': `
targets:
  a: { post_endpoint: https://a.example.com/x, post_api_key: { param_in: bearer, param_secret: key } }
  b: { post_endpoint: https://a.example.com/x, post_api_key: { param_in: bearer, param_secret: key } }
  c: { post_endpoint: https://a.example.com/y, post_api_key: { param_in: bearer, param_secret: key } }
shop.example.com: { targets: [a, b, c] }
`,
    });
    expect(ofType(template, 'AWS::Events::ApiDestination')).toHaveLength(2);
    expect(ofType(template, 'AWS::Events::Connection')).toHaveLength(1);
  });

  test('a FIFO queue gets one group, since a rule cannot take it from the event', () => {
    const [{ SqsParameters, Arn }] = ruleOf('ordered').Targets;
    expect(flat(Arn)).toBe('arn:<AWS::Partition>:sqs:eu-west-1:123456789012:ops.fifo');
    expect(SqsParameters).toEqual({ MessageGroupId: expect.stringMatching(/^sqs_/) });
    expect(ruleOf('queue').Targets[0].SqsParameters).toBeUndefined();
  });

  test('a function is permitted to the rule alone', () => {
    expect(propertiesOf(every, 'AWS::Lambda::Permission')).toContainEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: 'arn:aws:lambda:eu-west-1:123456789012:function:ops',
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': [expect.stringContaining('Rule'), 'Arn'] },
    });
  });

  test('recipients get a topic with a subscription each', () => {
    expect(
      propertiesOf(every, 'AWS::SNS::Subscription').map(({ Protocol, Endpoint }) => [Protocol, Endpoint]),
    ).toEqual([
      ['email', 'ops@example.com'],
      ['sms', '+15550100'],
    ]);
  });

  test('nothing is made of a target that nobody names', () => {
    expect(JSON.stringify(every)).not.toContain('nobody.example.com');
  });
});

describe('least privilege', () => {
  test('the one statement for all resources is PutMetricData, limited to the namespaces in use', () => {
    const open = statementsOf(every).filter(({ Resource }) => flatList(Resource).includes('*'));
    expect(new Set(open.map(({ Action }) => Action))).toEqual(new Set(['cloudwatch:PutMetricData']));
    for (const statement of open)
      expect(statement).toMatchObject({
        Condition: { StringEquals: { 'cloudwatch:namespace': ['Peregrine', 'Shop'] } },
      });
  });

  test('of what else has a wildcard in it there are the destinations of this deployment', () => {
    const wild = statementsOf(every).flatMap(({ Resource }) =>
      flatList(Resource).filter(resource => resource !== '*' && resource.includes('*')),
    );
    expect(wild).toEqual([
      'arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:api-destination/peregrine-prod-webhook_*/*',
    ]);
  });

  test('no action has a wildcard', () => {
    expect(
      statementsOf(every)
        .flatMap(({ Action }) => Action)
        .filter(action => String(action).includes('*')),
    ).toEqual([]);
  });

  test('the check function reads the secrets of its checks and no others', () => {
    const secrets = statementsOf(every).filter(({ Action }) => Action === 'secretsmanager:GetSecretValue');
    expect(secrets.flatMap(({ Resource }) => flatList(Resource))).toEqual([
      'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:shop-token-??????',
    ]);
  });

  test('events go to the own bus and to the buses that targets name', () => {
    const buses = statementsOf(every).filter(({ Action }) => Action === 'events:PutEvents');
    for (const { Resource } of buses)
      expect(flatList(Resource)).toEqual([
        expect.stringMatching(/^<MonitorBus.*\.Arn>$/),
        'arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default',
      ]);
    expect(buses).toHaveLength(2);
  });

  test('the table may be asked what the code asks it, and no more', () => {
    const sources = readdirSync('lib/aws')
      .filter(file => !file.startsWith('send-') && file !== 'table.ts')
      .map(file => readFileSync(`lib/aws/${file}`, 'utf8'))
      .filter(source => source.includes('@aws-sdk/client-dynamodb'));
    const calls = sources.flatMap(source =>
      [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name),
    );
    expect([...new Set(calls)].sort().map(call => `dynamodb:${call}`)).toEqual(TABLE_ACTIONS);
  });
});

describe('alarms', () => {
  const descriptions = (template: Template) =>
    propertiesOf(template, 'AWS::CloudWatch::Alarm').map(({ AlarmDescription }) => String(AlarmDescription));

  test('there are nine on the monitor itself, none with metric math', () => {
    expect(descriptions(one)).toHaveLength(9);
    for (const { MetricName, Metrics } of propertiesOf(one, 'AWS::CloudWatch::Alarm')) {
      expect(MetricName).toEqual(expect.any(String));
      expect(Metrics).toBeUndefined();
    }
  });

  test('each ends in a link to a section of the runbook that is there', () => {
    const runbook = readFileSync('docs/runbook.md', 'utf8');
    const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    for (const description of descriptions(one)) {
      const [, section] = /docs\/runbook\.md#([a-z-]+)$/.exec(description) ?? [];
      expect(sections).toContain(section);
    }
    expect(descriptions(every)[0]).toMatch(
      / https:\/\/github\.com\/acme\/monitor\/blob\/main\/docs\/runbook\.md#no-checks$/,
    );
  });

  test('no checks for two minutes is an alarm, and so is no data', () => {
    expect(propertiesOf(one, 'AWS::CloudWatch::Alarm')).toContainEqual(
      expect.objectContaining({
        MetricName: 'LatenessMs',
        Statistic: 'SampleCount',
        Period: 60,
        EvaluationPeriods: 2,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      }),
    );
  });

  test('one more tells of files with errors, where such may be deployed', async () => {
    const allowing = await monitorOf(oneEndpoint, { allowInvalid: 'true' });
    expect(descriptions(allowing)).toHaveLength(10);
    expect(propertiesOf(allowing, 'AWS::CloudWatch::Alarm')).toContainEqual(
      expect.objectContaining({ MetricName: 'InvalidFiles' }),
    );
  });

  test('where nothing is due for longer, not even the monitor itself, no checks for twice that time is', async () => {
    const minutes = async (keys: string, self: string) => {
      const files = { ...manyEndpoints(1, keys), 'self.yml': `self: { status: ${self} }` };
      const [alarm] = propertiesOf(await monitorOf(files), 'AWS::CloudWatch::Alarm');
      return alarm.EvaluationPeriods;
    };
    expect(await minutes('interval: 5m', 'enabled')).toBe(2);
    expect(await minutes('interval: 5m', 'disabled')).toBe(10);
    expect(await minutes('cron_schedule: "0 3 * * *"', 'disabled')).toBe(24 * 60);
  });

  test('missed ticks are one when they are more than a hundredth', async () => {
    const threshold = async (count: number) =>
      propertiesOf(await monitorOf(manyEndpoints(count, 'interval: 1s')), 'AWS::CloudWatch::Alarm').find(
        ({ MetricName }) => MetricName === 'MissedTicks',
      ).Threshold;
    expect(await threshold(1)).toBe(3);
    expect(await threshold(1000)).toBe(3000);
  });

  test('they tell the topics of self, or the one that was given', async () => {
    const actions = (template: Template) =>
      propertiesOf(template, 'AWS::CloudWatch::Alarm')
        .slice(0, 9)
        .map(({ AlarmActions = [] }) => AlarmActions.map(flat).join());
    expect(new Set(actions(one))).toEqual(new Set(['']));
    expect([...new Set(actions(every))]).toEqual([expect.stringMatching(/^<Channelsrecipients.*>$/)]);
    const topic = 'arn:aws:sns:eu-west-1:123456789012:ops';
    expect(new Set(actions(await monitorOf(oneEndpoint, { alarmTopicArn: topic })))).toEqual(
      new Set([topic]),
    );
  });

  test('endpoints that ask for one get one, on their state, for which no data is no failure', () => {
    const own = propertiesOf(every, 'AWS::CloudWatch::Alarm').filter(({ Namespace }) => Namespace === 'Shop');
    expect(own.map(({ Dimensions }) => Dimensions[0])).toEqual([
      { Name: 'Endpoint', Value: 'shop-example-com' },
      { Name: 'Endpoint', Value: 'cart-example-com' },
    ]);
    expect(own[0]).toMatchObject({
      MetricName: 'State',
      Statistic: 'Minimum',
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 1,
      TreatMissingData: 'missing',
    });
  });

  test('one on metrics by the second looks every 10 s, where a worker puts them so often', async () => {
    const periods = async (interval: string, targets: readonly string[]) => {
      const files = {
        'shop.yml': [
          'shop.example.com:',
          `  interval: ${interval}`,
          '  targets:',
          ...targets.map(keys => `    - { post_service: aws-cloudwatch, metric_namespace: Shop, ${keys} }`),
          '',
        ].join('\n'),
      };
      return propertiesOf(await monitorOf(files), 'AWS::CloudWatch::Alarm')
        .filter(({ Namespace }) => Namespace === 'Shop')
        .map(({ Period }) => Period);
    };
    expect(await periods('5s', ['alarm: true'])).toEqual([60]);
    expect(await periods('5s', ['alarm: true, metric_resolution: 1s'])).toEqual([10]);
    expect(await periods('5s', ['alarm: true', 'metric_resolution: 1s'])).toEqual([10]);
    expect(await periods('60s', ['alarm: true, metric_resolution: 1s'])).toEqual([60]);
  });

  test('the alarms of many endpoints stand in stacks of their own', async () => {
    const templates = await templatesOf(manyEndpoints(401, 'post_service: aws-cloudwatch, alarm: true'));
    const counts = Object.entries(templates).map(([stack, template]) => [
      stack,
      ofType(template, 'AWS::CloudWatch::Alarm').length,
    ]);
    expect(counts).toEqual([
      ['peregrine-prod', 9],
      ['peregrine-prod-alarms-1', expect.any(Number)],
      ['peregrine-prod-alarms-2', expect.any(Number)],
    ]);
    expect(counts.reduce((sum, [, alarms]) => sum + Number(alarms), 0)).toBe(410);
  });

  test('an alarm stays in its stack while others come and go', () => {
    const alarmed = Array.from({ length: 1000 }, (_, n) => ({
      endpoint: { id: `e${n}` } as Endpoint,
      namespace: 'Shop',
      periodS: 60,
    }));
    const placesOf = (some: readonly AlarmedEndpoint[]) =>
      alarmStacks(some).further.flatMap((stack, at) =>
        stack.map(({ endpoint }) => `${endpoint.id} in ${at}`),
      );
    const fewer = placesOf(alarmed.slice(1));
    expect(placesOf(alarmed).filter(place => !fewer.includes(place))).toEqual([
      expect.stringMatching(/^e0 in \d$/),
    ]);
    for (const stack of alarmStacks(alarmed).further) expect(stack.length).toBeLessThan(480);
  });
});

describe('size', () => {
  test('a thousand endpoints need at most 60 resources more than one, and a template of less than 400 kB', async () => {
    const thousand = await monitorOf(manyEndpoints(1000));
    expect(count(thousand) - count(one)).toBeLessThanOrEqual(60);
    expect(JSON.stringify(thousand, null, 1).length).toBeLessThan(400_000);
  });

  test('the dashboard does not grow with the endpoints', async () => {
    const dashboard = (template: Template) =>
      JSON.stringify(propertiesOf(template, 'AWS::CloudWatch::Dashboard'));
    const keys = 'post_service: aws-cloudwatch';
    const few = dashboard(await monitorOf(manyEndpoints(1, keys)));
    expect(few).toContain('SEARCH');
    expect(dashboard(await monitorOf(manyEndpoints(500, keys)))).toBe(few);
  });
});

test('deployments of two stages in one account share no name', async () => {
  const names = (template: Template) =>
    Object.values(template.Resources).flatMap(({ Type, Properties = {} }) => {
      const { Name, EventBusName, GroupName, DashboardName, TableName, FunctionName, RoleName } = Properties;
      const own = Type === 'AWS::Events::EventBus' ? Name : (GroupName ?? Name);
      return [
        own,
        DashboardName,
        TableName,
        RoleName,
        Type === 'AWS::Lambda::Function' ? FunctionName : undefined,
      ]
        .concat(EventBusName)
        .filter(name => typeof name === 'string')
        .map(name => `${Type} ${name}`);
    });
  const prod = names(await monitorOf(everyTarget));
  const dev = names(await monitorOf(everyTarget, { stage: 'dev' }));
  expect(prod.length).toBeGreaterThan(5);
  expect(prod.filter(name => dev.includes(name))).toEqual([]);
});

test('recipients and namespaces that look alike stay apart', async () => {
  const template = await monitorOf({
    'shop.yml': `
targets:
  ops: { recipients: ["a/b@example.com", a_b@example.com] }
  one: { post_service: aws-cloudwatch, metric_namespace: a/b, alarm: true }
  two: { post_service: aws-cloudwatch, metric_namespace: a_b, alarm: true }
shop.example.com: { targets: [ops, one, two] }
`,
  });
  expect(
    propertiesOf(template, 'AWS::SNS::Subscription')
      .map(({ Endpoint: address }) => address)
      .sort(),
  ).toEqual(['a/b@example.com', 'a_b@example.com']);
  const namespaces = propertiesOf(template, 'AWS::CloudWatch::Alarm').map(({ Namespace }) => Namespace);
  expect(namespaces).toEqual(expect.arrayContaining(['a/b', 'a_b']));
});

test('what a file says is filled in with neither a secret nor a value of the CDK', async () => {
  const says = '{{{resolve:secretsmanager:key}} $' + '{Token[AWS.Region.4]}';
  const template = await monitorOf({
    'shop.yml': `
targets:
  metric: { post_service: aws-cloudwatch, alarm: true }
shop.example.com: { description: '${says}', targets: [metric, { recipients: [a@example.com] }] }
`,
  });
  const text = JSON.stringify(template);
  expect(text).toContain('{ { {resolve:secretsmanager:key}} $ {Token[AWS.Region.4]}');
  expect(text).not.toContain('{{resolve:');
});
