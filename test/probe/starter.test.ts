import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../lib/domain/clock.ts';
import type { ExecCheck } from '../../lib/domain/endpoint.ts';
import { openBashStarter } from '../../lib/probe/exec/bash-starter.ts';
import { openDashStarter } from '../../lib/probe/exec/dash-starter.ts';
import type { ProcessGroup, Starter } from '../../lib/probe/exec/process-group.ts';
import { createShellCommands } from '../../lib/probe/exec/shell-command.ts';
import { spawnStarter } from '../../lib/probe/exec/spawn-starter.ts';
import { alive, gone } from './processes.ts';

const environment = {
  PATH: process.env.PATH,
  HOME: '/nowhere',
  EMPTY: '',
  SHLVL: '3',
  QUOTES: `it's "$HOME" \`id\` \\ \n é`,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starter-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string): string => path.join(folder, name);
const pidIn = (name: string): number => {
  const pid = Number(readFileSync(file(name), 'utf8'));
  if (!(pid > 1)) throw new Error(`${pid} would be a whole group`);
  return pid;
};
const written = async (name: string): Promise<void> => {
  for (
    let count = 0;
    count < 300 && !(existsSync(file(name)) && readFileSync(file(name), 'utf8').endsWith('\n'));
    count += 1
  )
    await new Promise(resolve => setTimeout(resolve, 10));
};

const shell = (line: string): ExecCheck['command'] => ({ kind: 'shell', line });
const program = (name: string, ...args: readonly string[]): ExecCheck['command'] => ({
  kind: 'program',
  program: name,
  arguments: args,
});

type Open = () => Promise<Starter | null>;
const commands = createShellCommands(environment.PATH);
const kinds: readonly (readonly [string, Open])[] = [
  ['dash', () => openDashStarter(systemClock, environment, commands)],
  ['bash', () => openBashStarter(systemClock, environment, commands)],
  ['spawn', async () => spawnStarter(systemClock, environment, true)],
];
/** Not every system has all three. */
const isHere = (name: string): boolean =>
  name === 'spawn' ||
  [name, ...(name === 'dash' ? ['perl'] : [])].every(one => !spawnSync(one, ['-c', ':']).error);

describe.each(kinds.filter(([name]) => isHere(name)))('programs started by %s', (kind, open) => {
  let starter: Starter | null = null;
  const start = (command: ExecCheck['command']): ProcessGroup => {
    if (starter === null) throw new Error(`there is no ${kind}`);
    return starter.start(command);
  };
  const run = (command: ExecCheck['command']) => start(command).ended;
  beforeEach(async () => {
    if (starter?.isUsable()) return;
    starter = await open();
  });
  afterAll(() => starter?.close());

  const hostile = [
    '$(id)',
    '`id`',
    "it's",
    "'",
    `"'"'`,
    '\\',
    "\\'",
    'a\nb\n',
    '\n',
    '',
    '-n',
    '--',
    '-e',
    '*',
    '~',
    '$HOME',
    ';exit 3',
    '&',
    '|',
    '#',
    '!',
    ' ',
    '\t',
    '\r',
    '\x01\x7f',
    'é ü 漢字 🦅',
    Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code + 0x20)).join(''),
  ];

  test('arguments come as they are', async () => {
    const ended = await run(
      program(process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', '--', ...hostile),
    );
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(JSON.parse('output' in ended ? ended.output : '')).toEqual(hostile);
  });

  test('an argument of 100 kB comes whole', async () => {
    const long = `'é\n$`.repeat(20_000);
    const ended = await run(
      program(process.execPath, '-p', "process.argv[1] === `'é\\n$`.repeat(20000)", long),
    );
    expect(ended).toMatchObject({ exitCode: 0, output: 'true\n' });
  });

  test('a shell gets its line as it is', async () => {
    const ended = await run(shell(`printf '%s|' "a'b" $((1 + 1)) 'x\ny' "\\$HOME" "$(echo é)"`));
    expect(ended).toMatchObject({
      exitCode: 0,
      output: `a'b|2|x\ny|$HOME|é|`,
      stdout: `a'b|2|x\ny|$HOME|é|`,
    });
  });

  test.each([
    ['exit 0', 0, null],
    ['exit 3', 3, null],
    ['exit 126', 126, null],
    ['exit 127', 127, null],
    ['exit 139', 139, null],
    ['exit 255', 255, null],
    ['kill -SEGV $$', null, 'SIGSEGV'],
    ['kill -ABRT $$', null, 'SIGABRT'],
    ['kill -TERM $$', null, 'SIGTERM'],
    ['kill -TERM 0', null, 'SIGTERM'],
    ['kill -KILL $$', null, 'SIGKILL'],
    ['kill -KILL 0', null, 'SIGKILL'],
  ])('%s: code %p, signal %p', async (line, exitCode, signal) => {
    expect(await run(shell(line))).toMatchObject({ exitCode, signal, output: '', sent: null });
  });

  test('a signal is told however much was said before', async () => {
    const ended = await run(shell('printf abc >&2; kill -SEGV $$'));
    expect(ended).toMatchObject({ signal: 'SIGSEGV', output: 'abc' });
    const loud = await run(shell('head -c 70000 /dev/zero >&2; kill -SEGV $$'));
    expect(loud).toMatchObject({ signal: 'SIGSEGV', output: '\0'.repeat(65536), truncated: true });
  });

  test('standard output and error are kept apart, up to 64 KiB', async () => {
    expect(await run(shell('echo out; echo err >&2'))).toMatchObject({ stdout: 'out\n', truncated: false });
    const exact = await run(shell('head -c 65536 /dev/zero'));
    expect(exact).toMatchObject({ stdout: '\0'.repeat(65536), truncated: false });
    const more = await run(shell('head -c 3000000 /dev/zero; echo end'));
    expect(more).toMatchObject({ exitCode: 0, stdout: '\0'.repeat(65536), truncated: true });
  });

  test('the output of each is its own', async () => {
    for (let count = 0; count < 200; count += 1)
      expect(await run(shell(`echo ${count}; echo ${count} >&2`))).toMatchObject({ stdout: `${count}\n` });
  });

  test('programs have the environment that is given, and nothing to read', async () => {
    const ended = await run(program('env', '-0'));
    const got = 'output' in ended ? ended.output.split('\0').filter(one => !/^(_=|PWD=|$)/.test(one)) : [];
    const given = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    expect(got.sort()).toEqual(given.sort());
    expect(await run(shell('cat; readlink /proc/self/fd/0'))).toMatchObject({ output: '/dev/null\n' });
  });

  test('programs have no way to what runs them', async () => {
    const ended = await run(program('/bin/ls', '/proc/self/fd'));
    expect(ended).toMatchObject({ exitCode: 0 });
    const inherited = spawnSync('/bin/ls', ['/proc/self/fd']).stdout.toString();
    expect('output' in ended ? ended.output : '').toBe(inherited);
    const signals = 'grep -E "^Sig(Blk|Ign)" /proc/self/status | grep -vc 0000000000000000';
    expect(await run(shell(signals))).toMatchObject({ output: '0\n' });
  });

  test('what a program says is never taken for what its shell says', async () => {
    const told = 'echo 0 >&2; echo ready; echo 0 | tee /proc/$PPID/fd/3 >/dev/null; (echo 0 >&3); exit 7';
    expect(await run(shell(told))).toMatchObject({ kind: 'ended', exitCode: 7 });
    const posing = `echo "peregrine-x: 1: /bin/true: not found" >&2; exit 127`;
    expect(await run(shell(posing))).toMatchObject({ kind: 'ended', exitCode: 127 });
  });

  test('what cannot be started is told', async () => {
    await writeFile(file('plain'), 'echo hallo');
    await writeFile(file('orphan'), '#!/no/such/interpreter');
    await chmod(file('orphan'), 0o755);
    const cases: readonly (readonly [ExecCheck['command'], RegExp])[] = [
      [program('/no/such'), /^there is no program "\/no\/such"$/],
      [program('no-such'), /^there is no program "no-such"$/],
      [program(file('orphan')), /^there is no program ".*orphan"$/],
      [program(file('plain')), /^".*plain" may not be run: it is not executable, or a folder$/],
      [program(folder), /may not be run: it is not executable, or a folder$/],
      [program('/bin/echo', 'x'.repeat(200_000)), /^the arguments and the environment are too long$/],
      [program('/bin/echo', 'a\0b'), /./],
      [program(''), /./],
    ];
    for (const [command, error] of cases)
      expect(await run(command)).toEqual({ kind: 'not-started', error: expect.stringMatching(error) });
  });

  test('a program without a folder is found, and never one of the shell', async () => {
    expect(await run(program('echo', '-n', 'x'))).toMatchObject({ output: 'x' });
    expect(await run(program('exit', '3'))).toMatchObject({ kind: 'not-started' });
    expect(await run(program('printf', 'a\\nb'))).toMatchObject({ output: 'a\nb' });
  });

  test('a program that goes away is told, and found again where it comes up', async () => {
    await writeFile(file('fleeting'), '#!/bin/sh\necho here\n');
    await chmod(file('fleeting'), 0o755);
    const fleeting = program(file('fleeting'));
    expect(await run(fleeting)).toMatchObject({ output: 'here\n' });
    await rm(file('fleeting'));
    expect(await run(fleeting)).toMatchObject({ kind: 'not-started' });
    await writeFile(file('fleeting'), '#!/bin/sh\necho again\n');
    await chmod(file('fleeting'), 0o755);
    expect(await run(fleeting)).toMatchObject({ output: 'again\n' });
  });

  test('each has a process group of its own, and signals reach all of it', async () => {
    const name = `group-${kind}`;
    const group = start(shell(`sleep 30 & echo $! > ${file(name)}; wait; sleep 30`));
    await written(name);
    group.signal('SIGINT');
    group.signal('SIGKILL');
    expect(await group.ended).toMatchObject({ exitCode: null, sent: 'SIGKILL' });
    expect(await gone(pidIn(name))).toBe(true);
  });

  test('a SIGINT ends a program by its usual effect, and spares what runs the next one', async () => {
    const group = start(program('/bin/sleep', '30'));
    await new Promise(resolve => setTimeout(resolve, 100));
    group.signal('SIGINT');
    expect(await group.ended).toMatchObject({ exitCode: null, signal: 'SIGINT', sent: 'SIGINT', output: '' });
    expect(starter?.isUsable()).toBe(true);
    expect(await run(shell('echo next'))).toMatchObject({ exitCode: 0, output: 'next\n', sent: null });
  });

  test('a program that gives itself a group is reached too', async () => {
    const name = `timeout-${kind}`;
    const group = start(
      program('timeout', '40', '/bin/sh', '-c', `trap '' INT; echo $$ > ${file(name)}; sleep 30; sleep 30`),
    );
    await written(name);
    group.signal('SIGINT');
    group.signal('SIGKILL');
    expect(await group.ended).toMatchObject({ exitCode: null });
    expect(await gone(pidIn(name))).toBe(true);
  });

  test('a signal after the end reaches nobody', async () => {
    const first = start(shell('exit 0'));
    await first.ended;
    const second = start(shell('sleep 0.2; echo done'));
    first.signal('SIGKILL');
    expect(await second.ended).toMatchObject({ exitCode: 0, output: 'done\n', sent: null });
  });

  test.each(['', 'setsid '])(
    'what is left behind and holds the output says nothing to the next (%p)',
    async prefix => {
      const name = `holder-${prefix.length}-${kind}`;
      const left = `${prefix}sh -c 'echo $$ > ${file(name)}; sleep 0.4; echo late; echo late >&2; sleep 30' & echo first`;
      expect(await run(shell(left))).toMatchObject({ exitCode: 0, output: 'first\n' });
      await written(name);
      starter = starter?.isUsable() ? starter : await open();
      expect(await run(shell('sleep 0.6; echo second'))).toMatchObject({ exitCode: 0, output: 'second\n' });
      if (prefix === '') expect(await gone(pidIn(name))).toBe(true);
      else process.kill(pidIn(name), 'SIGKILL');
    },
  );

  test('what is left behind without the output goes on, and no signal of the next reaches it, nor its the next', async () => {
    const name = `left-${kind}`;
    const line = `sh -c 'echo $$ > ${file(name)}; trap "" TERM; sleep 0.3; kill -TERM 0; sleep 30' >/dev/null 2>&1 & echo first`;
    expect(await run(shell(line))).toMatchObject({ exitCode: 0, output: 'first\n' });
    await written(name);
    starter = starter?.isUsable() ? starter : await open();
    expect(await run(shell('sleep 0.5; echo second'))).toMatchObject({ exitCode: 0, output: 'second\n' });
    const group = start(program('/bin/sleep', '30'));
    group.signal('SIGKILL');
    await group.ended;
    expect(alive(pidIn(name))).toBe(true);
    process.kill(pidIn(name), 'SIGKILL');
  });

  test('a background child that ends by itself does no harm', async () => {
    expect(await run(shell('sleep 0.05 & echo out'))).toMatchObject({ exitCode: 0, output: 'out\n' });
  });
});

describe.each(kinds.filter(([name]) => name !== 'spawn' && isHere(name)))(
  'the co-process %s',
  (kind, open) => {
    test('that is killed at work gives a failed result, and its program ends', async () => {
      const starter = await open();
      const group = starter?.start(
        shell(`echo $$ > ${file('orphan-of')}; sleep 0.1; kill -KILL $PPID; sleep 30`),
      );
      expect(await group?.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
      expect(starter?.isUsable()).toBe(false);
      expect(await gone(pidIn('orphan-of'))).toBe(true);
      await rm(file('orphan-of'));
    });

    test('that is killed while idle is known to be unusable', async () => {
      const starter = await open();
      const ended = await starter?.start(shell('echo $PPID')).ended;
      process.kill(Number(ended && 'output' in ended ? ended.output : ''), 'SIGKILL');
      for (let count = 0; starter?.isUsable() && count < 100; count += 1)
        await new Promise(resolve => setTimeout(resolve, 10));
      expect(starter?.isUsable()).toBe(false);
    });

    test('ends when the monitor is killed', async () => {
      const moduleAt = (name: string): string => new URL(`../../lib/${name}.ts`, import.meta.url).href;
      const monitor = spawn(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { createExec } from '${moduleAt('probe/exec/exec')}';
        import { systemClock } from '${moduleAt('domain/clock')}';
        // A name that dash would drop leaves the programs to bash.
        const environment = { ...process.env, ${kind === 'bash' ? "'a.b': ''" : ''} };
        const check = { scheme: 'exec', command: { kind: 'shell', line: 'cat /proc/$PPID/comm; echo $PPID' } };
        const endpoint = { check: { ...check, interruptAfterMs: 5000, killAfterMs: 6000 }, timeoutMs: 5000 };
        const exec = createExec({ clock: systemClock, environment });
        const answer = await new Promise(resolve => exec.ask(endpoint, resolve)(new AbortController().signal));
        console.log(answer.variables([]).output);
        setInterval(() => {}, 1000);`,
        ],
        { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [said] = await once(monitor.stdout, 'data');
      const [name, pid] = String(said).split('\n');
      expect(name).toBe(kind);
      expect(alive(Number(pid))).toBe(true);
      monitor.kill('SIGKILL');
      expect(await gone(Number(pid))).toBe(true);
    });

    test('ends when it is closed', async () => {
      const starter = await open();
      const ended = await starter?.start(shell('echo $PPID')).ended;
      starter?.close();
      expect(await gone(Number(ended && 'output' in ended ? ended.output : ''))).toBe(true);
    });
  },
);
