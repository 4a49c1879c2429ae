import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { Config } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { Deployment, Jobset } from '../domain/jobset.ts';

const functions = fileURLToPath(new URL('../../functions', import.meta.url));
const HANDLERS = ['check', 'sweep'];

/** CommonJS dependencies call `require`, which an ES module does not have. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** Says only what changes with the code. */
const releaseOf = (files: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
};

type Built = { readonly files: readonly string[]; readonly modules: readonly string[] };

const build = (folder: string): Built => {
  const { metafile } = buildSync({
    entryPoints: HANDLERS.map(name => join(functions, `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  return { files: HANDLERS.map(name => join(folder, `${name}.mjs`)), modules: Object.keys(metafile.inputs) };
};

/** The file of certificates that a check trusts goes along, under a name of its content. */
const withCertificates = (folder: string, endpoint: Endpoint): Endpoint => {
  const { check } = endpoint;
  if (!('tls' in check) || check.tls.caFile === null) return endpoint;
  const bytes = readFileSync(check.tls.caFile);
  const caFile = `certificates/${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.pem`;
  mkdirSync(join(folder, 'certificates'), { recursive: true });
  writeFileSync(join(folder, caFile), bytes);
  return { ...endpoint, check: { ...check, tls: { ...check.tls, caFile } } };
};

export type BundleInput = {
  readonly config: Config;
  readonly jobsets: readonly Jobset[];
  readonly invalidFiles: readonly string[];
};

/** Writes what both functions are made of into a folder, which is emptied first. The same input gives the same bytes.
 *  Returns the modules that went in, as paths from the working directory. */
export const bundle = (folder: string, { config, jobsets, invalidFiles }: BundleInput): readonly string[] => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'jobsets'), { recursive: true });
  const write = (file: string, content: unknown) =>
    writeFileSync(join(folder, file), JSON.stringify(content));
  const { files, modules } = build(folder);
  const deployment: Deployment = {
    release: releaseOf(files),
    jobsets: jobsets.map(({ id, kind }) => ({ id, kind })),
    invalidFiles,
  };
  write('deployment.json', deployment);
  write('targets.json', config.targets);
  for (const jobset of jobsets) {
    const endpoints = jobset.config.endpoints.map(endpoint => withCertificates(folder, endpoint));
    write(join('jobsets', `${jobset.id}.json`), { ...jobset, config: { ...jobset.config, endpoints } });
  }
  return modules;
};
