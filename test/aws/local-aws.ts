import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const CLI_WITHIN_MS = 120_000;

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run npm run test:aws`);
  return value;
};

export type Deployed = {
  /** By name, as the stack gives them out. */
  readonly outputs: { readonly [name: string]: string };
  /** The template of a stack that was synthesized along, and not deployed. */
  readonly template: (stack: string) => Template;
};

export type Template = {
  readonly Resources: {
    // biome-ignore lint/suspicious/noExplicitAny: each type of resource has its own properties.
    readonly [id: string]: { readonly Type: string; readonly Properties: any };
  };
};

export type LocalAws = ReturnType<typeof openLocalAws>;

/** AWS on this machine, as `run.ts` started it. */
export const openLocalAws = () => {
  const url = required('PEREGRINE_TEST_AWS');
  const functionLogs = required('PEREGRINE_TEST_AWS_FUNCTION_LOGS');
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-cdk-'));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = { endpoint: url, region: REGION, credentials };
  const clients = {
    cloudwatch: new CloudWatchClient(client),
    dynamodb: new DynamoDBClient(client),
    eventbridge: new EventBridgeClient(client),
    lambda: new LambdaClient(client),
    secrets: new SecretsManagerClient(client),
    sqs: new SQSClient(client),
  };

  const cdk = async (
    args: readonly string[],
    { cwd = ROOT, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<void> => {
    try {
      await run(process.execPath, [CLI, ...args], {
        cwd,
        timeout: CLI_WITHIN_MS,
        maxBuffer: 2 ** 26,
        env: {
          PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
          HOME: process.env.HOME,
          AWS_ENDPOINT_URL: url,
          AWS_REGION: REGION,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
          CI: 'true',
          ...env,
        },
      });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`cdk ${args[0]} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  };

  return {
    ...clients,
    /** Once: what every deployment needs. Where no app is, so that none is synthesized for it. */
    bootstrap: () => cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`], { cwd: folder }),
    /** `cdk deploy` itself, of the app composed for here. */
    deploy: async (
      stage: string,
      endpoints: string,
      { deadlineS }: { readonly deadlineS?: number } = {},
    ): Promise<Deployed> => {
      const stack = `peregrine-${stage}`;
      const outputs = join(folder, `${stage}.json`);
      const assembly = join(folder, stage);
      await cdk(
        [
          ...['deploy', stack, '--exclusively', '--require-approval', 'never', '--outputs-file', outputs],
          ...['--app', `${process.execPath} test/aws/local-app.ts`, '--output', assembly],
          ...['--context', `stage=${stage}`, '--context', `endpoints=${endpoints}`],
          ...['--context', 'ephemeral=true'],
        ],
        deadlineS === undefined ? {} : { env: { PEREGRINE_TEST_DEADLINE_S: String(deadlineS) } },
      );
      return {
        outputs: JSON.parse(readFileSync(outputs, 'utf8'))[stack],
        template: name =>
          JSON.parse(readFileSync(join(assembly, `${name}.template.json`), 'utf8')) as Template,
      };
    },
    /** Processes that run a function now, idle ones too. */
    processesOf: (functionName: string): readonly number[] =>
      readdirSync(functionLogs)
        .map(file => /^(?<name>.+)-(?<pid>\d+)\.log$/.exec(file)?.groups)
        .flatMap(found => (found?.name === functionName ? [Number(found.pid)] : []))
        .filter(isFunction),
    close: () => {
      for (const each of Object.values(clients)) each.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Not another process that got the number meanwhile. */
const isFunction = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('ministack-lambda-');
  } catch {
    return false;
  }
};
