import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib/core';
import { GithubStack, type GithubStackProps } from '../../lib/infra/github-stack.ts';
import type { Template } from './stacks.ts';

const resourcesOf = (type: string, props: Partial<GithubStackProps> = {}) => {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-github-'));
  try {
    const app = new App({ analyticsReporting: false, outdir });
    const { artifactId } = new GithubStack(app, {
      repository: 'acme/monitor',
      branch: 'main',
      repositoryIds: null,
      oidcProviderArn: null,
      ...props,
    });
    const { Resources } = app.synth().getStackArtifact(artifactId).template as Template;
    return Object.values(Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);
  } finally {
    rmSync(outdir, { recursive: true });
  }
};

const bootstrapRole = (name: string) =>
  [
    'arn:',
    '<AWS::Partition>',
    ':iam::',
    '<AWS::AccountId>',
    `:role/cdk-hnb659fds-${name}-role-`,
    '<AWS::AccountId>',
    '-',
    '<AWS::Region>',
  ].join('');
const flat = (arn: { readonly 'Fn::Sub': string }) => arn['Fn::Sub'].replaceAll(/\$\{([^}]+)\}/g, '<$1>');

const conditionsOf = (props: Partial<GithubStackProps> = {}) =>
  resourcesOf('AWS::IAM::Role', props).map(
    ({ AssumeRolePolicyDocument: { Statement } }) => Statement[0].Condition,
  );
const AUDIENCE = { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' };
const subjects = (...values: readonly string[]) => ({ 'token.actions.githubusercontent.com:sub': values });

test('the branch may deploy, and pull requests may look, whether GitHub names ids or not', () => {
  expect(conditionsOf()).toEqual([
    {
      StringEquals: AUDIENCE,
      StringLike: subjects(
        'repo:acme/monitor:ref:refs/heads/main',
        'repo:acme@*/monitor@*:ref:refs/heads/main',
      ),
    },
    {
      StringEquals: AUDIENCE,
      StringLike: subjects('repo:acme/monitor:pull_request', 'repo:acme@*/monitor@*:pull_request'),
    },
  ]);
});

test('with the ids, nothing is left open', () => {
  expect(conditionsOf({ repositoryIds: '123456/456789' })).toEqual([
    {
      StringEquals: {
        ...AUDIENCE,
        ...subjects(
          'repo:acme/monitor:ref:refs/heads/main',
          'repo:acme@123456/monitor@456789:ref:refs/heads/main',
        ),
      },
    },
    {
      StringEquals: {
        ...AUDIENCE,
        ...subjects('repo:acme/monitor:pull_request', 'repo:acme@123456/monitor@456789:pull_request'),
      },
    },
  ]);
});

test('both may only take the roles that the bootstrap made', () => {
  const statements = resourcesOf('AWS::IAM::Policy').flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  );
  expect(statements.map(({ Action }) => Action)).toEqual(['sts:AssumeRole', 'sts:AssumeRole']);
  expect(statements.map(({ Resource }) => [Resource].flat().map(flat))).toEqual([
    [bootstrapRole('deploy'), bootstrapRole('file-publishing'), bootstrapRole('lookup')],
    [bootstrapRole('lookup')],
  ]);
});

test('an account has one provider for GitHub: one that is there is used', () => {
  expect(resourcesOf('AWS::IAM::OIDCProvider')).toHaveLength(1);
  const oidcProviderArn = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
  expect(resourcesOf('AWS::IAM::OIDCProvider', { oidcProviderArn })).toEqual([]);
  const [{ AssumeRolePolicyDocument }] = resourcesOf('AWS::IAM::Role', { oidcProviderArn });
  expect(AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ Federated: oidcProviderArn });
});
