import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDynamodbLocal, startMinistack } from './servers.ts';
import { installDynamodbLocal, installPython } from './toolchain.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const WITHIN_MS = 15 * 60_000;

/** What jest.config.json says, for one group of tests. */
const group = (
  displayName: string,
  tests: { readonly testMatch: readonly string[]; readonly testPathIgnorePatterns?: readonly string[] },
  environment: { readonly [variable: string]: string },
) => {
  const { testTimeout: _, ...common } = JSON.parse(readFileSync(join(ROOT, 'jest.config.json'), 'utf8'));
  return {
    ...common,
    ...tests,
    displayName,
    rootDir: ROOT,
    globals: { environment },
    setupFiles: ['<rootDir>/test/aws/set-environment.ts'],
  };
};

/** The store's tests. */
const contract = {
  testMatch: ['<rootDir>/test/contract/**/*.test.ts'],
};
const deployed = { testMatch: ['<rootDir>/test/aws/**/*.e2e.ts'] };

/** One after another: they measure gaps of less than a second. */
const runJest = (projects: readonly object[], args: readonly string[]): Promise<number> =>
  new Promise(resolve => {
    const child = spawn(
      process.execPath,
      [
        ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
        join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
        ...['--runInBand', '--config', JSON.stringify({ rootDir: ROOT, testTimeout: 60_000, projects })],
        ...args,
      ],
      { cwd: ROOT, stdio: 'inherit' },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    const timer = setTimeout(() => {
      console.error(`test:aws was not through after ${WITHIN_MS / 60_000} minutes.`);
      child.kill('SIGKILL');
    }, WITHIN_MS);
    child.once('close', code => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });

type Installed = { readonly programs: string; readonly libraries: string };

/** `folder` is where the servers write. */
const testAll = async (
  { programs, libraries }: Installed,
  folder: string,
  args: readonly string[],
): Promise<number> => {
  const stops: (() => Promise<void>)[] = [];
  try {
    const ministack = await startMinistack(programs, folder);
    stops.push(ministack.stop);
    const dynamodb = await startDynamodbLocal(libraries, folder);
    stops.push(dynamodb.stop);
    const environment = {
      PEREGRINE_TEST_AWS: ministack.url,
      PEREGRINE_TEST_AWS_FUNCTION_LOGS: ministack.functionLogs,
      PEREGRINE_TEST_CFN_LINT: join(programs, 'cfn-lint'),
    };
    return await runJest(
      [
        group('DynamoDB Local', contract, { PEREGRINE_TEST_DYNAMODB: dynamodb.url }),
        group('MiniStack', contract, { PEREGRINE_TEST_DYNAMODB: ministack.url }),
        group('deployed', deployed, environment),
      ],
      args,
    );
  } finally {
    await Promise.all(stops.map(stop => stop()));
  }
};

const main = async (): Promise<number> => {
  const [programs, libraries] = await Promise.all([installPython(), installDynamodbLocal()]);
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-aws-'));
  const code = await testAll({ programs, libraries }, folder, process.argv.slice(2));
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else console.error(`The logs of the servers and functions are in ${folder}.`);
  return code;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
