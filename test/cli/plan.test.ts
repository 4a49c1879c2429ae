import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const files = {
  fine: {
    'shop.yml': `
targets:
  chat:
    post_endpoint: https://chat.example.com/hooks
    post_api_key: { param_in: bearer, param_secret: chat-token }
  metric: { post_service: aws-cloudwatch, metric_namespace: Shop, alarm: true }
fast.example.com: { interval: 1s, targets: [metric] }
slow.example.com: { interval: 60s, targets: [chat], bearer_secret: shop-token }
hourly.example.com: { cron_schedule: "0 * * * *" }
`,
  },
  bad: {
    'bad.yml': 'shop.example.com:\n  interval: 5\n',
    'heavy.yml': 'flood: { scheme: exec, test: /bin/true, interval: 5ms }\n',
  },
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'plan-'));
  for (const [folder, contents] of Object.entries(files)) {
    mkdirSync(join(root, folder));
    for (const [name, text] of Object.entries(contents)) writeFileSync(join(root, folder, name), text);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

type Ended = { readonly status: number | string | null; readonly stdout: string; readonly stderr: string };

const planIn = (folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise(resolve => {
    const all = ['lib/cli/plan.ts', '--endpoints', join(root, folder), ...args];
    execFile(process.execPath, all, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout: stdout.replaceAll(`${root}/`, ''), stderr }),
    );
  });

test('--json has the endpoints, the cost by service, the jobsets and the problems', async () => {
  const { status, stdout } = await planIn('fine', ['--json']);
  expect(status).toBe(0);
  const planned = JSON.parse(stdout);
  expect(planned).toMatchObject({
    endpoints: 3,
    checks_per_second: expect.closeTo(1 + 1 / 60 + 1 / 3600, 3),
    monthly_usd: { total: expect.any(Number), by_service: { cloudwatch: expect.any(Number) } },
    jobsets: [
      { id: 'loop-0', kind: 'loop', endpoints: 1, checks_per_second: 1 },
      { id: 'burst-0', kind: 'burst', endpoints: 2 },
    ],
    problems: [],
    endpoint_alarms: 1,
    secrets: [
      { name: 'chat-token', used_by: ['target "chat" (fine/shop.yml:3)'] },
      { name: 'shop-token', used_by: ['endpoint "slow.example.com" (fine/shop.yml:8)'] },
    ],
    prices: { region: 'us-east-1' },
  });
  const { total, by_service } = planned.monthly_usd;
  const sum = Object.values<number>(by_service).reduce((all, usd) => all + usd, 0);
  expect(sum).toBeCloseTo(total, 2);
});

test('for a person there is a table of jobsets, of costs and of the dearest endpoints', async () => {
  const { status, stdout } = await planIn('fine', []);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^3 endpoints, 1 checks\/s, [\d,]+ checks a month: 2 jobsets on workers of 256 MB\.\n/,
  );
  expect(stdout).toMatch(/^loop-0 +1 +1 +1 +\d+% +0% +0%$/m);
  expect(stdout).toMatch(/prices of us-east-1 on 20\d\d-\d\d-\d\d, free tiers left out:\n {2}lambda +\$\d/);
  expect(stdout).toMatch(/The dearest endpoints:\n {2}fast\.example\.com \(fine\/shop\.yml:7\) +\$\d/);
  expect(stdout).toMatch(/\nNo problems\.\n$/);
});

test('--free-tier makes it cheaper', async () => {
  const usd = async (...args: readonly string[]) =>
    JSON.parse((await planIn('fine', ['--json', ...args])).stdout).monthly_usd.total;
  expect(await usd('--free-tier')).toBeLessThan((await usd()) - 4);
});

test('problems of files and of the plan are listed with their place, and make it exit 1', async () => {
  const { status, stdout } = await planIn('bad', []);
  expect(status).toBe(1);
  expect(stdout.split('\n\n').at(-1)).toBe(`2 problems:
bad/bad.yml:2:13: interval is "5". Add a unit: "5s" or "5ms".
bad/heavy.yml:1: "flood" is too heavy for any worker: at worst it needs 80% of a vCPU, of which 60% may be used. Check it less often: a longer interval and interval_fail.
`);
});

test('a budget or a number of workers that is too small is a problem', async () => {
  const { status, stdout } = await planIn('fine', ['--json', '--max-monthly-usd', '2', '--max-workers=1']);
  expect(status).toBe(1);
  expect(JSON.parse(stdout).problems).toMatchObject([
    { source: null, message: 'the endpoints need 2 workers, the most allowed is 1' },
    { source: null, message: expect.stringContaining('the budget is $2.00') },
  ]);
});

test('--check-secrets asks AWS, and says how to create what is missing', async () => {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const { SecretId } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    asked.push(`${request.headers['x-amz-target']} ${SecretId}`);
    if (SecretId === 'chat-token') response.end(JSON.stringify({ Name: SecretId }));
    else {
      response.writeHead(400, { 'x-amzn-errortype': 'ResourceNotFoundException' });
      response.end(JSON.stringify({ __type: 'ResourceNotFoundException', message: 'none' }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { status, stdout } = await planIn('fine', ['--check-secrets'], {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  server.close();
  expect(asked.toSorted()).toEqual([
    'secretsmanager.DescribeSecret chat-token',
    'secretsmanager.DescribeSecret shop-token',
  ]);
  expect(status).toBe(1);
  expect(stdout.split('\n\n').at(-1)).toBe(`1 problem:
endpoint "slow.example.com" (fine/shop.yml:8) needs the secret shop-token, which does not exist. Create it: \`aws secretsmanager create-secret --name shop-token --secret-string '…'\`.
`);
});

test.each([
  [['--nope'], "npm run plan: Unknown option '--nope'. Try --help.\n"],
  [['--max-workers', 'x'], 'npm run plan: --max-workers is "x", not a number from 1.\n'],
  [['--max-monthly-usd', '-1'], /--max-monthly-usd/],
  [['--endpoints', 'nowhere'], 'npm run plan: the folder nowhere does not exist.\n'],
])('%j is wrong use', async (args, stderr) => {
  const ended = await planIn('fine', args);
  expect(ended).toMatchObject({ status: 2, stdout: '' });
  expect(ended.stderr).toMatch(stderr);
});
