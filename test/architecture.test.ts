import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Who may import whom; every folder may import itself. */
const allowed: { readonly [folder: string]: readonly string[] } = {
  domain: [],
  config: ['domain'],
  schedule: ['domain'],
  probe: ['domain'],
  rule: ['domain'],
  engine: ['domain', 'schedule', 'rule'],
  aws: ['domain', 'engine'],
  local: ['domain', 'config', 'schedule', 'probe', 'rule', 'engine', 'aws'],
  cli: ['domain', 'config', 'schedule', 'probe', 'rule', 'engine', 'aws', 'local'],
};

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g;

type Import = { readonly from: string; readonly specifier: string };

const importsOf = (file: string): readonly Import[] =>
  Array.from(readFileSync(join(root, file), 'utf8').matchAll(IMPORT), match => ({
    from: file,
    specifier: match[1] ?? match[2] ?? match[3] ?? '',
  }));

const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => join('lib', name));
const imports = files.flatMap(importsOf);

const folderOf = (file: string): string => file.split('/')[1] ?? '';
const isLocal = ({ specifier }: Import): boolean => specifier.startsWith('.');
const target = ({ from, specifier }: Import): string => relative(root, join(root, dirname(from), specifier));

test('every folder of lib is in the table', () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual(Object.keys(allowed).sort());
});

test('no folder imports what the table does not allow', () => {
  const wrong = imports.filter(isLocal).filter(one => {
    const [from, to] = [folderOf(one.from), folderOf(target(one))];
    return from !== to && !allowed[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

test('of the engine, lib/aws knows the ports alone', () => {
  const wrong = imports
    .filter(isLocal)
    .filter(one => folderOf(one.from) === 'aws' && folderOf(target(one)) === 'engine')
    .filter(one => target(one) !== 'lib/engine/ports.ts');
  expect(wrong).toEqual([]);
});

test('the AWS SDK is imported in lib/aws only, and the CDK nowhere in the engine', () => {
  const wrong = imports.filter(({ from, specifier }) =>
    specifier.startsWith('@aws-sdk/')
      ? folderOf(from) !== 'aws'
      : /^(aws-cdk-lib|constructs)/.test(specifier),
  );
  expect(wrong).toEqual([]);
});

test('what a Lambda runs reaches neither the YAML compiler nor anything of one machine', () => {
  const reached = new Set(files.filter(file => ['engine', 'probe', 'aws'].includes(folderOf(file))));
  for (const file of reached) for (const one of importsOf(file)) if (isLocal(one)) reached.add(target(one));
  const packages = [...reached].flatMap(importsOf).filter(one => !isLocal(one));
  const forbidden = /^(yaml|zod|dynalite|aws-cdk-lib|prom-client)(\/|$)/;
  expect(packages.filter(({ specifier }) => forbidden.test(specifier))).toEqual([]);
  expect([...reached].filter(file => ['config', 'local', 'cli'].includes(folderOf(file)))).toEqual([]);
});

test('time comes from the clock: nothing else in lib sets a timer or reads the date', () => {
  const timers = /\b(?:setTimeout|setInterval|Date\.now|AbortSignal\.timeout)\(|\bnew Date\(\)/;
  const wrong = files.filter(
    file => file !== 'lib/domain/clock.ts' && timers.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});
