import { describe, expect, test } from '@jest/globals';
import { readParameters } from '../../lib/infra/context.ts';
import { prepare } from '../../lib/infra/prepare.ts';
import { type Files, parametersOf, withFolder } from './stacks.ts';

const prepared = (
  files: Files,
  given: { readonly [key: string]: unknown } = {},
  region: string | null = null,
) =>
  withFolder(files, async folder => {
    const preparation = await prepare({ ...parametersOf(given), endpoints: folder }, { region });
    const lines = preparation.kind === 'refused' ? preparation.lines : preparation.notes;
    return {
      kind: preparation.kind,
      lines: lines.map(line => line.replaceAll(`${folder}/`, '').replaceAll(folder, 'FOLDER')),
    };
  });

const refusedFor = async (...input: Parameters<typeof prepared>): Promise<readonly string[]> => {
  const { kind, lines } = await prepared(...input);
  expect(kind).toBe('refused');
  return lines;
};

describe('parameters', () => {
  test('have defaults, and take text as well as JSON', () => {
    expect(
      readParameters({
        '@aws-cdk/core:checkSecretUsage': true,
        'aws:cdk:enable-path-metadata': true,
        'cli-telemetry': false,
      }),
    ).toEqual({
      kind: 'parameters',
      parameters: {
        endpoints: 'endpoints',
        stage: 'prod',
        network: null,
        allowInvalid: false,
        maxWorkers: null,
        logRetentionDays: 30,
        ephemeral: false,
        maxMonthlyUsd: null,
        reservedConcurrency: null,
        alarmTopicArn: null,
        repository: null,
        branch: 'main',
        repositoryIds: null,
        oidcProviderArn: null,
      },
    });
    expect(parametersOf({ ephemeral: true, maxWorkers: 3 })).toEqual(
      parametersOf({ ephemeral: 'true', maxWorkers: '3' }),
    );
  });

  test.each<readonly [{ readonly [key: string]: unknown }, readonly string[]]>([
    [{ stgae: 'dev' }, ['-c stgae: there is no such parameter. Did you mean "stage"?']],
    [
      { stage: 'Dev' },
      [
        '-c stage=Dev: Write 1 to 20 of a-z, 0-9 and "-", starting with a letter, not ending in "-alarms-1" or such.',
      ],
    ],
    [
      { stage: 'prod-alarms-1' },
      [
        '-c stage=prod-alarms-1: Write 1 to 20 of a-z, 0-9 and "-", starting with a letter, not ending in "-alarms-1" or such.',
      ],
    ],
    [
      { allowInvalid: 'yes', maxWorkers: 0, maxMonthlyUsd: '$50' },
      [
        '-c allowInvalid=yes: Write true or false.',
        '-c maxWorkers=0: Write a whole number from 1 to 1000.',
        '-c maxMonthlyUsd=$50: Write an amount in US dollars without its sign: 50 or 12.50.',
      ],
    ],
    [{ vpcId: 'vpc-0123abcd' }, ['-c vpcId needs subnetIds. Add -c subnetIds=subnet-0123456789abcdef0.']],
    [{ subnetIds: 'subnet-0123abcd' }, ['-c subnetIds needs vpcId. Add -c vpcId=vpc-0123456789abcdef0.']],
    [
      { vpcId: 'vpc-0123abcd', subnetIds: 'subnet-0123abcd,sub' },
      [
        '-c subnetIds=subnet-0123abcd,sub: Write ids of subnets, with commas between them: subnet-0123456789abcdef0.',
      ],
    ],
    [{ reservedConcurrency: 'all' }, ['-c reservedConcurrency=all: Write a whole number from 1, or none.']],
    [
      { logRetentionDays: 31 },
      [expect.stringMatching(/^-c logRetentionDays=31: Write one of 1, 3, 5, 7, 14, 30, .*, 3653\.$/)],
    ],
    [
      { alarmTopicArn: 'ops' },
      ['-c alarmTopicArn=ops: Write the whole ARN: arn:aws:sns:eu-west-1:123456789012:ops.'],
    ],
    [{ repository: 'monitor' }, ['-c repository=monitor: Write owner/name.']],
    [
      { repositoryIds: '*/*' },
      ['-c repositoryIds=*/*: Write the ids of owner and repository: 123456/456789.'],
    ],
  ] as never)('%j', (given, lines) => {
    expect(readParameters(given)).toEqual({ kind: 'refused', lines });
  });
});

describe('folders', () => {
  test('that are not there', async () => {
    expect(await prepare(parametersOf({ endpoints: 'nowhere' }), { region: null })).toEqual({
      kind: 'refused',
      lines: ['-c endpoints=nowhere: the folder nowhere does not exist.'],
    });
  });

  test('without an endpoint', async () => {
    expect(await refusedFor({})).toEqual([
      'FOLDER: there is no endpoint to check. Add a file, such as shop.yml.',
    ]);
  });

  const broken: Files = {
    'bad.yml': 'bad.example.com: { interval: 5 }\n',
    'good.yml': 'good.example.com: {}\n',
  };

  test('with a problem, unless invalid files are allowed', async () => {
    const problem = 'bad.yml:1:30: interval is "5". Add a unit: "5s" or "5ms".';
    expect(await refusedFor(broken)).toEqual([
      problem,
      '1 error: nothing is deployed. Correct them, or deploy the other files with -c allowInvalid=true.',
    ]);
    expect(await prepared(broken, { allowInvalid: true })).toEqual({ kind: 'prepared', lines: [problem] });
  });

  test('that cost more than the budget, or need more workers than allowed', async () => {
    const files = { 'shop.yml': 'shop.example.com: { interval: 1s }\ncart.example.com: { interval: 5m }\n' };
    expect(await refusedFor(files, { maxMonthlyUsd: 1, maxWorkers: 1 })).toEqual([
      expect.stringMatching(/^FOLDER: the endpoints need 2 workers, .*maxWorkers/),
      expect.stringMatching(/^FOLDER: this would cost \$\d+\.\d\d a month, and the budget is \$1\.00\. /),
    ]);
  });
});

const targetOf = (keys: string): Files => ({
  'shop.yml': `targets:\n  pager: { ${keys} }\nshop.example.com: { targets: [pager] }\n`,
});

describe('targets that one machine can serve and AWS cannot', () => {
  test.each<readonly [string, string]>([
    [
      'run: ["/bin/true"]',
      'runs a command, and a Lambda has nothing to run. Put it into a function and use post_service: aws-lambda.',
    ],
    [
      'post_endpoint: "http://hooks.example.com"',
      'posts to http://hooks.example.com, and EventBridge calls https only. Write an https:// address.',
    ],
    [
      'post_endpoint: "https://hooks.example.com/*"',
      `posts to https://hooks.example.com/*, and EventBridge takes only ASCII letters, digits and -()_.!~';/?:@&=+$, in an address. Write the others as %-escapes, and leave out what follows "#".`,
    ],
    [
      'post_endpoint: "https://hooks.example.com", post_api_key: { param_name: key, param_value: hunter2 }',
      'has its key in param_value, and it would stand readable in the template. Put the key into a secret and write its name in param_secret.',
    ],
    [
      'post_endpoint: "https://hooks.example.com", post_headers: { Host: other }',
      'has the header "Host", which EventBridge sets itself or leaves out. Remove it.',
    ],
    [
      'post_endpoint: "https://hooks.example.com", post_headers: { Cache-Control: no-store }',
      'has the header "Cache-Control", which EventBridge sets itself or leaves out. Remove it.',
    ],
    [
      'post_endpoint: "https://hooks.example.com", post_api_key: { param_name: Proxy-Authorization, param_in: header, param_secret: key }',
      'has the header "Proxy-Authorization", which EventBridge sets itself or leaves out. Remove it.',
    ],
    [
      'post_endpoint: "https://hooks.example.com", post_headers: { x.y: other }',
      'has the header "x.y", which EventBridge cannot fill in. Use letters, digits, "-" and "_".',
    ],
    [
      'post_service: aws-eventbridge, event_bus: "arn:aws:events:eu-west-1:event-bus/ops"',
      'has event_bus "arn:aws:events:eu-west-1:event-bus/ops", which is neither a name nor an ARN. Write a name of letters, digits and . - _ /, or arn:aws:events:eu-west-1:123456789012:event-bus/ops.',
    ],
    [
      'post_service: aws-sqs, queue_url: "https://example.com/queue"',
      'has queue_url "https://example.com/queue", which is not the URL of a queue. Write https://sqs.eu-west-1.amazonaws.com/123456789012/ops.',
    ],
    [
      'post_service: aws-sqs, queue_url: "https://sqs.cn-north-1.amazonaws.com/123456789012/ops"',
      'has queue_url "https://sqs.cn-north-1.amazonaws.com/123456789012/ops", which is not the URL of a queue. Write https://sqs.eu-west-1.amazonaws.com/123456789012/ops.',
    ],
    [
      'post_service: aws-sns, topic_arn: "arn:aws:sns:europe:123456789012:ops"',
      'has the region "europe" in topic_arn, and there is none such. Write one like eu-west-1.',
    ],
    [
      'post_service: aws-sns, topic_arn: "arn:aws:sns:eu-west-1:123456789012:ops.fifo"',
      'is a FIFO topic, which EventBridge does not publish on. Use a standard topic, or aws-sqs with a FIFO queue.',
    ],
    [
      'post_service: aws-sns, topic_arn: "arn:aws:sns:eu-west-1:123456789012:ops:6b0e71bd-7e97-4d97-80ce-4a0994e55286"',
      'has topic_arn arn:aws:sns:eu-west-1:123456789012:ops:6b0e71bd-7e97-4d97-80ce-4a0994e55286, which is not the ARN of a topic. Leave out what follows the name of the topic: arn:aws:sns:eu-west-1:123456789012:ops.',
    ],
    [
      'post_service: aws-sns, topic_arn: "arn:aws:sns:cn-north-1:123456789012:ops"',
      'has topic_arn arn:aws:sns:cn-north-1:123456789012:ops, and ARNs in cn-north-1 begin with arn:aws-cn. Write arn:aws-cn: at its beginning, or another region.',
    ],
    [
      'post_service: aws-eventbridge, event_bus: "arn:aws:events:us-gov-west-1:123456789012:event-bus/ops"',
      'has event_bus arn:aws:events:us-gov-west-1:123456789012:event-bus/ops, and ARNs in us-gov-west-1 begin with arn:aws-us-gov. Write arn:aws-us-gov: at its beginning, or another region.',
    ],
    [
      'post_service: aws-lambda, function_arn: "arn:aws:lambda:eu-west-1:123456789012:function:ops:$LATEST"',
      'has function_arn arn:aws:lambda:eu-west-1:123456789012:function:ops:$LATEST, which is not the ARN of a function, its alias or version. Write arn:aws:lambda:eu-west-1:123456789012:function:ops, without :$LATEST.',
    ],
    [
      'post_service: aws-lambda, function_arn: "arn:aws:lambda:eu-west-1:123456789012:layer:ops:1"',
      'has function_arn arn:aws:lambda:eu-west-1:123456789012:layer:ops:1, which is not the ARN of a function, its alias or version. Write arn:aws:lambda:eu-west-1:123456789012:function:ops, without :$LATEST.',
    ],
  ])('%s', async (keys, says) => {
    const lines = await refusedFor(targetOf(keys));
    expect(lines.filter(line => !line.includes('warning'))).toEqual([
      `shop.yml:2: the target "pager" ${says}`,
    ]);
    expect(lines.join()).not.toContain('hunter2');
  });

  test('are no matter while no endpoint names them', async () => {
    const files = { 'shop.yml': 'targets:\n  local: { run: ["/bin/true"] }\nshop.example.com: {}\n' };
    expect(await prepared(files)).toEqual({ kind: 'prepared', lines: [] });
  });

  const inTwoRegions: Files = {
    'shop.yml': `
targets:
  here: { post_service: aws-sns, topic_arn: "arn:aws:sns:eu-west-1:123456789012:ops" }
  there: { post_service: aws-lambda, function_arn: "arn:aws:lambda:us-east-1:123456789012:function:ops" }
shop.example.com: { targets: [here, there] }
`,
  };

  test('stand in another region than the deployment', async () => {
    const [line] = await refusedFor(inTwoRegions, {}, 'eu-west-1');
    expect(line).toBe(
      'shop.yml:4: the target "there" is in us-east-1, and this deployment is in eu-west-1: EventBridge delivers within a region. Use one in eu-west-1, or an aws-eventbridge target with a bus in us-east-1.',
    );
  });

  test('stand in two regions, whatever the deployment’s is', async () => {
    expect(await refusedFor(inTwoRegions)).toEqual([
      'shop.yml:4: the target "there" is in us-east-1, and the target "here" (shop.yml:3) in eu-west-1: EventBridge delivers within a region. Use targets in one region, or an aws-eventbridge target with a bus in the other.',
    ]);
  });
});

test('more than 60 keys from secrets are refused where the 61st is', async () => {
  const targets = (count: number) =>
    Array.from(
      { length: count },
      (_, n) =>
        `  t${n}: { post_endpoint: "https://t.example.com/${n}", post_api_key: { param_in: bearer, param_secret: s${n} } }`,
    );
  const files = (count: number): Files => ({
    'many.yml': [
      'targets:',
      ...targets(count),
      ...targets(count).map((_, n) => `e${n}.example.com: { targets: [t${n}] }`),
    ].join('\n'),
  });
  expect((await prepared(files(60))).kind).toBe('prepared');
  expect(await refusedFor(files(61))).toContainEqual(
    expect.stringMatching(
      /^many\.yml:\d+: the target "t\d+" is the first with more than 60 keys from secrets, /,
    ),
  );
});

test('a file of certificates that is not there is refused where the endpoint is', async () => {
  expect(await refusedFor({ 'shop.yml': 'shop.example.com: { ca_file: no/such.pem }\n' })).toEqual([
    'shop.yml:1: ca_file no/such.pem cannot be read, and it is to go along. Correct the path.',
  ]);
});

test('a file of certificates that holds none, or is none, is refused', async () => {
  for (const file of ['/dev/null', 'package.json', 'lib'])
    expect(await refusedFor({ 'shop.yml': `shop.example.com: { ca_file: ${file} }\n` })).toEqual([
      `shop.yml:1: ca_file ${file} is not a file of certificates. Name a PEM file, with -----BEGIN CERTIFICATE----- in it.`,
    ]);
});

describe('what one deployment has no room for', () => {
  const named = (count: number, target: (n: number) => string): Files => ({
    'many.yml': [
      'targets:',
      ...Array.from({ length: count }, (_, n) => `  t${n}: { ${target(n)} }`),
      ...Array.from({ length: count }, (_, n) => `e${n}.example.com: { targets: [t${n}] }`),
    ].join('\n'),
  });

  test.each<readonly [string, (n: number) => string, number, RegExp]>([
    [
      'metric namespaces',
      n => `post_service: aws-cloudwatch, metric_namespace: Shop${n}`,
      50,
      /^many\.yml:52: the target "t50" is the first with more metric namespaces than a policy of IAM is given here: 50, and 5,500 characters\. Let targets share a metric_namespace, or /,
    ],
    [
      'long metric namespaces',
      n => `post_service: aws-cloudwatch, metric_namespace: "${'x'.repeat(250)}${n}"`,
      21,
      /^many\.yml:23: the target "t21" is the first with more metric namespaces than /,
    ],
    [
      'event buses',
      n => `post_service: aws-eventbridge, event_bus: bus-${n}`,
      50,
      /^many\.yml:52: the target "t50" is the first with more event buses than /,
    ],
    [
      'resources',
      n => `recipients: [${Array.from({ length: 85 }, (_, m) => `ops-${n}-${m}@example.com`).join(', ')}]`,
      5,
      /^many\.yml:\d+: the target "t\d" is the first that needs more than 449 resources of AWS for destinations: a stack has 500, of which 1 are schedules and 0 alarms on endpoints\. /,
    ],
  ])('%s', async (_, target, most, says) => {
    expect(await prepared(named(most, target))).toMatchObject({ kind: 'prepared' });
    expect(await refusedFor(named(most + 1, target))).toEqual([expect.stringMatching(says)]);
  });

  test('secrets of checks', async () => {
    const files = (count: number): Files => ({
      'many.yml': Array.from(
        { length: count },
        (_, n) => `e${n}.example.com: { bearer_secret: s${n}, interval: 5m }\n`,
      ).join(''),
    });
    expect((await prepared(files(200))).kind).toBe('prepared');
    expect(await refusedFor(files(201))).toEqual([
      expect.stringMatching(
        /^many\.yml:\d+: "e\d+\.example\.com" is the first with more than 200 secrets of checks, /,
      ),
    ]);
  });

  test('topics of alarms', async () => {
    const files = (count: number): Files => ({
      'shop.yml': `
self: { targets: [${Array.from({ length: count }, (_, n) => `t${n}`).join(', ')}] }
targets:
${Array.from({ length: count }, (_, n) => `  t${n}: { recipients: [ops-${n}@example.com] }`).join('\n')}
shop.example.com: {}
`,
    });
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:ops';
    const line =
      /^shop\.yml:\d+: the target "t\d" is the first with more than 5 topics that hear of the monitor's alarms: /;
    expect((await prepared(files(5))).kind).toBe('prepared');
    expect(await refusedFor(files(6))).toEqual([expect.stringMatching(line)]);
    expect(await refusedFor(files(5), { alarmTopicArn })).toEqual([expect.stringMatching(line)]);
  });

  test('workers, where too few are reserved for two of each jobset', async () => {
    const files = { 'shop.yml': 'shop.example.com: { interval: 1s }\ncart.example.com: { interval: 5m }\n' };
    expect((await prepared(files, { reservedConcurrency: 4 })).kind).toBe('prepared');
    expect(await refusedFor(files, { reservedConcurrency: 3 })).toEqual([
      '-c reservedConcurrency=3: 2 jobsets may run 4 workers at once, two each while they hand over. Write 4 or more, or none.',
    ]);
  });
});

describe('a topic of alarms', () => {
  const shop: Files = { 'shop.yml': 'shop.example.com: {}\n' };
  const sns = targetOf('post_service: aws-sns, topic_arn: "arn:aws:sns:eu-west-1:123456789012:ops"');
  const there = 'arn:aws:sns:us-east-1:123456789012:ops';

  test.each<readonly [string, Files, string, string | null, string]>([
    [
      'in another region than the deployment',
      shop,
      there,
      'eu-west-1',
      'the topic is in us-east-1, and this deployment is in eu-west-1: an alarm tells topics of its own region. Use one in eu-west-1.',
    ],
    [
      'in another region than a target',
      sns,
      there,
      null,
      'the topic is in us-east-1, and the target "pager" (shop.yml:2) in eu-west-1: an alarm tells topics of its own region. Use one in eu-west-1.',
    ],
    [
      'in no region',
      shop,
      'arn:aws:sns:europe:123456789012:ops',
      null,
      'the topic has the region "europe" in alarmTopicArn, and there is none such. Write one like eu-west-1.',
    ],
  ])('%s', async (_, files, alarmTopicArn, region, says) => {
    expect(await refusedFor(files, { alarmTopicArn }, region)).toEqual([
      `-c alarmTopicArn=${alarmTopicArn}: ${says}`,
    ]);
  });
});

test('the secrets that must exist are listed, each with who uses it and how to make it', async () => {
  const files = {
    'shop.yml': `
targets:
  chat: { post_endpoint: https://chat.example.com, post_api_key: { param_in: bearer, param_secret: chat-key } }
shop.example.com: { bearer_secret: chat-key, targets: [chat] }
`,
  };
  expect(await prepared(files)).toEqual({
    kind: 'prepared',
    lines: [
      'This secret must exist in Secrets Manager before the deployment:',
      '  chat-key: target "chat" (shop.yml:3), endpoint "shop.example.com" (shop.yml:4)',
      '    read -rs VALUE && aws secretsmanager create-secret --name chat-key --secret-string "$VALUE"',
    ],
  });
});
