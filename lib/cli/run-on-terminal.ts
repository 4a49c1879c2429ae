import { systemClock } from '../domain/clock.ts';
import { readDotEnv } from '../local/dot-env.ts';
import { createLog, type Log } from '../local/log/log.ts';
import { openOutput } from '../local/log/output.ts';
import { terminalOf } from '../local/log/terminal.ts';
import { type MonitorOptions, runMonitor } from '../local/monitor.ts';
import type { Phase } from '../local/phase.ts';
import { readSecrets } from '../local/secrets.ts';
import { printSenders } from '../local/targets/print.ts';
import { version } from '../local/version.ts';
import { keepHeapSteady } from '../process/steady-heap.ts';
import { askedToEnd } from './asked-to-end.ts';

/** A slow system resolver holds a thread a lookup: with Node's four, four such names would hold up all others. */
process.env.UV_THREADPOOL_SIZE ??= '64';

const FLUSH_WITHIN_MS = 500;

/** Runs the monitor until Ctrl-C, SIGTERM or SIGHUP, with its log on standard output. `prepare` runs first, and what it
 *  returns last. Resolves to the exit code. */
export const runOnTerminal = async (
  options: MonitorOptions,
  { name, format, aws }: { readonly name: string; readonly format: 'pretty' | 'json'; readonly aws: boolean },
  prepare: (log: Log) => Promise<() => void> = async () => () => {},
): Promise<number> => {
  keepHeapSteady();
  const clock = systemClock;
  let phase: Phase = 'loading';
  const onPhase = (next: Phase): void => {
    phase = next;
  };
  const { signal, done } = askedToEnd(
    clock,
    () => phase,
    line => process.stderr.write(`${name}: ${line}\n`),
  );
  const { env } = process;
  const output = openOutput(1, clock);
  const log = createLog({ format, output, clock, ...terminalOf(env) });
  const print = log.note;
  const services = aws
    ? (await import('../aws/send-services.ts')).awsSenders({ config: {}, clock, print })
    : printSenders(print);
  const region = env.AWS_REGION ?? null;
  const readSecret = readSecrets(env, readDotEnv());
  const close = await prepare(log);
  const deps = { clock, log, env, readSecret, services, region, version, signal, onPhase };
  const ended = await runMonitor(options, deps);
  onPhase('flushing');
  close();
  if (ended.kind === 'ended') log.stopped();
  await output.flush(FLUSH_WITHIN_MS);
  done();
  if (ended.kind === 'ended') return 0;
  for (const line of ended.lines) process.stderr.write(`${name}: ${line}\n`);
  return 2;
};
