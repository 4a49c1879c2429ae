import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { GithubStack } from '../../lib/infra/github-stack.ts';
import { appOf, everyTarget } from './stacks.ts';

const found = (app: App): readonly string[] => {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
};

test('AwsSolutions finds nothing that is not acknowledged with a reason', async () => {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-nag-'));
  const app = await appOf(everyTarget, { vpcId: 'vpc-0123abcd', subnetIds: 'subnet-0123abcd' }, outdir);
  const github = new App({ outdir });
  new GithubStack(github, {
    repository: 'acme/monitor',
    branch: 'main',
    repositoryIds: null,
    oidcProviderArn: null,
  });
  try {
    expect(found(app)).toEqual([]);
    expect(found(github)).toEqual([]);
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
