import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-'));
  writeFileSync(
    join(folder, 'bad.yml'),
    'shop.example.com:\n  interval: 5\n  post_service: aws-cloudwatch\n',
  );
  writeFileSync(
    join(folder, 'fine.yml'),
    'a.example.com:\n  post_endpoint: https://example.com\n  post_api_key: { param_name: key, param_value: hunter2 }\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const validate = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['lib/cli/validate.ts', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout: stdout.replaceAll(`${folder}/`, ''), stderr };
};

test('problems are one line each, then the sum; errors make it exit 1', () => {
  expect(validate(folder)).toEqual({
    status: 1,
    stdout: `bad.yml:2:13: interval is "5". Add a unit: "5s" or "5ms".
fine.yml:3:36: warning: secrets do not belong in files. Put the key into a secret and write its name in param_secret.
2 files, 1 endpoint, 1 target: 1 error, 1 warning.
`,
    stderr: '',
  });
});

test('--format github annotates', () => {
  const { status, stdout } = validate(folder, '--format', 'github');
  expect(status).toBe(1);
  expect(stdout).toContain(
    '::error file=bad.yml,line=2,col=13::interval is "5". Add a unit: "5s" or "5ms".\n',
  );
  expect(stdout).toContain('::warning file=fine.yml,line=3,col=36::');
});

test('--format json is one document', () => {
  const { status, stdout } = validate('--format=json', folder);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    problems: [
      {
        file: 'bad.yml',
        line: 2,
        col: 13,
        severity: 'error',
        message: 'interval is "5"',
        fix: 'Add a unit: "5s" or "5ms"',
      },
      { file: 'fine.yml', severity: 'warning' },
    ],
    files: 2,
    invalid_files: 1,
    endpoints: 1,
    targets: 1,
    errors: 1,
    warnings: 1,
    notes: 0,
  });
});

test('the endpoints that come with the product are without a problem', () => {
  expect(validate()).toMatchObject({ status: 0, stdout: expect.stringMatching(/: no problems\.\n$/) });
});

test.each([
  [['--nope'], "npm run validate: Unknown option '--nope'. Try --help.\n"],
  [['--format'], "npm run validate: Option '--format <value>' argument missing. Try --help.\n"],
  [['--format', 'xml'], "npm run validate: --format is 'xml', not pretty, json or github. Try --help.\n"],
  [['a', 'b'], "npm run validate: Unexpected argument 'b'. Try --help.\n"],
  [['nowhere'], 'npm run validate: the folder nowhere does not exist.\n'],
])('%j is wrong use', (args, stderr) => {
  expect(validate(...args)).toEqual({ status: 2, stdout: '', stderr });
});

test('--help says how', () => {
  const { status, stdout } = validate('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('Usage: npm run validate');
});
