import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '..', '..', '.cache');
const INSTALL_WITHIN_MS = 8 * 60_000;

/** A folder that is filled once for each content of `list`. */
const filledOnce = async (
  name: string,
  list: string,
  fill: (folder: string, list: string) => Promise<void>,
): Promise<string> => {
  const source = join(import.meta.dirname, list);
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${name}-${version}`);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await fill(folder, source);
  writeFileSync(complete, '');
  return folder;
};

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter(line => line.trim() !== '')
    .at(-1) ?? '';

/** One line of what went wrong, for whoever has to put it right. */
const call = async (needs: string, command: string, args: readonly string[]): Promise<void> => {
  try {
    await run(command, args, { timeout: INSTALL_WITHIN_MS, maxBuffer: 2 ** 26 });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    const errors = `${stdout}\n${stderr}`.split('\n').filter(line => /error/i.test(line));
    throw new Error(`test:aws needs ${needs}: ${errors[0] ?? lastLine(message)}`);
  }
};

/** A virtual environment with MiniStack and cfn-lint: its folder of programs. */
export const installPython = async (): Promise<string> => {
  const folder = await filledOnce('python', 'requirements.txt', async (to, list) => {
    await call('python3 with its module venv', 'python3', ['-m', 'venv', to]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', list];
    await call('pip to reach its package index', join(to, 'bin', 'python'), pip);
  });
  return join(folder, 'bin');
};

/** Amazon's DynamoDB Local with all it depends on: its folder of libraries. */
export const installDynamodbLocal = async (): Promise<string> => {
  await call('a JDK of version 17 or later', 'java', ['--add-modules', 'jdk.compiler', '-version']);
  const folder = await filledOnce('dynamodb-local', 'pom.xml', (to, list) =>
    call('mvn to reach its repository', 'mvn', [
      ...['--quiet', '--batch-mode', '--no-transfer-progress', '--file', list],
      ...['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(to, 'lib')}`],
    ]),
  );
  return join(folder, 'lib');
};
