import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');

const folder = mkdtempSync(join(tmpdir(), 'peregrine-synth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A target of each kind that has resources of its own. */
const FILE = `
targets:
  header: { post_endpoint: https://hooks.example.com/1, post_api_key: { param_name: x-key, param_in: header, param_secret: a } }
  query: { post_endpoint: https://hooks.example.com/2, post_api_key: { param_name: key, param_in: query, param_secret: b } }
  basic: { post_endpoint: https://hooks.example.com/3, post_api_key: { param_name: me, param_in: basic, param_secret: c } }
  bearer: { post_endpoint: https://hooks.example.com/4, post_api_key: { param_name: me, param_in: bearer, param_secret: d } }
  open: { post_endpoint: https://hooks.example.com/5 }
  queue: { post_service: aws-sqs, queue_url: https://sqs.us-east-1.amazonaws.com/123456789012/ops }
  ordered: { post_service: aws-sqs, queue_url: https://sqs.us-east-1.amazonaws.com/123456789012/ops.fifo }
  topic: { post_service: aws-sns, topic_arn: "arn:aws:sns:us-east-1:123456789012:ops" }
  function: { post_service: aws-lambda, function_arn: "arn:aws:lambda:us-east-1:123456789012:function:ops" }
  bus: { post_service: aws-eventbridge, event_bus: default }
  people: { recipients: [ops@example.com, "+15550100"] }
  metric: { post_service: aws-cloudwatch, metric_namespace: Shop, alarm: true }
defaults:
  targets: [header, query, basic, bearer, open, queue, ordered, topic, function, bus, people, metric]
fast.example.com: { interval: 250ms, bearer_secret: e }
slow.example.com: { interval: 5m }
`;

test('the templates of the whole app, synthesized without credentials, are clean for cfn-lint', async () => {
  const output = join(folder, 'cdk.out');
  const endpoints = join(folder, 'endpoints');
  mkdirSync(endpoints);
  writeFileSync(join(endpoints, 'all.yml'), FILE);
  const context = ['-c', `endpoints=${endpoints}`, '-c', 'repository=owner/name'];
  await run(process.execPath, [CLI, 'synth', '--quiet', '--output', output, ...context], {
    cwd: ROOT,
    timeout: 60_000,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: folder,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CI: 'true',
    },
  });
  const templates = readdirSync(output).filter(file => file.endsWith('.template.json'));
  expect(templates.length).toBeGreaterThan(1);
  const lint = run(
    process.env.PEREGRINE_TEST_CFN_LINT ?? 'cfn-lint',
    ['--non-zero-exit-code', 'warning', ...templates.map(file => join(output, file))],
    { timeout: 60_000 },
  );
  const { stdout } = await lint.catch(error => error as { stdout: string });
  expect(stdout).toBe('');
}, 120_000);
