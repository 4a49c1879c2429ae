import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Who may import whom; every folder may import itself. */
const allowed: { readonly [folder: string]: readonly string[] } = {
  domain: [],
  expression: ['domain'],
  config: ['domain', 'expression'],
  schedule: ['domain'],
  plan: ['domain', 'schedule'],
  program: ['domain'],
  probe: ['domain', 'expression', 'program'],
  rule: ['domain'],
  engine: ['domain', 'schedule', 'rule'],
  wording: ['domain'],
  process: ['domain', 'schedule'],
  sqlite: ['domain', 'engine'],
  aws: ['domain', 'wording', 'engine'],
  local: [
    'domain',
    'expression',
    'config',
    'schedule',
    'probe',
    'rule',
    'engine',
    'wording',
    'process',
    'program',
    'aws',
    'sqlite',
  ],
  cli: [
    'domain',
    'config',
    'schedule',
    'plan',
    'probe',
    'rule',
    'engine',
    'wording',
    'process',
    'aws',
    'local',
    'sqlite',
  ],
  infra: ['domain', 'config', 'schedule', 'plan'],
  functions: ['domain', 'expression', 'schedule', 'probe', 'rule', 'engine', 'wording', 'process', 'aws'],
};

/** Rooms of the large folders: each may import those before it, and files beside the rooms may import all. */
const rooms: { readonly [folder: string]: readonly string[] } = {
  config: ['problem', 'yaml', 'schema', 'resolve'],
  probe: ['answer', 'socket', 'http', 'exec'],
  engine: ['ports', 'pacing', 'events', 'measures', 'rules', 'checks', 'delivery', 'term'],
};

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g;

type Import = { readonly from: string; readonly specifier: string };

const importsOf = (file: string): readonly Import[] =>
  Array.from(readFileSync(join(root, file), 'utf8').matchAll(IMPORT), match => ({
    from: file,
    specifier: match[1] ?? match[2] ?? match[3] ?? '',
  }));

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name));
const files = [...filesIn('lib'), ...filesIn('functions')];
const imports = files.flatMap(importsOf);

const folderOf = (file: string): string => {
  const [first = '', second = ''] = file.split('/');
  return first === 'lib' ? second : first;
};
const isLocal = ({ specifier }: Import): boolean => specifier.startsWith('.');
const target = ({ from, specifier }: Import): string => relative(root, join(root, dirname(from), specifier));

test('every folder is in the table', () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual(Object.keys(allowed).sort());
});

test('no folder imports what the table does not allow', () => {
  const wrong = imports.filter(isLocal).filter(one => {
    const [from, to] = [folderOf(one.from), folderOf(target(one))];
    return from !== to && !allowed[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

/** Files of a large folder that lie in no room come after all rooms. */
const floorOf = (file: string): number => {
  const order = rooms[folderOf(file)] ?? [];
  const room = file.split('/').at(2) ?? '';
  return room.endsWith('.ts') ? order.length : order.indexOf(room);
};

test('every room is in its order', () => {
  const rest = files.filter(file => rooms[folderOf(file)] && floorOf(file) < 0);
  expect(rest).toEqual([]);
});

test('no room imports one that comes after it', () => {
  const upward = imports
    .filter(isLocal)
    .filter(one => rooms[folderOf(one.from)] && folderOf(one.from) === folderOf(target(one)))
    .filter(one => floorOf(one.from) < floorOf(target(one)));
  expect(upward).toEqual([]);
});

test('of the engine, the stores know the ports alone', () => {
  const wrong = imports
    .filter(isLocal)
    .filter(one => ['aws', 'sqlite'].includes(folderOf(one.from)) && folderOf(target(one)) === 'engine')
    .filter(one => !target(one).startsWith('lib/engine/ports/'));
  expect(wrong).toEqual([]);
});

test('the AWS SDK is imported in lib/aws only, the CDK and its tools in lib/infra only', () => {
  const onlyIn = (specifier: string): string | null => {
    if (specifier.startsWith('@aws-sdk/')) return 'aws';
    return /^(aws-cdk-lib|constructs|cdk-nag|esbuild)(\/|$)/.test(specifier) ? 'infra' : null;
  };
  const wrong = imports.filter(({ from, specifier }) => {
    const folder = onlyIn(specifier);
    return folder !== null && folder !== folderOf(from);
  });
  expect(wrong).toEqual([]);
});

test('what a Lambda runs reaches neither the YAML compiler, the plan nor anything of one machine', () => {
  const run = ['engine', 'probe', 'wording', 'process', 'aws', 'functions'];
  const reached = new Set(files.filter(file => run.includes(folderOf(file))));
  for (const file of reached) for (const one of importsOf(file)) if (isLocal(one)) reached.add(target(one));
  const packages = [...reached].flatMap(importsOf).filter(one => !isLocal(one));
  const forbidden = /^(yaml|zod|dynalite|aws-cdk-lib|prom-client|node:sqlite)(\/|$)/;
  expect(packages.filter(({ specifier }) => forbidden.test(specifier))).toEqual([]);
  const kept = ['config', 'plan', 'local', 'sqlite', 'cli', 'infra'];
  expect([...reached].filter(file => kept.includes(folderOf(file)))).toEqual([]);
});

test('time comes from the clock: nothing else sets a timer or reads the date', () => {
  const timers = /\b(?:setTimeout|setInterval|Date\.now|AbortSignal\.timeout)\(|\bnew Date\(\)/;
  const wrong = files.filter(
    file => file !== 'lib/domain/clock.ts' && timers.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});
