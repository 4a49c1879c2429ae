import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle } from '../../lib/infra/bundle.ts';
import { type Prepared, prepare } from '../../lib/infra/prepare.ts';
import { parametersOf, withFolder } from './stacks.ts';

let folder: string;
let certificate: string;
let modules: readonly string[];
let prepared: Prepared;

const contents = (): { readonly [file: string]: string } =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(file => statSync(join(folder, file)).isFile())
      .sort()
      .map(file => [file, readFileSync(join(folder, file), 'utf8')]),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'infra-bundle-'));
  certificate = `${folder}.pem`;
  writeFileSync(certificate, '-----BEGIN CERTIFICATE-----');
  const files = {
    'shop.yml': `
targets: { hook: { post_endpoint: "https://hooks.example.com" } }
shop.example.com: { interval: 1s, ca_file: ${certificate}, targets: [hook] }
cart.example.com: { interval: 5m }
`,
  };
  const preparation = await withFolder(files, endpoints =>
    prepare({ ...parametersOf({}), endpoints }, { region: null }),
  );
  if (preparation.kind === 'refused') throw new Error(preparation.lines.join('\n'));
  prepared = preparation.prepared;
  modules = bundle(folder, prepared);
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(certificate);
});

test('the folder holds both functions, the jobsets, the targets and the deployment', () => {
  expect(Object.keys(contents())).toEqual([
    expect.stringMatching(/^certificates\/[0-9a-f]{12}\.pem$/),
    'check.mjs',
    'deployment.json',
    'jobsets/burst-0.json',
    'jobsets/loop-0.json',
    'sweep.mjs',
    'targets.json',
  ]);
  const { 'deployment.json': deployment = '', 'targets.json': targets = '' } = contents();
  expect(JSON.parse(deployment)).toEqual({
    release: expect.stringMatching(/^[0-9a-f]{12}$/),
    jobsets: [
      { id: 'loop-0', kind: 'loop' },
      { id: 'burst-0', kind: 'burst' },
    ],
    invalidFiles: [],
  });
  expect(JSON.parse(targets)).toMatchObject([{ name: 'hook' }]);
});

test('a file of certificates goes along, and its check finds it there', () => {
  const { 'jobsets/loop-0.json': jobset = '' } = contents();
  const { caFile } = JSON.parse(jobset).config.endpoints[0].check.tls;
  expect(contents()[caFile]).toBe('-----BEGIN CERTIFICATE-----');
});

test('the same input gives the same bytes', () => {
  const before = contents();
  bundle(folder, prepared);
  expect(contents()).toEqual(before);
});

test('the check function is at most 1 MB', () => {
  expect(statSync(join(folder, 'check.mjs')).size).toBeLessThanOrEqual(1_000_000);
});

test('no function holds the CDK, the compiler of files or anything of one machine', () => {
  expect(modules.length).toBeGreaterThan(100);
  const forbidden =
    /(^|\/)node_modules\/(aws-cdk-lib|constructs|yaml|zod|dynalite|prom-client)\/|^lib\/(config|local|sqlite|cli|infra|plan)\//;
  expect(modules.filter(module => forbidden.test(module))).toEqual([]);
});
