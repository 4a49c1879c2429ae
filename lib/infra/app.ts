import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App, RemovalPolicy } from 'aws-cdk-lib/core';
import { bundle } from './bundle.ts';
import { type Parameters, readParameters } from './context.ts';
import { GithubStack } from './github-stack.ts';
import { MonitorStack } from './monitor-stack.ts';
import { type Prepared, prepare } from './prepare.ts';

const tell = (lines: readonly string[]): void => {
  for (const line of lines) process.stderr.write(`${line}\n`);
};

const refuse = (lines: readonly string[]): void => {
  tell(lines);
  process.exitCode = 1;
};

/** The CLI fills the region in with us-east-1 where it knows none; with an account it is one that is meant. */
const regionOf = ({ CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION }: NodeJS.ProcessEnv): string | null =>
  CDK_DEFAULT_ACCOUNT === undefined ? null : (CDK_DEFAULT_REGION ?? null);

const addStacks = (app: App, parameters: Parameters, prepared: Prepared): void => {
  const { repository, branch, repositoryIds, oidcProviderArn } = parameters;
  const folder = join(app.outdir, 'functions');
  bundle(folder, prepared);
  new MonitorStack(app, {
    ...parameters,
    ...prepared,
    code: Code.fromAsset(folder),
    removalPolicy: parameters.ephemeral ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    runbook: repository === null ? null : { repository, branch },
  });
  if (repository !== null) new GithubStack(app, { repository, branch, repositoryIds, oidcProviderArn });
};

// A report of the CDK's use would add a resource and a list of all regions to each template.
const app = new App({ analyticsReporting: false, autoSynth: false });
const read = readParameters(app.node.getAllContext());
if (read.kind === 'refused') refuse(read.lines);
else {
  const preparation = await prepare(read.parameters, { region: regionOf(process.env) });
  if (preparation.kind === 'refused') refuse(preparation.lines);
  else {
    tell(preparation.notes);
    addStacks(app, read.parameters, preparation.prepared);
    app.synth();
  }
}
