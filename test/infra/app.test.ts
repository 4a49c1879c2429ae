import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { oneEndpoint, withFolder } from './stacks.ts';

/** As the CDK's command line starts it, without an account. */
const run = (endpoints: string, given: { readonly [key: string]: unknown }) => {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-app-'));
  const { PATH } = process.env;
  try {
    const { status, stderr } = spawnSync(process.execPath, ['lib/infra/app.ts'], {
      encoding: 'utf8',
      env: { PATH, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ endpoints, ...given }) },
    });
    return {
      status,
      stderr: stderr.replaceAll(`${endpoints}/`, ''),
      made: existsSync(outdir) ? readdirSync(outdir) : [],
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
};

test('the app synthesizes offline, with the roles for GitHub where a repository is given', async () => {
  const { status, stderr, made } = await withFolder(oneEndpoint, async folder =>
    run(folder, { stage: 'dev', repository: 'acme/monitor' }),
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(made).toEqual(
    expect.arrayContaining(['peregrine-dev.template.json', 'PeregrineGithub.template.json']),
  );
});

test('what is refused is told in lines, without a stack trace, and nothing is made', async () => {
  const { status, stderr, made } = await withFolder(
    { 'shop.yml': 'targets: { t: { run: ["/bin/true"] } }\nshop.example.com: { targets: [t] }\n' },
    async folder => run(folder, {}),
  );
  expect(status).toBe(1);
  expect(stderr).toBe(
    'shop.yml:1: the target "t" runs a command, and a Lambda has nothing to run. Put it into a function and use post_service: aws-lambda.\n',
  );
  expect(made).toEqual([]);
});

test('wrong parameters are told before anything is read', async () => {
  const { status, stderr } = run('nowhere', { stgae: 'dev' });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: '-c stgae: there is no such parameter. Did you mean "stage"?\n',
  });
});
