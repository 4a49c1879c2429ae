import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App, RemovalPolicy } from 'aws-cdk-lib/core';
import { type Parameters, readParameters } from '../../lib/infra/context.ts';
import { MonitorStack } from '../../lib/infra/monitor-stack.ts';
import { type Prepared, prepare } from '../../lib/infra/prepare.ts';

export type Files = { readonly [name: string]: string };

/** Calls `use` with a folder of endpoint files, which is gone afterwards. */
export const withFolder = async <T>(files: Files, use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const parametersOf = (given: { readonly [key: string]: unknown }): Parameters => {
  const read = readParameters(given);
  if (read.kind === 'refused') throw new Error(read.lines.join('\n'));
  return read.parameters;
};

const prepared = async (folder: string, parameters: Parameters): Promise<Prepared> => {
  const preparation = await prepare({ ...parameters, endpoints: folder }, { region: null });
  if (preparation.kind === 'refused') throw new Error(preparation.lines.join('\n'));
  return preparation.prepared;
};

export type Template = {
  readonly Resources: {
    readonly [id: string]: {
      readonly Type: string;
      // biome-ignore lint/suspicious/noExplicitAny: a template has a shape for each type of resource.
      readonly Properties: any;
      readonly DeletionPolicy?: string;
      readonly DependsOn?: readonly string[];
    };
  };
  readonly Outputs?: { readonly [name: string]: unknown };
};

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));

/** With the flags of cdk.json. What the functions are made of is of no matter here. */
export const appOf = async (
  files: Files,
  given: { readonly [key: string]: unknown } = {},
  outdir?: string,
): Promise<App> =>
  withFolder({ ...files, 'code/check.mjs': 'export {};' }, async folder => {
    const parameters = parametersOf(given);
    const app = new App({ context, analyticsReporting: false, ...(outdir !== undefined && { outdir }) });
    new MonitorStack(app, {
      ...parameters,
      ...(await prepared(folder, parameters)),
      code: Code.fromAsset(join(folder, 'code')),
      removalPolicy: parameters.ephemeral ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      runbook: parameters.repository === null ? null : { repository: parameters.repository, branch: 'main' },
    });
    return app;
  });

/** Templates by the name of their stack. */
export const templatesOf = async (
  files: Files,
  given: { readonly [key: string]: unknown } = {},
): Promise<{ readonly [stack: string]: Template }> => {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-out-'));
  try {
    const assembly = (await appOf(files, given, outdir)).synth();
    return Object.fromEntries(
      assembly.stacks.map(({ stackName, template }) => [stackName, template as Template]),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
};

export const oneEndpoint: Files = { 'shop.yml': 'shop.example.com: { interval: 1s }\n' };

export const manyEndpoints = (count: number, keys = 'interval: 1s'): Files => ({
  'many.yml': Array.from({ length: count }, (_, n) => `e${n}.example.com: { ${keys} }\n`).join(''),
});

/** A target of every kind. */
export const everyTarget: Files = {
  'targets.yml': readFileSync(new URL('every-target.yml', import.meta.url), 'utf8'),
};
