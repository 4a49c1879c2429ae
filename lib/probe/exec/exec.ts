import type { Clock } from '../../domain/clock.ts';
import type { ExecCheck } from '../../domain/endpoint.ts';
import {
  type Answer,
  type Ask,
  askWith,
  type Failure,
  failed,
  type Measures,
  measured,
} from '../answer/answer.ts';
import { jsonOrNone, once, parseJson } from '../answer/parse-json.ts';
import { duration, excerpt } from '../answer/text.ts';
import { inherited } from './inherited.ts';
import { createLauncher } from './launcher.ts';
import type { Ended, ProcessGroup } from './process-group.ts';
import { createStarters } from './starters.ts';

export type ExecDeps = {
  readonly clock: Clock;
  readonly environment: { readonly [name: string]: string | undefined };
};

/** 32 at once start no more a second than 8 do, but programs wait for others. */
const MAX_PROCESSES = 32;
/** Timers fire up to 2 ms early. */
const EARLY_MS = 5;

const lastLine = (output: string): string => excerpt(output.trimEnd().split('\n').at(-1) ?? '', 200);

const withOutput = (text: string, { output, truncated }: Ended): string => {
  const line = lastLine(output);
  const said = line === '' ? text : `${text}: ${line}`;
  return truncated ? `${said} (output cut at 64 KiB)` : said;
};

/** Where a program that had its time fell short; null: it ended with exit code 0. */
const shortfallOf = (ended: Ended): Failure | null => {
  if (ended.exitCode === 0) return null;
  if (ended.exitCode !== null)
    return { reason: 'exit', error: withOutput(`exit code ${ended.exitCode}`, ended) };
  return { reason: 'signal', error: withOutput(`killed by ${ended.signal ?? 'an unknown signal'}`, ended) };
};

const timeout = (ended: Ended, latencyMs: number): Failure => {
  const how = ended.sent === null ? 'ended only' : `was ended with ${ended.sent}`;
  return { reason: 'timeout', error: withOutput(`the program ${how} after ${duration(latencyMs)}`, ended) };
};

const answered = (ended: Ended & { readonly exitCode: number }, measures: Measures): Answer => {
  const json = once(() => {
    const parsed = parseJson(ended.stdout, 'output');
    return parsed.kind === 'none' && ended.truncated
      ? { ...parsed, error: `${parsed.error} (it was cut at 64 KiB)` }
      : parsed;
  });
  return {
    kind: 'answered',
    measures,
    shortfall: shortfallOf(ended),
    json,
    variables: names => ({
      latency_ms: measures.latencyMs,
      exit_code: BigInt(ended.exitCode),
      output: ended.output,
      json: names.includes('json') ? jsonOrNone(json()) : undefined,
    }),
  };
};

export const createExec = (deps: ExecDeps): { readonly ask: Ask<ExecCheck>; readonly close: () => void } => {
  const { clock } = deps;
  const environment = inherited(deps.environment);
  const starters = createStarters(clock, MAX_PROCESSES, createLauncher(clock, environment));
  const running = new Set<ProcessGroup>();

  const ask: Ask<ExecCheck> = askWith(async ({ check, timeoutMs }, signal) => {
    const startedAtMs = clock.monotonicMs();
    const elapsedMs = (): number => clock.monotonicMs() - startedAtMs;
    const starter = await starters.take(signal);
    if (starter === null) {
      const error = `none of ${MAX_PROCESSES} places for programs became free within ${duration(elapsedMs())}`;
      return failed(measured(elapsedMs()), { reason: 'timeout', error });
    }
    const group = starter.start(check.command);
    running.add(group);
    const cancelInterrupt = clock.after(check.interruptAfterMs - elapsedMs(), () => group.signal('SIGINT'));
    const cancelKill = clock.after(check.killAfterMs - elapsedMs(), () => group.signal('SIGKILL'));
    // At its timeout a program still has the time that `timeout_kill` leaves it. Before that, an abort
    // means that the monitor stops.
    const onAbort = (): void => {
      if (elapsedMs() < timeoutMs - EARLY_MS) group.signal('SIGKILL');
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    const ended = await group.ended;
    signal.removeEventListener('abort', onAbort);
    cancelInterrupt();
    cancelKill();
    running.delete(group);
    starters.release(starter);

    const latencyMs = elapsedMs();
    const measures = measured(latencyMs);
    if (ended.kind === 'not-started') return failed(measures, { reason: 'spawn', error: ended.error });
    const { exitCode } = ended;
    const interrupted = ended.sent !== null && exitCode !== 0;
    if (signal.aborted || latencyMs > timeoutMs || interrupted)
      return failed({ ...measures, exitCode }, timeout(ended, latencyMs));
    return exitCode === null
      ? failed(measures, shortfallOf(ended) ?? timeout(ended, latencyMs))
      : answered({ ...ended, exitCode }, { ...measures, exitCode });
  });

  return {
    ask,
    close: () => {
      for (const group of running) group.signal('SIGKILL');
      starters.close();
    },
  };
};
