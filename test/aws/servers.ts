import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Server = { readonly url: string; readonly stop: () => Promise<void> };

const HEALTHY_WITHIN_MS = 60_000;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

type Program = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: { readonly [variable: string]: string };
  readonly url: string;
  /** Of an answer below 500. */
  readonly healthPath: string;
  readonly log: string;
};

const isHealthy = async (address: string): Promise<boolean> => {
  try {
    const { status } = await fetch(address, { signal: AbortSignal.timeout(2000) });
    return status < 500;
  } catch {
    return false;
  }
};

/** In a process group of its own, which ends as a whole: they keep nothing, and MiniStack's functions are in it. */
const start = async ({ name, command, args, env, url, healthPath, log }: Program): Promise<Server> => {
  const output = openSync(log, 'a');
  const child = spawn(command, args, { detached: true, env, stdio: ['ignore', output, output] });
  const exited = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone.
    }
  };
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await exited;
  };
  let ended: string | null = null;
  void exited.then(reason => {
    ended = reason;
  });
  const giveUpAt = performance.now() + HEALTHY_WITHIN_MS;
  while (!(await isHealthy(url + healthPath))) {
    if (ended === null && performance.now() < giveUpAt) {
      await sleep(100);
      continue;
    }
    await stop();
    throw new Error(
      `${name} does not start: ${ended ?? 'it does not answer'}.\n${readFileSync(log, 'utf8').slice(-2000)}`,
    );
  }
  return { url, stop };
};

/** What a server inherits: nothing of credentials, proxies or settings of whoever runs the tests. */
const environment = (path: string): { readonly [variable: string]: string } => ({
  PATH: path,
  HOME: process.env.HOME ?? '/',
  LANG: 'C.UTF-8',
});

export type Ministack = Server & {
  /** A file for each process of a function: `<function>-<pid>.log`. */
  readonly functionLogs: string;
};

/** `folder` is where it may write. */
export const startMinistack = async (programs: string, folder: string): Promise<Ministack> => {
  const port = await freePort();
  const temporary = join(folder, 'ministack');
  const functionLogs = join(folder, 'functions');
  for (const each of [temporary, functionLogs]) mkdirSync(each, { recursive: true });
  // MiniStack puts CommonJS there: a package.json further up may say otherwise.
  writeFileSync(join(temporary, 'package.json'), '{}');
  const server = await start({
    name: 'MiniStack',
    command: join(programs, 'python'),
    args: [join(import.meta.dirname, 'start-ministack.py')],
    env: {
      // It runs Lambdas with the first Node there: this one.
      ...environment(`${dirname(process.execPath)}:${programs}:${process.env.PATH}`),
      TMPDIR: temporary,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_ACCOUNT_ID: '123456789012',
      IOT_MTLS_ENABLED: '0',
      PEREGRINE_FUNCTION_LOGS: functionLogs,
    },
    url: `http://127.0.0.1:${port}`,
    healthPath: '/_ministack/health',
    log: join(folder, 'ministack.log'),
  });
  return { ...server, functionLogs };
};

export const startDynamodbLocal = async (libraries: string, folder: string): Promise<Server> => {
  const port = await freePort();
  return start({
    name: 'DynamoDB Local',
    command: 'java',
    args: [
      ...[`-Djava.library.path=${libraries}`, '-cp', join(libraries, '*')],
      join(import.meta.dirname, 'LoopbackDynamodb.java'),
      ...['-inMemory', '-disableTelemetry', '-port', String(port)],
    ],
    env: environment(process.env.PATH ?? ''),
    url: `http://127.0.0.1:${port}`,
    healthPath: '/',
    log: join(folder, 'dynamodb-local.log'),
  });
};
