import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from '../../../lib/infra/bundle.ts';
import { readParameters } from '../../../lib/infra/context.ts';
import { prepare } from '../../../lib/infra/prepare.ts';
import type { Benchmark, Context, Sample } from '../benchmark.ts';
import { pinnedTo } from '../harness/cores.ts';
import { withFolder } from '../harness/folder.ts';
import { measurementOf } from '../harness/measurement.ts';
import { usageOf } from '../harness/process-usage.ts';
import { interleaved } from '../harness/rounds.ts';
import { answerHttp } from '../servers/http.ts';
import { startLoopbackAws } from '../servers/loopback-aws.ts';

const TABLE = 'cold';
const STARTS = 5;
const WITHIN_MS = 20_000;

const script = (name: string): string => fileURLToPath(new URL(`../${name}-process.ts`, import.meta.url));

type Start = { readonly script: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv };

/** From the start of a process to its first request at a service. */
const untilAsked = async (
  { cores, signal }: Context,
  start: Start,
  asked: Promise<unknown>,
): Promise<Sample> => {
  const [command = '', ...rest] = [...pinnedTo(cores?.client), process.execPath, start.script, ...start.args];
  const fromMs = performance.now();
  const child = spawn(command, rest, {
    env: start.env,
    stdio: ['ignore', 'ignore', 'inherit'],
    signal,
    timeout: WITHIN_MS,
  });
  const ended = once(child, 'exit');
  await Promise.race([asked, ended.then(() => Promise.reject(new Error('it ended and asked nothing')))]);
  const wallMs = performance.now() - fromMs;
  const { cpuMs, peakBytes } = usageOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await ended;
  const latency = { p50: wallMs, p99: wallMs, max: wallMs };
  return { operations: 1, wallMs, cpuMs, latency, peakBytes, facts: {}, failures: null };
};

const bundleInto = async (folder: string, endpoints: string): Promise<string> => {
  const read = readParameters({});
  if (read.kind === 'refused') throw new Error(read.lines.join('\n'));
  const prepared = await prepare({ ...read.parameters, endpoints }, { region: null });
  if (prepared.kind === 'refused') throw new Error(prepared.lines.join('\n'));
  bundle(folder, prepared.prepared);
  return prepared.prepared.jobsets[0]?.id ?? '';
};

const run = async (context: Context) => {
  let onAsked = (): void => {};
  const service = createServer(socket => {
    socket.once('data', () => onAsked());
    answerHttp(socket);
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const nextAsked = (): Promise<void> =>
    new Promise(resolve => {
      onAsked = resolve;
    });
  const address = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  const yaml = `${address}/status: { scheme: http, interval: 10ms, success_test: json.status == "ok" }`;

  try {
    return await withFolder({ 'bench.yml': yaml }, async ({ endpoints, data: folder }) => {
      const jobset = await bundleInto(folder, endpoints);
      const file = join(folder, 'check.mjs');
      const first = async (): Promise<Sample> => {
        // Each start finds a new table: a lease of the one before would be waited for.
        const aws = await startLoopbackAws(TABLE);
        const env = {
          ...process.env,
          AWS_ENDPOINT_URL: aws.url,
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: 'bench',
          AWS_SECRET_ACCESS_KEY: 'bench',
          PEREGRINE_STAGE: 'bench',
          PEREGRINE_TABLE: TABLE,
          PEREGRINE_BUS: 'bench',
        };
        const start = { script: script('handler'), args: [pathToFileURL(file).href, jobset], env };
        const sample = await untilAsked(context, start, nextAsked()).finally(aws.close);
        return { ...sample, facts: { 'bundle kB': statSync(file).size / 1000 } };
      };
      const bare = () =>
        untilAsked(
          context,
          { script: script('bare-start'), args: [`http://${address}/`], env: process.env },
          nextAsked(),
        );
      const [ours, node] = await interleaved({ ...context, rounds: STARTS }, 'cold', [
        { name: 'the check function', run: first },
        { name: 'Node that only asks', run: bare },
      ]);
      return ours && node ? [measurementOf(ours, 'start', node), measurementOf(node, 'start')] : [];
    });
  } finally {
    service.close();
  }
};

export const cold: Benchmark = {
  measures: "from the start of a process to its first check: the Lambda's bundle on a loopback DynamoDB",
  inDefaultSuite: true,
  run,
};
