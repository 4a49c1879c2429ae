import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Loaded, loadFolder } from '../../lib/config/load-folder.ts';
import { formatProblem } from '../../lib/config/problem/problem.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoints-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (path: string, text: string | Uint8Array) => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};

const load = async (previous?: Loaded): Promise<Loaded> => {
  const loaded = await loadFolder(folder, previous);
  if (loaded.kind !== 'loaded') throw new Error(loaded.message);
  return loaded;
};

const said = ({ problems }: Loaded) => problems.map(each => formatProblem(each).replace(`${folder}/`, ''));
const names = ({ config }: Loaded) => config.endpoints.map(({ name }) => name);

test('every *.yml is read, sub-folders included, sorted by path', async () => {
  await write('b.yml', 'b.example.com:\n');
  await write('a/z.yml', 'z.example.com:\n');
  await write('a.yml/inside.yml', 'inside.example.com:\n');
  await write('README.md', 'no: [yaml');
  await write('schema.json', '{}');
  await write('.hidden.yml', 'hidden.example.com:\n');
  await write('..data/copy.yml', 'z.example.com:\n');
  const loaded = await load();
  expect(said(loaded)).toEqual([]);
  expect(names(loaded)).toEqual(['inside.example.com', 'z.example.com', 'b.example.com', 'self']);
});

test('*.yaml is reported and not read', async () => {
  await write('a.yaml', 'a.example.com:\n');
  const loaded = await load();
  expect(said(loaded)).toEqual(['a.yaml:1:1: warning: only *.yml files are read. Rename it to .yml.']);
  expect(loaded.invalidFiles).toEqual([]);
});

test('links are followed, and one that leads back to its folder ends', async () => {
  await write('real/a.yml', 'a.example.com:\n');
  await symlink(join(folder, 'real'), join(folder, 'again'));
  await symlink(folder, join(folder, 'real', 'loop'));
  expect(names(await load())).toEqual(['a.example.com', 'self']);
});

test('what cannot be read is one problem, and the others go on', async () => {
  await write('good.yml', 'good.example.com:\n');
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling.yml'));
  await symlink(join(folder, 'circle.yml'), join(folder, 'circle.yml'));
  const socket = createServer().listen(join(folder, 'socket.yml'));
  await once(socket, 'listening');
  await write('large.yml', `# ${'x'.repeat(2 ** 20)}\n`);
  const loaded = await load();
  socket.close();
  expect(said(loaded)).toEqual([
    'circle.yml:1:1: this cannot be read: it is a link to itself. Make it readable, or remove it.',
    'dangling.yml:1:1: this cannot be read: it is a link to nothing, or was just removed. Make it readable, or remove it.',
    'large.yml:1:1: the file is larger than 1 MiB. Split it into several files.',
    'socket.yml:1:1: this is not a regular file. Remove it.',
  ]);
  expect(loaded.invalidFiles).toHaveLength(4);
  expect(names(loaded)).toEqual(['good.example.com', 'self']);
});

test.each([
  ['an empty file', ''],
  ['only comments', '# nothing yet\n'],
  ['only a byte order mark', '\ufeff'],
  ['only the start of a document', '---\n'],
])('%s is a file without endpoints', async (_, text) => {
  await write('a.yml', text);
  const loaded = await load();
  expect(said(loaded)).toEqual([]);
  expect(names(loaded)).toEqual(['self']);
});

test('a byte order mark moves no column', async () => {
  await write('a.yml', '\ufeffa.example.com: 5\n');
  expect(said(await load())).toEqual([
    'a.yml:1:16: "a.example.com" is "5". Write keys below it, indented: "interval: 1s".',
  ]);
});

test('bytes that are no UTF-8 are found', async () => {
  await write(
    'a.yml',
    Buffer.concat([Buffer.from('a.example.com:\n  description: "'), Buffer.from([0xe9]), Buffer.from('"\n')]),
  );
  await write('b.yml', Buffer.from('b.example.com:\n', 'utf16le'));
  expect(said(await load())).toEqual([
    'a.yml:2:17: this is not UTF-8 text. Save the file as UTF-8.',
    'b.yml:1:2: the control character U+0000 is not allowed in YAML. Remove it, or write it as an escape between double quotes.',
  ]);
});

test('a file whose text did not change is not parsed again', async () => {
  await write('a.yml', 'a.example.com:\n');
  await write('b.yml', 'b.example.com:\n');
  const before = await load();
  await write('b.yml', 'b.example.com:\n  interval: 1s\n');
  const after = await load(before);
  const readOf = (loaded: Loaded, file: string) => loaded.files.get(join(folder, file))?.read;
  expect(readOf(after, 'a.yml')).toBe(readOf(before, 'a.yml'));
  expect(readOf(after, 'b.yml')).not.toBe(readOf(before, 'b.yml'));
  expect(after.config.endpoints[0]).toBe(before.config.endpoints[0]);
});

test('no text of a file is kept: a problem that another file causes later still has its line', async () => {
  await write('a.yml', '# one\n# two\na.example.com:\n  depends_on: [b.example.com]\n');
  await write('b.yml', 'b.example.com:\n');
  const before = await load();
  expect(said(before)).toEqual([]);
  expect(JSON.stringify([...before.files])).not.toContain('# two');
  await rm(join(folder, 'b.yml'));
  expect(said(await load(before))).toEqual([
    'a.yml:4:16: there is no endpoint "b.example.com". Did you mean "a.example.com"?',
  ]);
});

test('a file that became invalid, or unreadable, stays as it last was valid', async () => {
  await write('a.yml', 'a.example.com:\n');
  const before = await load();
  await write('a.yml', 'a.example.com: [\n');
  const invalid = await load(before);
  expect(names(invalid)).toEqual(['a.example.com', 'self']);
  await rm(join(folder, 'a.yml'));
  await symlink(join(folder, 'nowhere'), join(folder, 'a.yml'));
  const unreadable = await load(invalid);
  expect(unreadable.invalidFiles).toHaveLength(1);
  expect(names(unreadable)).toEqual(['a.example.com', 'self']);
});

test('without the folder there is one clear sentence', async () => {
  await write('file', '');
  expect(await loadFolder(join(folder, 'nowhere'))).toEqual({
    kind: 'no-folder',
    message: `the folder ${folder}/nowhere does not exist`,
  });
  expect(await loadFolder(join(folder, 'file'))).toEqual({
    kind: 'no-folder',
    message: `${folder}/file is not a folder`,
  });
});

test('places are relative to where the user stands', async () => {
  const loaded = await loadFolder('endpoints');
  expect(loaded).toMatchObject({ kind: 'loaded', problems: [], invalidFiles: [] });
  if (loaded.kind === 'loaded') expect([...loaded.files.keys()]).toContain('endpoints/example.yml');
});
